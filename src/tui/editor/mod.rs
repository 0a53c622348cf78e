//! The script as it is edited: for now its colours.

mod cache;
mod highlight;

pub use cache::LineCache;
pub use highlight::highlight;
