//! Writes the SQL of the steps. Each group of object kinds has a file.
//!
//! Names are always qualified. Statements have no semicolon.

mod cast;
mod child_columns;
mod collation;
mod column;
mod column_attributes;
mod comment;
mod constraint;
mod database;
mod domain;
mod foreign;
mod grant;
mod identity;
mod index;
mod not_null;
mod options;
mod publication;
mod recreated_table;
mod recreated_type;
mod routine;
mod rules;
mod sequence;
mod table;
#[cfg(test)]
mod tests;
mod types;
mod view;

use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Kind, ObjectId};

pub use column::{converts_dependents, find_todo_line};
pub use comment::comment;
pub use grant::grant;
pub use sequence::{is_serial, own};

/// How an object that both schemas have must change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alteration {
    /// Not at all.
    None,
    /// By ALTER or CREATE OR REPLACE.
    InPlace {
        /// Whether the dependents (views, generated columns, triggers, policies, ...) must be dropped before and created
        /// again afterwards.
        rebuilds_dependents: bool,
    },
    /// By DROP and CREATE.
    Recreate,
}

/// A statement without semicolon, and information for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedSql {
    pub sql: String,
    pub note: Option<String>,
}

impl From<String> for NotedSql {
    fn from(sql: String) -> Self {
        Self { sql, note: None }
    }
}

/// The functions that write the SQL of one kind of object.
struct Writer {
    alteration: fn(&DiffContext, &ObjectId) -> Alteration,
    create: Write,
    drop: Write,
    alter: Write,
}

type Write = fn(&DiffContext, &ObjectId) -> Vec<NotedSql>;

fn writer(kind: Kind) -> Writer {
    match kind {
        Kind::Table => table::WRITER,
        Kind::Column => column::WRITER,
        Kind::Constraint => constraint::WRITER,
        Kind::Index => index::WRITER,
        Kind::Sequence => sequence::WRITER,
        Kind::Schema | Kind::Extension | Kind::DefaultPrivileges | Kind::EventTrigger => database::WRITER,
        Kind::Collation => collation::WRITER,
        Kind::Domain => domain::WRITER,
        Kind::Enum | Kind::CompositeType | Kind::RangeType => types::WRITER,
        Kind::View | Kind::MaterializedView => view::WRITER,
        Kind::Function | Kind::Procedure | Kind::Aggregate => routine::WRITER,
        Kind::Trigger | Kind::Rule | Kind::Policy | Kind::Statistics => rules::WRITER,
        Kind::Publication | Kind::PublishedTable => publication::WRITER,
        Kind::ForeignDataWrapper | Kind::ForeignServer | Kind::UserMapping => foreign::WRITER,
    }
}

/// Compares an object that both schemas have. Comments and grants are compared separately, and so are the columns and
/// constraints of a table and the constraints of a domain.
pub fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    (writer(id.kind).alteration)(context, id)
}

/// Creates the new schema's object: a table with its columns and with its inline constraints.
pub fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    (writer(id.kind).create)(context, id)
}

/// Drops the old schema's object. A recreated type has its temporary name at that point.
pub fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    (writer(id.kind).drop)(context, id)
}

/// Changes an object in place. Also restores the default of a released column or domain and the parent of a released
/// table, and converts a column whose type is recreated.
pub fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    (writer(id.kind).alter)(context, id)
}

/// Removes the default of a column or domain, or removes a table from the parents that it loses.
pub fn release(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    match id.kind {
        Kind::Table => table::release(context, id),
        Kind::Column => column::release(context, id),
        Kind::Domain => domain::release(context, id),
        _ => Vec::new(),
    }
}

/// Gives a recreated type or table its temporary name.
pub fn rename_old(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    if id.kind == Kind::Table { recreated_table::rename_old(context, id) } else { types::rename_old(context, id) }
}

/// Copies the rows of a recreated table.
pub fn copy_rows(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    recreated_table::copy_rows(context, id)
}
