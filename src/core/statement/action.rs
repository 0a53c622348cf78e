//! The actions of a statement, as plain data: one for each relevant part of its syntax tree.

use super::cast::{self, CastOutcome};
use super::name::Name;
use super::question::Question;
use super::rows::RowSelection;

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
pub struct AlterTable {
    pub table: Name,
    pub changes: Vec<TableChange>,
}

/// One clause of `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableChange {
    AddColumn(AddColumn),
    DropColumn {
        column: Name,
        cascade: bool,
    },
    AlterColumn {
        column: Name,
        change: ColumnChange,
    },
    AddConstraint(Constraint),
    ValidateConstraint {
        name: Name,
    },
    DropConstraint {
        name: Name,
        cascade: bool,
    },
    RenameTo {
        name: Name,
    },
    RenameColumn,
    SetSchema {
        schema: Name,
    },
    AttachPartition {
        partition: Name,
    },
    DetachPartition {
        partition: Name,
        /// `CONCURRENTLY` or `FINALIZE`: readers and writers of the parent are not blocked.
        concurrently: bool,
    },
    Inherit,
    NoInherit,
    SetLogged,
    SetUnlogged,
    SetAccessMethod,
    SetTablespace,
    DisableTriggers(Triggers),
    Other,
}

/// The triggers that `ALTER TABLE … DISABLE TRIGGER` or `ENABLE REPLICA TRIGGER` stops in ordinary sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Triggers {
    Named(Name),
    /// `USER`: all except those that check foreign keys and other constraints.
    User,
    /// `ALL`: foreign keys are not checked either.
    All,
}

/// `ADD COLUMN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddColumn {
    pub name: Name,
    pub if_not_exists: bool,
    /// The type, on one line; `None` if it cannot be read.
    pub ty: Option<String>,
    pub default: DefaultValue,
    pub is_generated: bool,
    /// A generated column whose values are stored, or an identity.
    pub is_stored: bool,
    /// `NOT NULL` or `PRIMARY KEY`.
    pub is_not_null: bool,
    /// Its other constraints.
    pub constraints: Vec<Constraint>,
}

/// The default of a new column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    None,
    Null,
    /// The same value for all rows.
    Constant,
    /// Possibly a different value for each row.
    Volatile,
}

/// One clause of `ALTER COLUMN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnChange {
    SetType(NewType),
    SetNotNull,
    DropDefault,
    DropIdentity,
    /// `DROP EXPRESSION`.
    DropExpression,
    /// `SET EXPRESSION`.
    SetExpression,
    Other,
}

/// `ALTER COLUMN … TYPE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewType {
    /// The new type, on one line.
    pub ty: String,
    /// The `USING` clause.
    pub using: Using,
}

/// How the values are converted to the new type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Using {
    /// No `USING`: by assignment.
    Assignment,
    /// `USING` casts a column to these types, one after the other.
    Casts { column: String, chain: Vec<String> },
    /// Any other expression.
    Expression,
}

/// A constraint that is added to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    pub name: Option<Name>,
    pub kind: ConstraintKind,
    /// `NOT VALID` or `NOT ENFORCED`: existing rows are not checked.
    pub skips_rows: bool,
    /// The question that counts the rows which violate it; `None` if they cannot be counted.
    pub question: Option<Question>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintKind {
    Check {
        /// The column, if the whole condition is `column IS NOT NULL`.
        never_null: Option<String>,
    },
    Unique {
        using_index: bool,
    },
    PrimaryKey {
        using_index: bool,
    },
    Exclude,
    ForeignKey {
        /// `ON DELETE CASCADE`, `SET NULL` or `SET DEFAULT`.
        propagates_deletes: bool,
    },
    /// `REFERENCES` of a column definition.
    References {
        propagates_deletes: bool,
    },
    Other,
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

impl AlterTable {
    /// The columns whose type changes.
    pub fn retyped(&self) -> impl Iterator<Item = (&Name, &NewType)> {
        self.changes.iter().filter_map(|change| match change {
            TableChange::AlterColumn { column, change: ColumnChange::SetType(new) } => Some((column, new)),
            _ => None,
        })
    }

    /// The `ALTER COLUMN` clauses.
    pub fn column_changes(&self) -> impl Iterator<Item = (&Name, &ColumnChange)> {
        self.changes.iter().filter_map(|change| match change {
            TableChange::AlterColumn { column, change } => Some((column, change)),
            _ => None,
        })
    }

    /// The columns that are added.
    pub fn added_columns(&self) -> impl Iterator<Item = &AddColumn> {
        self.changes.iter().filter_map(|change| match change {
            TableChange::AddColumn(add) => Some(add),
            _ => None,
        })
    }

    /// The constraints that are added to the table or with a new column.
    pub fn added_constraints(&self) -> impl Iterator<Item = &Constraint> {
        self.changes.iter().flat_map(|change| match change {
            TableChange::AddConstraint(constraint) => std::slice::from_ref(constraint),
            TableChange::AddColumn(add) => add.constraints.as_slice(),
            _ => &[],
        })
    }
}

impl AddColumn {
    /// Whether its type is `serial` or a variant, so that a sequence numbers the rows.
    #[must_use]
    pub fn is_serial(&self) -> bool {
        let ty = self.ty.as_deref().unwrap_or_default();
        ["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"]
            .contains(&ty.trim_start_matches("pg_catalog."))
    }

    /// Whether every existing row gets a value that is not NULL.
    #[must_use]
    pub fn has_value(&self) -> bool {
        let has_default = matches!(self.default, DefaultValue::Constant | DefaultValue::Volatile);
        self.is_serial() || self.is_generated || has_default
    }

    /// Whether each existing row may get a different value, so that the table is rewritten.
    #[must_use]
    pub fn rewrites_table(&self) -> bool {
        self.is_serial() || self.default == DefaultValue::Volatile || self.is_stored
    }

    /// Whether it is certainly NULL in every existing row. A type that is not built in may be a domain with a default.
    #[must_use]
    pub fn starts_null(&self) -> bool {
        let is_built_in = self.ty.as_deref().is_some_and(|ty| cast::TypeName::parse(ty).is_built_in());
        is_built_in && !self.has_value()
    }
}

impl Constraint {
    /// The name of the constraint with its table, as it is shown; only the table if the constraint has no name.
    #[must_use]
    pub fn object(&self, table: &Name) -> String {
        self.name.as_ref().map_or_else(|| table.to_string(), |name| format!("{table}.{name}"))
    }

    /// Whether it builds an index.
    #[must_use]
    pub const fn builds_index(&self) -> bool {
        matches!(
            self.kind,
            ConstraintKind::Unique { using_index: false }
                | ConstraintKind::PrimaryKey { using_index: false }
                | ConstraintKind::Exclude
        )
    }

    /// Whether a DELETE on the referenced table changes rows of this table.
    #[must_use]
    pub const fn propagates_deletes(&self) -> bool {
        matches!(
            self.kind,
            ConstraintKind::ForeignKey { propagates_deletes: true }
                | ConstraintKind::References { propagates_deletes: true }
        )
    }
}

impl NewType {
    /// The effect on the values of `column`; `from` is the old type, if it is known.
    #[must_use]
    pub fn cast(&self, column: &str, from: Option<&str>) -> CastOutcome {
        match (self.chain(column), from) {
            (None, _) => CastOutcome::Unknown,
            (Some(chain), Some(from)) => cast::convert(from, chain, &self.ty),
            (Some(chain), None) => cast::convert_unknown(chain, &self.ty),
        }
    }

    /// Whether the new type may reject a value.
    #[must_use]
    pub fn may_reject(&self, from: Option<&str>) -> bool {
        match (&self.using, from) {
            (Using::Expression, _) => true,
            (Using::Assignment, Some(from)) => cast::may_reject(from, &[], &self.ty),
            (Using::Casts { chain, .. }, Some(from)) => cast::may_reject(from, chain, &self.ty),
            (Using::Assignment, None) => cast::convert_unknown(&[], &self.ty) != CastOutcome::Safe,
            (Using::Casts { chain, .. }, None) => cast::convert_unknown(chain, &self.ty) != CastOutcome::Safe,
        }
    }

    /// Whether the server has to rewrite the table.
    #[must_use]
    pub fn rewrites_table(&self, from: Option<&str>) -> bool {
        match &self.using {
            Using::Expression => true,
            Using::Casts { chain, .. } if !chain.is_empty() => true,
            Using::Assignment | Using::Casts { .. } => from.is_none_or(|from| cast::rewrites_table(from, &self.ty)),
        }
    }

    /// The question that counts the values which change (with `rejected`: only those that are rejected); `None` if `USING`
    /// is not a chain of casts of the column itself.
    #[must_use]
    pub fn question(&self, column: &str, rejected: bool) -> Option<Question> {
        let chain = self.chain(column)?.to_vec();
        Some(Question::Cast { column: column.to_owned(), to: self.ty.clone(), chain, rejected })
    }

    /// The intermediate types of the conversion; `None` if the values do not come from the column itself.
    fn chain(&self, column: &str) -> Option<&[String]> {
        match &self.using {
            Using::Assignment => Some(&[]),
            Using::Casts { column: source, chain } => (source == column).then_some(chain.as_slice()),
            Using::Expression => None,
        }
    }
}
