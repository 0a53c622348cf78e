//! Rules about new columns without a suitable default, one per file, with its explanation and its test.

mod no_default;
mod volatile_default;

use crate::core::hazard::rule::Rule;

/// These rules, by code.
pub const RULES: &[Rule] = &[no_default::RULE, volatile_default::RULE];
