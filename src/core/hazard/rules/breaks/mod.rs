//! Rules about changes that break running clients. Each file contains one rule, its explanation and its test.

mod break_column;
mod break_column_type;
mod break_relation;
mod break_routine;
mod detach_partition;
mod drop_default;
mod rename_column;
mod rename_relation;
mod rename_routine;
mod rename_type;
mod revoke;
mod set_schema;

use crate::core::hazard::rule::Rule;

/// The rules of this class, in the order of their codes.
pub const RULES: &[Rule] = &[
    rename_relation::RULE,
    rename_column::RULE,
    rename_type::RULE,
    rename_routine::RULE,
    break_relation::RULE,
    break_column::RULE,
    break_routine::RULE,
    break_column_type::RULE,
    drop_default::RULE,
    set_schema::RULE,
    detach_partition::RULE,
    revoke::RULE,
];
