//! SQL text: tokens, statements with their positions, identifiers. `core::statement` analyses what a statement does.

mod boundary;
mod command;
pub mod identifier;
mod layout;
pub(in crate::core) mod lexer;
pub mod outline;
mod parameters;
mod qualify;
mod separators;
mod split;
mod words;

pub use command::unknown_command;
pub use layout::terminate_statement;
pub use parameters::bind_parameters;
pub use qualify::qualify_names;
pub(in crate::core) use separators::separator_lines;
pub use split::split;
pub use words::leading_words;
pub(in crate::core) use words::words_with_offsets;

/// One statement of a script, as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceStatement {
    /// The statement without its semicolon and without leading whitespace or comments.
    pub text: String,
    /// 1-based line of the first character, counted in the text that was split.
    pub line: usize,
    /// 1-based column of the first character, in characters.
    pub column: usize,
    /// The data of `COPY … FROM stdin`, without the closing `\.`.
    pub copy_data: Option<String>,
    /// The comments `-- limbeck: …` directly above the statement, in order and without the dashes.
    pub notes: Vec<String>,
}

/// Why a text cannot be split into statements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SplitError {
    /// 1-based line in the text.
    pub line: usize,
    /// 1-based column in the line, in characters.
    pub column: usize,
    pub message: String,
    pub hint: Option<String>,
}
