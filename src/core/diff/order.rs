//! Sorts the steps by dependency, and by what reads well.

use std::collections::BTreeMap;

use super::Changes;
use super::context::Context;
use super::state::State;
use crate::core::schema::ObjectId;

pub(super) fn operations(_context: &Context, _states: &BTreeMap<ObjectId, State>) -> Changes {
    Changes::default()
}
