//! Comments.

use super::super::context::{Context, Written};
use crate::core::schema::ObjectId;

/// COMMENT ON for an object whose comment differs; `fresh`: it has just been made, and has none.
pub(in crate::core::diff) fn comment(_context: &Context, _id: &ObjectId, _fresh: bool) -> Vec<Written> {
    Vec::new()
}
