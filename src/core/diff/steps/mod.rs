//! Compares the objects of two schemas and creates the steps that change them.
//!
//! `decide` chooses the change of every object and of its dependents. `step` creates the steps with the SQL from `write`.
//! `requirements` declares for each step the conditions that it requires, produces and releases.

mod decide;
mod inline;
mod partitions;
mod reading_order;
mod requirements;
mod step;
mod temporary_names;
mod write;

use super::ownership::{self, DiffContext};

pub use step::{Condition, Step};
#[cfg(test)]
pub use write::NotedSql;
pub use write::find_todo_line;

/// The steps that turn the old schema into the new one, not yet in order.
pub fn plan_steps(context: &mut DiffContext) -> Vec<Step> {
    let changes = decide::decide_changes(context);
    context.decisions.copied = temporary_names::choose_copied_tables(context, &changes);
    let mut names = temporary_names::choose_temporary_names(context, &changes);
    let owners = temporary_names::choose_owners_of_sequences(context, &changes);
    for table in owners.union(&context.decisions.copied) {
        names.insert(table.clone(), ownership::free_name(context, &table.schema, &table.name));
    }
    context.decisions.temporary_names = names;
    inline::decide_inline(context, &changes);
    let mut steps = step::create_steps(context, &changes);
    requirements::declare_requirements(context, &changes, &mut steps);
    steps
}
