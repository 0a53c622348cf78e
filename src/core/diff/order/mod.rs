//! Sorts the steps by their requirements and returns their statements.

mod sort;
mod transaction;

use super::operation::{Changes, Operation};
use super::ownership::DiffContext;
use super::steps::Step;

/// The statements of the steps in a valid order.
pub fn order_steps(context: &DiffContext, steps: &[Step]) -> Changes {
    let mut operations = Vec::new();
    for step in sort::sort_steps(steps) {
        operations.extend(step.statements.iter().map(|statement| Operation {
            object: step.id.clone(),
            group: step.position.group.clone(),
            action: step.action,
            sql: statement.sql.clone(),
            note: statement.note.clone(),
        }));
    }
    let outside_transaction = transaction::find_reason_against_transaction(context, &operations);
    if outside_transaction.is_some() {
        // They depend on nothing that the other statements change.
        operations.sort_by_key(|operation| !operation.adds_enum_values());
    }
    Changes { operations, outside_transaction }
}
