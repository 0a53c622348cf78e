//! SQL text as statements with places, and what PostgreSQL will do with each.

mod boundary;
mod cluster;
mod command;
mod depth;
mod divide;
pub mod identifier;
mod lasting;
pub(in crate::core) mod lexer;
mod rule;
mod split;
mod trace;
mod transactional;
pub(in crate::core) mod tree;

pub use cluster::{cluster_wide, roles_made};
pub use command::unknown_command;
pub(in crate::core) use divide::dividing_lines;
pub use lasting::{lasting, lasting_pattern};
pub use rule::rule_actions;
pub use split::{notes_above, split};
pub use trace::{Trace, trace};
pub use transactional::transactional;
pub use tree::leading_words;
pub(in crate::core) use tree::word_places;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The statement without its semicolon, without leading blanks or comments.
    pub text: String,
    /// 1-based line of the first character, counted in the text that was split.
    pub line: usize,
    /// 1-based column of the first character, in characters.
    pub column: usize,
    /// The rows of `COPY … FROM stdin`, up to and without the closing `\.`.
    pub copy_data: Option<String>,
}

/// Whether PostgreSQL runs a statement inside a transaction block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transactional {
    Yes,
    /// It refuses to; the text names the statement, e.g. `CREATE INDEX CONCURRENTLY`.
    No(&'static str),
    /// The statement itself opens or closes a transaction (`BEGIN`, `COMMIT`, …).
    Control(&'static str),
}

/// Why a text cannot be split into statements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SplitError {
    /// 1-based line and column in the text.
    pub line: usize,
    pub column: usize,
    pub message: String,
    pub hint: Option<String>,
}

/// Whether the server's answer to a statement counts rows; for all others the count that it gives means nothing.
#[must_use]
pub fn touches_rows(statement: &str) -> bool {
    const COUNTED: [&str; 10] =
        ["INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "WITH", "COPY", "VALUES", "EXECUTE", "TABLE"];
    leading_words(statement).first().is_some_and(|word| COUNTED.contains(&word.to_uppercase().as_str()))
}
