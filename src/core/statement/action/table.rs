//! The clauses of `ALTER TABLE`.

use crate::core::statement::cast::{self, CastOutcome};
use crate::core::statement::{Name, Question};

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
    AddConstraint(AddedConstraint),
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

/// The triggers that `ALTER TABLE … DISABLE TRIGGER` or `ENABLE REPLICA TRIGGER` disables in ordinary sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Triggers {
    Named(Name),
    /// `USER`: all triggers except those that check foreign keys and other constraints.
    User,
    /// `ALL`: also the triggers that check foreign keys.
    All,
}

/// `ADD COLUMN`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "the clauses of the statement are independent")]
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
    pub constraints: Vec<AddedConstraint>,
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
pub struct AddedConstraint {
    pub name: Option<Name>,
    pub kind: AddedConstraintKind,
    /// `NOT VALID` or `NOT ENFORCED`: existing rows are not checked.
    pub skips_rows: bool,
    /// The question that counts the rows which violate it; `None` if they cannot be counted.
    pub question: Option<Question>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddedConstraintKind {
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
    pub fn added_constraints(&self) -> impl Iterator<Item = &AddedConstraint> {
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

impl AddedConstraint {
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
            AddedConstraintKind::Unique { using_index: false }
                | AddedConstraintKind::PrimaryKey { using_index: false }
                | AddedConstraintKind::Exclude
        )
    }

    /// Whether a DELETE on the referenced table changes rows of this table.
    #[must_use]
    pub const fn propagates_deletes(&self) -> bool {
        matches!(
            self.kind,
            AddedConstraintKind::ForeignKey { propagates_deletes: true }
                | AddedConstraintKind::References { propagates_deletes: true }
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
