//! What no downgrade takes back.

pub mod empty_downgrade;

use crate::core::hazard::rule::Rule;

/// The rules of this class, by code.
pub const RULES: &[Rule] = &[empty_downgrade::RULE];
