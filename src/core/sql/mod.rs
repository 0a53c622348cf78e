//! SQL text: tokens, statements with their places, identifiers. What a statement does is read by `core::statement`.

mod boundary;
mod command;
mod divide;
pub mod identifier;
pub(in crate::core) mod lexer;
mod split;
mod words;

pub use command::unknown_command;
pub(in crate::core) use divide::dividing_lines;
pub use split::split;
pub use words::leading_words;
pub(in crate::core) use words::word_places;

/// One statement of a script, as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceStatement {
    /// The statement without its semicolon and without leading whitespace or comments.
    pub text: String,
    /// 1-based line of the first character, counted in the text that was split.
    pub line: usize,
    /// 1-based column of the first character, in characters.
    pub column: usize,
    /// The rows of `COPY … FROM stdin`, up to but not including the closing `\.`.
    pub copy_data: Option<String>,
    /// The comments `-- limbeck: …` on the lines directly above, top down and without the dashes.
    pub notes: Vec<String>,
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
