//! The rows of a table that a DELETE or UPDATE affects. Only these are counted and copied.

use super::name::Name;
use crate::core::sql::{bind_parameters, identifier};

/// The rows of a table that a statement affects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowSelection {
    /// Every row: there is no condition.
    All,
    /// The rows that a condition matches.
    Matching(RowFilter),
    /// Some rows. The condition cannot be evaluated separately, or may return a different result each time.
    Unknown,
}

/// A condition that can be used in a SELECT on the same table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFilter {
    /// The alias by which the condition refers to the table, as SQL; `None`: by its name.
    pub alias: Option<String>,
    /// The list after `USING` of a DELETE or `FROM` of an UPDATE.
    pub from: Option<String>,
    /// The expression after WHERE.
    pub condition: String,
    /// Whether rows of child tables are excluded (`ONLY`).
    pub only: bool,
}

impl RowSelection {
    /// The condition, if it is known.
    #[must_use]
    pub const fn filter(&self) -> Option<&RowFilter> {
        match self {
            Self::Matching(filter) => Some(filter),
            Self::All | Self::Unknown => None,
        }
    }
}

impl RowFilter {
    /// The condition as SQL that can follow `WHERE` in a query on the table.
    #[must_use]
    pub fn sql(&self) -> String {
        let condition = &self.condition;
        // The condition may end in a comment.
        match &self.from {
            Some(from) => format!("EXISTS (SELECT FROM {from}\nWHERE {condition}\n)"),
            None => format!("({condition}\n)"),
        }
    }

    /// The same condition, with `$1`, `$2`, … replaced by literals. A parameter without a literal is not replaced.
    #[must_use]
    pub fn bind(&self, literals: &[String]) -> Self {
        let bound = |text: &String| bind_parameters(text, literals);
        Self { condition: bound(&self.condition), from: self.from.as_ref().map(bound), ..self.clone() }
    }
}

/// A table as SQL, with the schema if the statement names one.
#[must_use]
pub fn table_sql(table: &Name) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", identifier::quote(schema), identifier::quote(&table.name)),
        None => identifier::quote(&table.name),
    }
}
