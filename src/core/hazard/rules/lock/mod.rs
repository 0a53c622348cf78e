//! Rules about rewrites, scans and locks. Each file contains one rule, its explanation and its test.

mod build_constraint_index;
mod build_index;
mod lock_partitions;
mod lock_table;
mod lock_to_drop_index;
mod lock_view;
mod rebuild_index;
mod rewrite_for_column;
mod rewrite_for_logging;
mod rewrite_for_storage;
mod rewrite_for_type;
mod rewrite_for_vacuum;
mod scan_for_check;
mod scan_for_domain;
mod scan_for_foreign_key;
mod scan_for_not_null;

use crate::core::hazard::rule::Rule;

/// The rules of this class, in the order of their codes.
pub const RULES: &[Rule] = &[
    rewrite_for_type::RULE,
    rewrite_for_column::RULE,
    rewrite_for_logging::RULE,
    rewrite_for_storage::RULE,
    rewrite_for_vacuum::RULE,
    scan_for_not_null::RULE,
    scan_for_check::RULE,
    scan_for_foreign_key::RULE,
    build_constraint_index::RULE,
    build_index::RULE,
    lock_to_drop_index::RULE,
    rebuild_index::RULE,
    lock_table::RULE,
    lock_view::RULE,
    lock_partitions::RULE,
    scan_for_domain::RULE,
];
