//! Two branches compared as data: the objects that each touches, and how their results differ.

mod branch_tree;
mod catalog_change;
mod order_difference;
mod row_change;
mod touched;

pub use branch_tree::{BranchLine, branch_lines, with_merge};
pub use catalog_change::catalog_changes;
pub use order_difference::{OrderDifference, order_differences};
pub use row_change::{fact_changes, row_changes};
pub use touched::{ObjectChange, TouchedObject, Touches};
