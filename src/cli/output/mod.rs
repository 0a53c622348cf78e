//! The results of commands as text and as JSON documents. Prints nothing.

pub mod conflicts;
pub mod findings;
pub mod json;
pub mod listing;
pub mod plan;
pub mod rebase;
pub mod rehearsal;
pub mod table;
