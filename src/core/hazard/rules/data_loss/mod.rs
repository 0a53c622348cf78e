//! Rules about lost data. Each file contains one rule, its explanation and its test.

pub mod cascade;
mod change_attribute_type;
mod change_column_type;
mod change_generated_values;
mod change_inheritance;
mod delete;
mod detach_and_drop;
mod drop_attribute;
mod drop_column;
mod drop_database;
mod drop_dependents;
mod drop_extension;
mod drop_identity;
mod drop_materialized_view;
mod drop_owned;
mod drop_schema;
mod drop_sequence;
mod drop_table;
mod drop_type;
mod on_commit;
mod remove_enum_values;
mod set_unlogged;
mod truncate;
pub mod unreadable;
mod update;

use crate::core::hazard::rule::Rule;

/// The rules of this class, in the order of their codes.
pub const RULES: &[Rule] = &[
    drop_table::RULE,
    truncate::RULE,
    drop_column::RULE,
    drop_schema::RULE,
    drop_materialized_view::RULE,
    delete::RULE,
    update::RULE,
    drop_sequence::RULE,
    drop_type::RULE,
    drop_attribute::RULE,
    drop_extension::RULE,
    drop_owned::RULE,
    drop_database::RULE,
    drop_dependents::RULE,
    change_column_type::RULE,
    detach_and_drop::RULE,
    change_generated_values::RULE,
    set_unlogged::RULE,
    on_commit::RULE,
    change_inheritance::RULE,
    remove_enum_values::RULE,
    drop_identity::RULE,
    change_attribute_type::RULE,
    cascade::RULE,
    unreadable::RULE,
];
