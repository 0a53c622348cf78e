//! Rules about new columns without a suitable default. Each file contains one rule, its explanation and its test.

mod no_default;
mod volatile_default;

use crate::core::hazard::rule::Rule;

/// The rules of this class, in the order of their codes.
pub const RULES: &[Rule] = &[no_default::RULE, volatile_default::RULE];
