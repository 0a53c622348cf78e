//! Questions about the rows of a table, whose answers show whether a statement fails, or which data it destroys.

use super::rows::RowFilter;

/// A question about the rows of a table: which rows or values to count. Names are unquoted; expressions are SQL, as written
/// in the statement.
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
    /// All rows, because the script itself added the column and it is NULL in all of them.
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
    /// The orphaned rows of a foreign key. If `referenced_columns` is empty, it references the primary key.
    Orphans {
        columns: Vec<String>,
        referenced_schema: Option<String>,
        referenced_table: String,
        referenced_columns: Vec<String>,
    },
    /// The rows for which an expression is false.
    Check { expression: String },
    /// The rows that violate an existing constraint that is NOT VALID.
    Constraint { name: String },
    /// The rows that the condition of a DELETE or UPDATE matches; for an UPDATE those with a value in the column.
    Affected { column: Option<String>, rows: RowFilter },
}

impl Question {
    /// The noun for what is counted, in the singular.
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

    /// The columns of the table that the question names.
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
