//! What becomes of references between tables.

mod drop_constraint;
mod on_delete;

use crate::core::hazard::rule::Rule;

/// The rules of this class, by code.
pub const RULES: &[Rule] = &[drop_constraint::RULE, on_delete::RULE];
