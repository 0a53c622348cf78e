//! The difference between two schemas, as statements in an order that holds.
//!
//! `state` decides what becomes of every object, and of what stands on it; `write` puts each step into SQL, a kind of
//! object a file; `order` sorts the steps by dependency, and by what reads well.

mod carry;
mod commit;
mod context;
#[cfg(test)]
mod fixtures;
mod inline;
mod mention;
mod order;
pub mod rename;
pub mod render;
mod settle;
mod shorten;
mod sort;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod twin;
mod write;

use std::collections::BTreeSet;

use super::schema::{ObjectId, Schema};

pub use settle::{may_settle, settle};
pub use shorten::shorten;
pub use write::line_to_fill;

use context::{Context, Decisions};

/// What the difference needs to know besides the two schemas.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The role that runs the statements: its default privileges apply to what it makes.
    pub creator: String,
    /// The server's major version, e.g. `15`.
    pub version: u32,
}

/// One statement and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What it makes, changes or drops.
    pub object: ObjectId,
    /// The table or whatever else it is read together with.
    pub group: ObjectId,
    pub action: Action,
    /// Without a semicolon. Every name is qualified.
    pub sql: String,
    /// What a reader has to know, as comment lines without dashes.
    pub note: Option<String>,
}

/// What a step does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Loosens it from what is about to go: DROP DEFAULT, DETACH PARTITION, NO INHERIT.
    Release,
    /// Renames a type out of the way, until no column is of it any more.
    Aside,
    Drop,
    Alter,
    /// Gives it another name, as it was asked for.
    Rename,
    Create,
    /// Gives a sequence to its column.
    Own,
    Comment,
    Grant,
}

/// How one schema becomes the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    pub operations: Vec<Operation>,
    /// Why they cannot run in one transaction: a new enum value is used at once.
    pub outside_transaction: Option<String>,
}

/// How many things statements are about, each with what is read together with it.
#[must_use]
pub fn objects(operations: &[Operation]) -> usize {
    operations.iter().map(|operation| &operation.group).collect::<BTreeSet<_>>().len()
}

/// What turns `old` into `new`. Objects that are alike by [`super::schema::differences`] give nothing.
#[must_use]
pub fn changes(old: &Schema, new: &Schema, options: &Options) -> Changes {
    // Nothing has changed most of the time, and that is told soon.
    if old == new {
        return Changes::default();
    }
    let Some((mut operations, old)) = twin::renamed(old, new) else { return between(old, new, options) };
    let mut changes = between(&old, new, options);
    operations.append(&mut changes.operations);
    Changes { operations, ..changes }
}

fn between(old: &Schema, new: &Schema, options: &Options) -> Changes {
    let mut context = Context { old, new, options, decisions: Decisions::default() };
    let states = state::decide(&mut context);
    inline::decide(&mut context, &states);
    order::operations(&context, &states)
}
