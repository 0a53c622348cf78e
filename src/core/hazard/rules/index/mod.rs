//! Rules about indexes. Each file contains one rule, its explanation and its test.

mod drop_index;
mod invalid_index;

use crate::core::hazard::rule::Rule;

/// The rules of this class, in the order of their codes.
pub const RULES: &[Rule] = &[drop_index::RULE, invalid_index::RULE];
