//! What running clients would notice.

mod change_type;
mod detach_partition;
mod drop_column;
mod drop_default;
mod drop_relation;
mod drop_routine;
mod rename_column;
mod rename_relation;
mod rename_routine;
mod rename_type;
mod revoke;
mod set_schema;

use crate::core::hazard::rule::Rule;

/// The rules of this class, by code.
pub const RULES: &[Rule] = &[
    rename_relation::RULE,
    rename_column::RULE,
    rename_type::RULE,
    rename_routine::RULE,
    drop_relation::RULE,
    drop_column::RULE,
    drop_routine::RULE,
    change_type::RULE,
    drop_default::RULE,
    set_schema::RULE,
    detach_partition::RULE,
    revoke::RULE,
];
