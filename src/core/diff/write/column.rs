//! Columns of tables.

use super::super::context::{Context, Verdict, Written};
use crate::core::schema::ObjectId;

pub(super) fn verdict(_context: &Context, _id: &ObjectId) -> Verdict {
    Verdict::Same
}

pub(super) fn create(_context: &Context, _id: &ObjectId) -> Vec<Written> {
    Vec::new()
}

pub(super) fn drop(_context: &Context, _id: &ObjectId) -> Vec<Written> {
    Vec::new()
}

pub(super) fn alter(_context: &Context, _id: &ObjectId) -> Vec<Written> {
    Vec::new()
}

pub(super) fn release(_context: &Context, _id: &ObjectId) -> Vec<Written> {
    Vec::new()
}

/// Whether a column's change of type is one that PostgreSQL carries over to checks, foreign keys and indexes by itself:
/// the same type with another modifier, or one number for another, one text for another.
pub(in crate::core::diff) fn is_light(_context: &Context, _id: &ObjectId) -> bool {
    false
}
