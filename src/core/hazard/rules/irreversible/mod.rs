//! Rules about revisions without a downgrade, one per file, with its explanation and its test.

pub mod empty_downgrade;

use crate::core::hazard::rule::Rule;

/// These rules, by code.
pub const RULES: &[Rule] = &[empty_downgrade::RULE];
