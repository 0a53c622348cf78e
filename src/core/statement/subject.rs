//! The subject of a count.

use super::name::Name;
use super::question::Question;
use super::rows::RowSelection;

/// The rows or values that are counted. Names are unquoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The rows of a table.
    Table { schema: Option<String>, name: String },
    /// The values of a column that are not NULL.
    Column { schema: Option<String>, table: String, column: String },
    /// The rows or values of a table that a question selects.
    Rows { schema: Option<String>, table: String, question: Question },
    /// Anything that cannot be counted.
    Other,
}

impl Subject {
    /// The rows of a table.
    #[must_use]
    pub fn table(name: &Name) -> Self {
        Self::Table { schema: name.schema.clone(), name: name.name.clone() }
    }

    /// The values of a column.
    #[must_use]
    pub fn column(table: &Name, column: &str) -> Self {
        Self::Column { schema: table.schema.clone(), table: table.name.clone(), column: column.to_owned() }
    }

    /// The rows or values of a table that a question selects; [`Self::Other`] without a question.
    #[must_use]
    pub fn question(table: &Name, question: Option<Question>) -> Self {
        question.map_or(Self::Other, |question| Self::Rows {
            schema: table.schema.clone(),
            table: table.name.clone(),
            question,
        })
    }

    /// The rows, or the values of a column, that a DELETE or UPDATE affects.
    #[must_use]
    pub fn affected(table: &Name, column: Option<&str>, rows: &RowSelection) -> Self {
        match (rows.filter(), column) {
            (Some(filter), _) => {
                let question = Question::Affected { column: column.map(str::to_owned), rows: filter.clone() };
                Self::question(table, Some(question))
            }
            (None, Some(column)) => Self::column(table, column),
            (None, None) => Self::table(table),
        }
    }

    /// The schema, if the statement names one, and the table.
    #[must_use]
    pub fn table_name(&self) -> Option<(Option<&str>, &str)> {
        match self {
            Self::Table { schema, name: table }
            | Self::Column { schema, table, .. }
            | Self::Rows { schema, table, .. } => Some((schema.as_deref(), table)),
            Self::Other => None,
        }
    }

    /// The column whose values are counted. `None` if rows are counted.
    #[must_use]
    pub fn column_name(&self) -> Option<&str> {
        match self {
            Self::Column { column, .. }
            | Self::Rows {
                question: Question::Affected { column: Some(column), .. } | Question::Cast { column, .. },
                ..
            } => Some(column),
            _ => None,
        }
    }

    /// A less specific subject that can be counted without evaluating the question. `is_lost`: the values are lost, so that
    /// all values of the column are counted.
    #[must_use]
    pub fn without_question(&self, is_lost: bool) -> Self {
        match self {
            Self::Rows {
                schema,
                table,
                question: Question::Cast { column, .. } | Question::Affected { column: Some(column), .. },
            } if is_lost => Self::Column { schema: schema.clone(), table: table.clone(), column: column.clone() },
            Self::Rows { schema, table, question: Question::Affected { column: None, .. } } => {
                Self::Table { schema: schema.clone(), name: table.clone() }
            }
            Self::Rows { .. } => Self::Other,
            other => other.clone(),
        }
    }

    /// Whether the condition of a DELETE or UPDATE selects it.
    #[must_use]
    pub const fn has_condition(&self) -> bool {
        matches!(self, Self::Rows { question: Question::Affected { .. }, .. })
    }
}
