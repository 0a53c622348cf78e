//! The script as it is edited: its text, its colours, and what can be told of it while it is typed.

mod cache;
pub mod cells;
mod document;
mod findings;
mod highlight;
mod operations;

pub use cache::LineCache;
pub use document::{Document, MOST_LINES, Move, TextPosition};
pub use findings::{Fault, Findings, FoundHazard, Operation, examine};
pub use highlight::{Highlighted, TokenKind, highlight};
