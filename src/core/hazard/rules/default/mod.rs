//! Columns that come without a value, or with one of their own in each row.

mod no_default;
mod volatile_default;

use crate::core::hazard::rule::Rule;

/// The rules of this class, by code.
pub const RULES: &[Rule] = &[no_default::RULE, volatile_default::RULE];
