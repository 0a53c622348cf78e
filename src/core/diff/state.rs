//! Decides what becomes of every object, and of what stands on it.

use std::collections::BTreeMap;

use super::context::Context;
use crate::core::schema::ObjectId;

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Keep,
    Create,
    Drop,
    Alter,
    Replace,
}

pub(super) fn decide(_context: &mut Context) -> BTreeMap<ObjectId, State> {
    BTreeMap::new()
}
