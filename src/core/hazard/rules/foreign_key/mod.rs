//! Rules about constraints and foreign keys. Each file contains one rule, its explanation and its test.

mod disable_triggers;
mod drop_constraint;
mod propagate_deletes;

use crate::core::hazard::rule::Rule;

/// The rules of this class, in the order of their codes.
pub const RULES: &[Rule] = &[drop_constraint::RULE, propagate_deletes::RULE, disable_triggers::RULE];
