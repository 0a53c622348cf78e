//! Sequences, `serial` ones too.

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

/// Whether the new schema's sequence is exactly what `serial` makes for its column: then it is written that way where
/// the column is made.
pub(in crate::core::diff) fn is_serial(_context: &Context, _id: &ObjectId) -> bool {
    false
}

/// ALTER SEQUENCE … OWNED BY, as the new schema has it.
pub(in crate::core::diff) fn own(_context: &Context, _id: &ObjectId) -> Vec<Written> {
    Vec::new()
}
