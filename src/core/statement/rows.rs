//! The rows of a table that a DELETE or UPDATE affects. Only these are counted and copied.

use super::name::Name;
use crate::core::sql::identifier;
use crate::core::sql::lexer::{Lexer, TokenKind};

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
        let bound = |text: &String| bind(text, literals);
        Self { condition: bound(&self.condition), from: self.from.as_ref().map(bound), ..self.clone() }
    }
}

/// Replaces the parameters that are outside quotes and comments.
fn bind(text: &str, literals: &[String]) -> String {
    let mut bound = String::with_capacity(text.len());
    let mut end = 0;
    for (start, stop, number) in parameters(text) {
        let Some(literal) = number.checked_sub(1).and_then(|place| literals.get(place)) else { continue };
        bound.push_str(text.get(end..start).unwrap_or_default());
        bound.push_str(literal);
        end = stop;
    }
    bound.push_str(text.get(end..).unwrap_or_default());
    bound
}

/// The parameters of a text: start and end as byte offsets, and number.
fn parameters(text: &str) -> Vec<(usize, usize, usize)> {
    let mut lexer = Lexer::new(text);
    let mut found = Vec::new();
    // The lexer reads `$1` as a dollar sign and a number.
    let mut dollar = None;
    while let Ok(Some(token)) = lexer.next_token() {
        let number = text.get(token.start..token.end).and_then(|number| number.parse().ok());
        if let (Some(start), Some(number), TokenKind::Number) = (dollar, number, token.kind) {
            found.push((start, token.end, number));
        }
        dollar = (token.text(text) == "$").then_some(token.start);
    }
    found
}

/// A table as SQL, with the schema if the statement names one.
#[must_use]
pub fn table_sql(table: &Name) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", identifier::quote(schema), identifier::quote(&table.name)),
        None => identifier::quote(&table.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_replaced_outside_quotes_only() {
        let literals = ["'a''b'".to_owned(), "2".to_owned()];
        for (condition, expected) in [
            ("id = $1", "id = 'a''b'"),
            ("id=$2 AND x = '$1' AND \"$1\" = $10", "id=2 AND x = '$1' AND \"$1\" = $10"),
            ("$2::int = any($1) -- $1", "2::int = any('a''b') -- $1"),
        ] {
            assert_eq!(bind(condition, &literals), expected);
        }
    }
}
