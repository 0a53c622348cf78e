//! What every part of the difference looks things up in.

use std::collections::{BTreeMap, BTreeSet};

use super::Options;
use crate::core::schema::{ObjectId, Schema};

/// Both schemas, and what has been decided so far.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub old: &'a Schema,
    pub new: &'a Schema,
    pub options: &'a Options,
    pub decisions: Decisions,
}

/// What was decided on the way, for those that write the statements.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    /// Columns whose type has to be set although its name is the same: the type is made anew.
    pub forced: BTreeSet<ObjectId>,
    /// Columns and domains whose default, and tables whose parent, a Release step takes away first; their Alter step
    /// has to give it back.
    pub released: BTreeSet<ObjectId>,
    /// Types that are made anew while columns stay: the name that the old one bears meanwhile.
    pub aside: BTreeMap<ObjectId, String>,
    /// Constraints and `serial` sequences that are written inside the CREATE TABLE or ADD COLUMN of their column.
    pub inline: BTreeSet<ObjectId>,
    /// Foreign keys that are dropped by themselves, since their tables, which go, refer to each other in a circle.
    pub apart: BTreeSet<ObjectId>,
}

/// What has to happen to an object that both schemas have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Same,
    /// By ALTER or CREATE OR REPLACE.
    Alter {
        /// Whether what stands on it (views, generated columns, triggers, policies…) has to be out of the way meanwhile.
        disturbs: bool,
    },
    /// Only by dropping it and making it anew.
    Replace,
}

/// A statement without semicolon, and what a reader has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub sql: String,
    pub note: Option<String>,
}

impl From<String> for Written {
    fn from(sql: String) -> Self {
        Self { sql, note: None }
    }
}
