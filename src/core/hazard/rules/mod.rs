//! The rules, each in a file of its own with its page and its test.

mod cascade;
mod delete;
mod drop_attribute;
mod drop_column;
mod drop_database;
mod drop_extension;
mod drop_materialized_view;
mod drop_owned;
mod drop_schema;
mod drop_sequence;
mod drop_table;
mod drop_type;
mod truncate;
mod unreadable;
mod update;

use super::rule::Rule;

/// Every rule, by code.
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
    cascade::RULE,
    unreadable::RULE,
];
