//! Rules about indexes, one per file, with its explanation and its test.

mod drop_index;
mod invalid_index;

use crate::core::hazard::rule::Rule;

/// These rules, by code.
pub const RULES: &[Rule] = &[drop_index::RULE, invalid_index::RULE];
