//! Rules about constraints and foreign keys, one per file, with its explanation and its test.

mod disable_triggers;
mod drop_constraint;
mod propagate_deletes;

use crate::core::hazard::rule::Rule;

/// These rules, by code.
pub const RULES: &[Rule] = &[drop_constraint::RULE, propagate_deletes::RULE, disable_triggers::RULE];
