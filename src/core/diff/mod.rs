//! Compares two schemas and returns the statements that turn the old one into the new one, in a valid order.
//!
//! Each folder depends only on those before it:
//!
//! 1. `ownership` answers which object belongs to which, and which object depends on which.
//! 2. `steps` compares the objects one by one and creates steps. A step has its SQL and declares the conditions that it
//!    requires, produces and releases. `steps/write` has one file for each group of object kinds.
//! 3. `order` sorts the steps by these declarations and returns the statements.
//!
//! `rename` is separate: it suggests renames and reads the ones that the user asks for.

mod constraint_renames;
mod equivalence;
#[cfg(test)]
mod fixtures;
mod operation;
mod order;
mod ownership;
pub mod rename;
pub mod render;
mod short_names;
mod steps;
#[cfg(test)]
mod tests;

use super::schema::Schema;

pub use equivalence::{adopt_equivalent_expressions, has_different_expressions};
pub use operation::{Action, Changes, Operation, count_objects};
pub use ownership::Options;
pub use short_names::strip_schema;
pub use steps::find_todo_line;

use ownership::{Decisions, DiffContext};

/// Returns the statements that turn `old` into `new`. Objects without a difference by [`super::schema::differences`]
/// need no statement.
#[must_use]
pub fn diff_schemas(old: &Schema, new: &Schema, options: &Options) -> Changes {
    // In most runs nothing has changed. This check is cheap.
    if old == new {
        return Changes::default();
    }
    let Some((renames, old)) = constraint_renames::rename_identical_constraints(old, new) else {
        return diff_objects(old, new, options);
    };
    let changes = diff_objects(&old, new, options);
    let (committed_first, rest) = changes.split();
    let operations = [committed_first, &renames, rest].concat();
    Changes { operations, ..changes }
}

fn diff_objects(old: &Schema, new: &Schema, options: &Options) -> Changes {
    let mut context = DiffContext { old, new, options, decisions: Decisions::default() };
    let steps = steps::plan_steps(&mut context);
    order::order_steps(&context, &steps)
}
