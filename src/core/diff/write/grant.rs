//! Grants.

use super::super::context::{Context, Written};
use crate::core::schema::ObjectId;

/// GRANT and REVOKE for an object whose grants differ; `fresh`: it has just been made, and has what PostgreSQL and the
/// old schema's default privileges of the creator give.
pub(in crate::core::diff) fn grant(_context: &Context, _id: &ObjectId, _fresh: bool) -> Vec<Written> {
    Vec::new()
}
