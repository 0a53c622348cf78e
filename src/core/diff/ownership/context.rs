//! The two schemas that are compared, and the decisions that affect several objects.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::schema::{ObjectId, Schema};

/// What a comparison needs to know besides the two schemas.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The role that runs the statements. Its default privileges apply to the objects that it creates.
    pub creator: String,
    /// The server's major version, e.g. `15`.
    pub version: u32,
}

/// Both schemas and the decisions made so far.
#[derive(Debug)]
pub struct DiffContext<'a> {
    pub old: &'a Schema,
    pub new: &'a Schema,
    pub options: &'a Options,
    pub decisions: Decisions,
}

/// Decisions about one object that the statements of other objects depend on.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Columns that must be converted although the name of their type is the same: the type is recreated.
    pub converted: BTreeSet<ObjectId>,
    /// Columns and domains whose default, and tables whose parent, a Release step removes. Their Alter step restores it.
    pub released: BTreeSet<ObjectId>,
    /// Types that are recreated while columns use them, and tables that are recreated with their rows or sequences, with
    /// the name of the old object until it is dropped.
    pub temporary_names: BTreeMap<ObjectId, String>,
    /// The tables of these whose rows are copied.
    pub copied: BTreeSet<ObjectId>,
    /// Constraints and `serial` sequences that are part of CREATE TABLE or ADD COLUMN.
    pub inline: BTreeSet<ObjectId>,
    /// Constraints, policies and other parts of dropped tables with a DROP statement of their own, because the dropped
    /// objects depend on each other in a cycle.
    pub dropped_first: BTreeSet<ObjectId>,
}
