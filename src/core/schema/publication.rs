//! Publications of logical replication.

use serde::{Deserialize, Serialize};

use super::{Kind, Object, ObjectId, Schema};

/// A publication. Its tables are objects of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// FOR ALL TABLES.
    pub all_tables: bool,
    /// The published operations, in the order `insert`, `update`, `delete`, `truncate`.
    pub operations: Vec<String>,
    /// `publish_via_partition_root`.
    pub via_partition_root: bool,
    /// `publish_generated_columns`: `none` or `stored`. Since version 18.
    pub generated_columns: Option<String>,
    /// Whether it also publishes tables that are not managed. These are left out of the schema.
    pub has_unmanaged_tables: bool,
}

/// A table, or all tables of a schema, in a publication. The identity has the schema, the publication as `of`, and the
/// table as the name; the name is empty for TABLES IN SCHEMA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedTable {
    /// The column list, sorted. `None`: all columns. Since version 15.
    pub columns: Option<Vec<String>>,
    /// The row filter after WHERE. Since version 15.
    pub filter: Option<String>,
}

impl Schema {
    /// Whether an object is compared with another schema. A publication that also publishes unmanaged tables is
    /// compared only if both schemas have it: the models cannot describe all of it, so its absence means nothing.
    #[must_use]
    pub fn is_comparable(&self, id: &ObjectId, other: &Self) -> bool {
        let publication = if id.kind == Kind::PublishedTable { self.holder(id).unwrap_or(id) } else { id };
        match self.objects.get(publication) {
            Some(Object::Publication(own)) => !own.has_unmanaged_tables || other.objects.contains_key(publication),
            _ => true,
        }
    }
}
