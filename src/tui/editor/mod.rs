//! The text of a script in the editor: the document, its highlighting, and its findings. It does not depend on the app.

mod cache;
pub mod cells;
mod document;
mod findings;
mod highlight;
mod operations;

pub use cache::LineCache;
pub use document::{Document, MOST_LINES, Move, TextPosition};
pub use findings::{Fault, Findings, FoundHazard, examine};
pub use highlight::{Highlighted, TokenKind, highlight};
pub use operations::{Operation, operation};
