//! The actions of a statement, as plain data: one for each relevant part of its syntax tree.

mod table;

use super::name::Name;
use super::question::Question;
use super::rows::RowSelection;
pub use table::{
    AddColumn, AddedConstraint, AddedConstraintKind, AlterTable, ColumnChange, DefaultValue, NewType, TableChange,
    Triggers, Using,
};

/// One action of a statement when it runs.
///
/// The parts of a statement (a CTE, the body of a `DO` block, a function that the script created and the statement calls)
/// have actions of their own. The body of a function that a statement only defines has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    CreateTable(CreateTable),
    CreateRelation(CreateRelation),
    CreateType(CreateType),
    CreateRoutine(CreateRoutine),
    CreateIndex(CreateIndex),
    Drop(Drop),
    /// `DROP OWNED BY`. The roles are as written.
    DropOwned {
        roles: Vec<String>,
    },
    AlterTable(AlterTable),
    AlterType(AlterType),
    AlterDomain(AlterDomain),
    /// `ALTER … RENAME TO` of a table, view or sequence.
    RenameRelation {
        relation: Name,
    },
    /// `ALTER … RENAME COLUMN`, of a table or a view.
    RenameColumn {
        relation: Name,
        column: Name,
    },
    RenameRoutine {
        routine: Name,
    },
    /// `ALTER … SET SCHEMA`, or `ALTER SCHEMA … RENAME`.
    MoveToSchema {
        object: Name,
    },
    Truncate {
        tables: Vec<Name>,
        cascade: bool,
    },
    Delete {
        table: Name,
        rows: RowSelection,
    },
    /// `UPDATE`, `ON CONFLICT DO UPDATE` or `MERGE … UPDATE`.
    Update(Update),
    /// `INSERT`, `MERGE` or `COPY`: rows may be added.
    AddRows {
        table: Name,
    },
    LockTables {
        tables: Vec<Name>,
        /// Whether the mode is ACCESS SHARE or ROW SHARE.
        is_shared: bool,
    },
    RefreshMaterializedView {
        view: Name,
        concurrently: bool,
    },
    /// `VACUUM FULL`, `CLUSTER` or `REPACK`. `tables` is empty for all tables of the database.
    RewriteTables {
        tables: Vec<Name>,
    },
    Reindex(Reindex),
    /// `REVOKE`. The texts are as written, on one line.
    Revoke {
        privileges: String,
        roles: String,
    },
    /// `SET name = value` or `set_config(…)`; `values` is empty if they are not constant.
    SetParameter {
        name: String,
        values: Vec<String>,
    },
    /// `RESET`, `DISCARD`, `SET ROLE` or `SET SESSION AUTHORIZATION`: unqualified names may then refer to other objects.
    ResetSession,
    /// `ROLLBACK`, `ROLLBACK TO` or `ABORT`.
    Rollback,
    /// Uses a constant that equals a label which the script added to an enum.
    UseNewLabel {
        label: String,
    },
    /// A part whose actions are not known before it runs. The text is shortened.
    Unreadable {
        text: String,
    },
}

/// `CREATE TABLE`, `CREATE TABLE AS` or `SELECT INTO`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    pub name: Name,
    pub if_not_exists: bool,
    pub temporary: bool,
    /// Whether a query fills it.
    pub has_rows: bool,
    /// The names and types of its columns.
    pub columns: Vec<(String, String)>,
    /// `ON COMMIT DELETE ROWS` or `ON COMMIT DROP`.
    pub loses_rows_on_commit: bool,
}

/// `CREATE VIEW`, `MATERIALIZED VIEW`, `SEQUENCE` or `FOREIGN TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRelation {
    pub name: Name,
    pub is_sequence: bool,
    pub if_not_exists: bool,
    pub or_replace: bool,
}

/// `CREATE TYPE` or `CREATE DOMAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateType {
    pub name: Name,
    pub is_enum: bool,
}

/// `CREATE FUNCTION` or `CREATE PROCEDURE`, with the actions of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRoutine {
    pub name: Name,
    pub body: RoutineBody,
}

/// The actions of a function or procedure when it is called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoutineBody {
    pub actions: Vec<Action>,
    /// The functions that it calls.
    pub calls: Vec<Name>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    pub name: Option<Name>,
    pub table: Name,
    pub is_unique: bool,
    pub concurrently: bool,
    /// The question that counts the duplicates which make a unique index fail.
    pub duplicates: Option<Question>,
}

/// The kinds of objects that a `DROP` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Sequence,
    Index,
    Schema,
    Type,
    Domain,
    Function,
    Procedure,
    Routine,
    Aggregate,
    Collation,
    AccessMethod,
    Language,
    Extension,
    Database,
}

/// `DROP` of named objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    pub kind: ObjectKind,
    pub names: Vec<Name>,
    pub cascade: bool,
    pub concurrently: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterType {
    pub name: Name,
    pub change: TypeChange,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeChange {
    /// `None` if the label cannot be read.
    AddValue {
        label: Option<String>,
    },
    RenameTo {
        name: Name,
    },
    /// The old label, as written.
    RenameValue {
        label: String,
    },
    RenameAttribute {
        attribute: Name,
    },
    Attributes {
        dropped: Vec<Name>,
        retyped: Vec<Name>,
        cascade: bool,
    },
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterDomain {
    pub name: Name,
    pub change: DomainChange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainChange {
    AddConstraint { skips_rows: bool },
    ValidateConstraint,
    SetNotNull,
    RenameTo,
    Other,
}

/// The columns and rows whose values are overwritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    pub table: Name,
    pub columns: Vec<SetColumn>,
    pub rows: RowSelection,
}

/// A column that an update sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetColumn {
    pub name: Name,
    /// The condition requires that the column is NULL.
    pub only_where_null: bool,
    /// The new value is the constant NULL.
    pub to_null: bool,
}

/// `REINDEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reindex {
    pub target: ReindexTarget,
    pub concurrently: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReindexTarget {
    Table(Name),
    Index(Name),
    Schema(Name),
    Database,
    System,
}

impl Action {
    /// Whether it may drop or empty dependent objects by CASCADE.
    #[must_use]
    pub fn cascades(&self) -> bool {
        match self {
            Self::Drop(drop) => drop.cascade,
            Self::Truncate { cascade, .. } => *cascade,
            Self::AlterTable(alter) => alter.changes.iter().any(|change| {
                matches!(
                    change,
                    TableChange::DropColumn { cascade: true, .. } | TableChange::DropConstraint { cascade: true, .. }
                )
            }),
            Self::AlterType(alter) => matches!(alter.change, TypeChange::Attributes { cascade: true, .. }),
            // It also drops objects that depend on those of the role.
            Self::DropOwned { .. } => true,
            _ => false,
        }
    }

    /// Removes the condition of a DELETE or UPDATE, because it cannot be evaluated separately.
    pub fn forget_condition(&mut self) {
        if let Self::Delete { rows, .. } | Self::Update(Update { rows, .. }) = self {
            *rows = RowSelection::Unknown;
        }
    }

    /// Whether it may destroy data. The state of the script is not considered.
    #[must_use]
    pub fn may_lose_data(&self) -> bool {
        match self {
            Self::Drop(drop) => !matches!(drop.kind, ObjectKind::Index | ObjectKind::ForeignTable),
            Self::DropOwned { .. }
            | Self::Truncate { .. }
            | Self::Delete { .. }
            | Self::Update(_)
            | Self::Unreadable { .. } => true,
            Self::AlterTable(alter) => alter.changes.iter().any(|change| {
                matches!(
                    change,
                    TableChange::DropColumn { .. }
                        | TableChange::DetachPartition { .. }
                        | TableChange::Inherit
                        | TableChange::NoInherit
                        | TableChange::SetUnlogged
                        | TableChange::AlterColumn {
                            change: ColumnChange::SetType(_)
                                | ColumnChange::DropIdentity
                                | ColumnChange::DropExpression
                                | ColumnChange::SetExpression,
                            ..
                        }
                )
            }),
            Self::AlterType(alter) => {
                matches!(alter.change, TypeChange::RenameTo { .. } | TypeChange::Attributes { .. })
            }
            Self::CreateTable(create) => create.loses_rows_on_commit,
            Self::CreateType(create) => create.is_enum,
            _ => false,
        }
    }
}
