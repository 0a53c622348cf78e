//! Indexes that go, or are left invalid.

mod concurrently;
mod drop_index;

use crate::core::hazard::rule::Rule;

/// The rules of this class, by code.
pub const RULES: &[Rule] = &[drop_index::RULE, concurrently::RULE];
