//! What a hazard means for data: which object it affects and how. Counting, approval and copying decide by this.

use super::name::Name;
use super::question::Question;
use super::rows::RowSelection;
use super::subject::Subject;

/// What a statement does to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Drops a table or materialized view with its rows.
    DropsTable {
        table: Name,
    },
    /// Drops a sequence.
    DropsSequence {
        sequence: Name,
    },
    DropsColumn {
        table: Name,
        column: String,
    },
    /// Drops an object that contains no rows, with what belongs to it or depends on it.
    DropsObject(DroppedObject),
    /// Drops everything that a role owns; the role as written.
    DropsOwned {
        role: String,
    },
    /// Drops the sequence of an identity column.
    DropsIdentity {
        table: Name,
        column: String,
    },
    /// Removes all rows.
    Truncates {
        table: Name,
    },
    DeletesRows {
        table: Name,
        rows: RowSelection,
    },
    OverwritesValues {
        table: Name,
        column: String,
        rows: RowSelection,
    },
    /// Overwrites values of a column that the script itself added.
    OverwritesOwnValues,
    /// Changes the type of a column; `question` counts the values that change.
    ChangesType {
        table: Name,
        column: String,
        question: Option<Question>,
    },
    /// Drops an attribute of a composite type, or changes its type.
    ChangesAttribute {
        type_name: Name,
        attribute: String,
    },
    /// Dropped, emptied or changed by CASCADE or by a foreign key, as found in the target's catalog.
    Cascades(Subject),
    /// Loses data of which no copy can be made.
    CannotBeCopied {
        reason: NotCopied,
        subject: Subject,
    },
    /// Affects data, but destroys nothing that needs a copy.
    KeepsData(Subject),
    /// Fails if existing rows violate it; `question` counts them.
    ChecksRows {
        table: Name,
        question: Option<Question>,
    },
    /// Rewrites, scans or locks a table.
    Locks {
        table: Name,
    },
    /// Anything else.
    Other,
}

/// An object that contains no rows itself. The name is as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DroppedObject {
    Schema(Name),
    Type(Name),
    Extension(Name),
    View(Name),
    Routine(Name),
    Collation(Name),
    Language(Name),
    AccessMethod(Name),
}

/// Why no copy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCopied {
    /// Another database is dropped.
    OtherDatabase,
    /// Generated values follow from other columns.
    Generated,
    /// Nothing is lost until the server crashes.
    Crash,
    /// The system catalog is edited.
    Catalog,
    /// What the statement does cannot be known before it runs.
    Unreadable,
}

impl NotCopied {
    /// The reason as it is shown.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OtherDatabase => "limbeck cannot copy another database; make a backup of it",
            Self::Generated => "generated values are computed from other columns",
            Self::Crash => "nothing is lost unless the server crashes; only a backup can restore the rows then",
            Self::Catalog => "changes of the system catalog cannot be followed; make a backup",
            Self::Unreadable => "what it does is not known before it runs; make a backup",
        }
    }
}

impl Effect {
    /// What to count.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::DropsTable { table } | Self::Truncates { table } | Self::Locks { table } => Subject::table(table),
            Self::DropsColumn { table, column } => Subject::column(table, column),
            Self::DeletesRows { table, rows } => Subject::affected(table, None, rows),
            Self::OverwritesValues { table, column, rows } => Subject::affected(table, Some(column), rows),
            Self::ChangesType { table, column, question } => match question {
                Some(question) => Subject::question(table, Some(question.clone())),
                None => Subject::column(table, column),
            },
            Self::ChecksRows { table, question } => Subject::question(table, question.clone()),
            Self::Cascades(subject) | Self::CannotBeCopied { subject, .. } | Self::KeepsData(subject) => {
                subject.clone()
            }
            Self::DropsSequence { .. }
            | Self::DropsObject(_)
            | Self::DropsOwned { .. }
            | Self::DropsIdentity { .. }
            | Self::OverwritesOwnValues
            | Self::ChangesAttribute { .. }
            | Self::Other => Subject::Other,
        }
    }

    /// The same effect with literals in place of the parameters of its condition.
    #[must_use]
    pub fn bind(&self, literals: &[String]) -> Self {
        let mut bound = self.clone();
        if let Self::DeletesRows { rows, .. } | Self::OverwritesValues { rows, .. } = &mut bound
            && let RowSelection::Matching(filter) = rows
        {
            *filter = filter.bind(literals);
        }
        bound
    }

    /// The same effect on a table or column that has another name.
    #[must_use]
    pub fn renamed(&self, to: &Subject) -> Self {
        let Some((schema, name)) = to.table_name() else { return self.clone() };
        let new_table = Name { schema: schema.map(str::to_owned), name: name.to_owned() };
        let mut renamed = self.clone();
        match &mut renamed {
            Self::DropsTable { table }
            | Self::Truncates { table }
            | Self::Locks { table }
            | Self::DeletesRows { table, .. }
            | Self::ChecksRows { table, .. } => *table = new_table,
            Self::DropsColumn { table, column }
            | Self::DropsIdentity { table, column }
            | Self::OverwritesValues { table, column, .. }
            | Self::ChangesType { table, column, .. } => {
                *table = new_table;
                if let Subject::Column { column: new_column, .. } = to {
                    column.clone_from(new_column);
                }
            }
            Self::Cascades(subject) | Self::CannotBeCopied { subject, .. } | Self::KeepsData(subject) => {
                *subject = to.clone();
            }
            Self::DropsSequence { .. }
            | Self::DropsObject(_)
            | Self::DropsOwned { .. }
            | Self::OverwritesOwnValues
            | Self::ChangesAttribute { .. }
            | Self::Other => {}
        }
        renamed
    }
}
