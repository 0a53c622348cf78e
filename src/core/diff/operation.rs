//! The result of a comparison: statements in the order in which they run.

use std::collections::BTreeSet;

use crate::core::schema::{Kind, ObjectId};

/// One statement and the object that it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The object that the statement creates, changes or drops.
    pub object: ObjectId,
    /// The object under which a script lists the statement: a column's table, or the object itself.
    pub group: ObjectId,
    pub action: Action,
    /// Without a semicolon. Every name is qualified.
    pub sql: String,
    /// Information for the reader, as comment lines without dashes.
    pub note: Option<String>,
}

/// What a step does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Removes a reference to an object that is about to be dropped: DROP DEFAULT, DETACH PARTITION, NO INHERIT.
    Release,
    /// Renames a type that is recreated, so that columns can be converted from the old type to the new one.
    RenameOld,
    Drop,
    Alter,
    /// Renames an object because the user asked for it.
    Rename,
    Create,
    /// Copies the rows of a table's old version to the new one.
    Copy,
    /// Makes a column the owner of a sequence.
    Own,
    Comment,
    Grant,
}

/// The statements that turn one schema into another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    pub operations: Vec<Operation>,
    /// The reason why the statements cannot run in one transaction: a new enum value is used at once. The statements that
    /// add enum values then come first: see [`Self::split`].
    pub outside_transaction: Option<String>,
}

impl Changes {
    /// Returns the statements that must be committed before the others run, and the others.
    #[must_use]
    pub fn split(&self) -> (&[Operation], &[Operation]) {
        let count = self.operations.iter().take_while(|one| one.adds_enum_values()).count();
        self.operations.split_at(if self.outside_transaction.is_some() { count } else { 0 })
    }
}

impl Operation {
    /// Whether the statement adds a value to an enum.
    #[must_use]
    pub fn adds_enum_values(&self) -> bool {
        self.object.kind == Kind::Enum && self.action == Action::Alter
    }
}

/// The number of groups that the statements belong to.
#[must_use]
pub fn count_objects(operations: &[Operation]) -> usize {
    operations.iter().map(|operation| &operation.group).collect::<BTreeSet<_>>().len()
}
