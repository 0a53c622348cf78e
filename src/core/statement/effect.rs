//! The effect of a statement on an object. It determines how the effect is counted, approved and copied.

use super::name::Name;
use super::question::Question;
use super::rows::RowSelection;
use super::subject::Subject;

/// The effect of a statement on an object.
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
    /// Drops an object that contains no rows, with the objects that belong to it or depend on it.
    DropsObject(DroppedObject),
    /// Drops all objects of a role. The role is as written.
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
    /// Drops, empties or changes an object by CASCADE or by a foreign key, as found in the target's catalog.
    Cascades(Subject),
    /// Destroys data that cannot be copied.
    CannotBeCopied {
        reason: NotCopied,
        subject: Subject,
    },
    /// Affects data, but destroys none that needs a copy.
    KeepsData(Subject),
    /// Fails if existing rows violate a condition; `question` counts them.
    ChecksRows {
        table: Name,
        question: Option<Question>,
    },
    /// Rewrites, scans or locks a table.
    Locks {
        table: Name,
    },
    /// Any other effect.
    Other,
}

/// A dropped object that contains no rows itself.
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

/// The reason why data cannot be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCopied {
    /// Another database is dropped.
    OtherDatabase,
    /// Generated values are computed from other columns.
    Generated,
    /// Rows are lost only if the server crashes.
    Crash,
    /// The statement changes a system catalog.
    Catalog,
    /// The actions of the statement are not known before it runs.
    Unreadable,
}

impl NotCopied {
    /// The reason as it is shown.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OtherDatabase => "limbeck cannot copy another database; make a backup of it",
            Self::Generated => "generated values are computed from other columns",
            Self::Crash => "the rows are lost if the server crashes, and then only a backup can restore them",
            Self::Catalog => "limbeck cannot copy the system catalog; make a backup",
            Self::Unreadable => "limbeck cannot know what it does before it runs; make a backup",
        }
    }
}

impl Effect {
    /// The subject that is counted.
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

    /// The same effect, with the parameters of its condition replaced by literals.
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

    /// The same effect on a table or column with another name.
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
