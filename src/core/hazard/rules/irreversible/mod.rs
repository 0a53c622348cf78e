//! Rules about revisions without a downgrade. Each file contains one rule, its explanation and its test.

pub mod empty_downgrade;

use crate::core::hazard::rule::Rule;

/// The rules of this class, in the order of their codes.
pub const RULES: &[Rule] = &[empty_downgrade::RULE];
