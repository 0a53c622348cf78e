//! What holds others up: rewrites, scans and blocks.

mod add_computed_column;
mod change_type;
mod constraint_index;
mod create_index;
mod domain;
mod drop_index;
mod lock_table;
mod move_table;
mod partition;
mod refresh;
mod reindex;
mod scan_check;
mod scan_foreign_key;
mod scan_not_null;
mod set_logged;
mod vacuum_full;

use crate::core::hazard::rule::Rule;

/// The rules of this class, by code.
pub const RULES: &[Rule] = &[
    change_type::RULE,
    add_computed_column::RULE,
    set_logged::RULE,
    move_table::RULE,
    vacuum_full::RULE,
    scan_not_null::RULE,
    scan_check::RULE,
    scan_foreign_key::RULE,
    constraint_index::RULE,
    create_index::RULE,
    drop_index::RULE,
    reindex::RULE,
    lock_table::RULE,
    refresh::RULE,
    partition::RULE,
    domain::RULE,
];
