//! What has to be counted in the rows of a table to know whether a statement fails, or what it loses.

use super::rows::RowFilter;

/// One question about rows. Names are unquoted; expressions are SQL as the statement writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The values of a column that a change of its type changes or rejects.
    Cast {
        column: String,
        to: String,
        /// The types to which `USING` casts the column first.
        chain: Vec<String>,
        /// Whether only rejected values count.
        rejected: bool,
    },
    /// The NULLs of an existing column.
    Nulls { column: String },
    /// All rows: a column that the script itself adds is NULL in all of them.
    AllNull { column: String },
    /// The rows that have the same key as another row, not counting the first of each group.
    Duplicates {
        keys: Vec<String>,
        condition: Option<String>,
        /// `NULLS NOT DISTINCT`.
        nulls_are_equal: bool,
        /// Whether a NULL in a key counts as well.
        nulls_are_rejected: bool,
    },
    /// The rows whose foreign key refers to no row. Without `others` it refers to the primary key.
    Orphans { columns: Vec<String>, schema: Option<String>, table: String, others: Vec<String> },
    /// The rows for which an expression is false.
    Check { expression: String },
    /// The rows that violate an existing constraint that is NOT VALID.
    Constraint { name: String },
    /// The rows that the condition of a DELETE or UPDATE matches; for an UPDATE those with a value in the column.
    Affected { column: Option<String>, rows: RowFilter },
}

impl Question {
    /// What is counted, in the singular.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Cast { .. } | Self::Affected { column: Some(_), .. } => "value",
            Self::Nulls { .. } | Self::AllNull { .. } => "NULL",
            Self::Duplicates { .. } => "duplicate",
            Self::Orphans { .. } => "orphaned row",
            Self::Check { .. } | Self::Constraint { .. } => "violating row",
            Self::Affected { column: None, .. } => "row",
        }
    }

    /// The columns that it names.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Cast { column, .. } | Self::Nulls { column } => vec![column],
            Self::Duplicates { keys, .. } => keys.iter().map(|key| key.trim_matches('"')).collect(),
            Self::Orphans { columns, .. } => columns.iter().map(String::as_str).collect(),
            Self::Affected { column, .. } => column.iter().map(String::as_str).collect(),
            Self::AllNull { .. } | Self::Check { .. } | Self::Constraint { .. } => Vec::new(),
        }
    }
}
