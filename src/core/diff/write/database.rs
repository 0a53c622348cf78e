//! Schemas, extensions, default privileges, event triggers.

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
