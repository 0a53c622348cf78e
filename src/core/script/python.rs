//! The code of an Alembic script, which is Python.

use crate::core::graph::Direction;

/// A Python script besides its identifiers: its docstring and the places of its functions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PythonCode {
    /// The docstring of the file without surrounding whitespace, as Alembic prints it. Empty if there is none.
    pub docstring: String,
    pub upgrade: Option<CodeSpan>,
    pub downgrade: Option<CodeSpan>,
    /// Lines of the docstring that contradict the code. The code is authoritative.
    pub docstring_faults: Vec<DocstringFault>,
}

/// The place of a function in the text of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeSpan {
    /// The 1-based line of `def`, or of its first decorator.
    pub line: usize,
    /// In bytes from the start of the file.
    pub start: usize,
    pub end: usize,
    /// Whether the body does nothing.
    pub is_empty: bool,
    /// Whether what it does depends on what its statements changed.
    pub uses_results: bool,
}

/// A line of the docstring that contradicts the code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the docstring says '{key}: {docstring}', but the code says {code}")]
pub struct DocstringFault {
    /// `Revision ID` or `Revises`.
    pub key: &'static str,
    pub docstring: String,
    pub code: String,
}

impl PythonCode {
    /// The first paragraph of the docstring, which Alembic prints in lists.
    #[must_use]
    pub fn first_paragraph(&self) -> &str {
        self.docstring.split("\n\n").next().unwrap_or_default()
    }

    /// The function that a direction runs.
    #[must_use]
    pub fn function(&self, direction: Direction) -> Option<CodeSpan> {
        match direction {
            Direction::Upgrade => self.upgrade,
            Direction::Downgrade => self.downgrade,
        }
    }
}
