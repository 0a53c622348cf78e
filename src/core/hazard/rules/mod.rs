//! The rules, each in a file of its own with its page and its test.

mod alter_attribute;
mod breaks;
mod cascade;
mod cast_column;
mod default;
mod delete;
mod detach_and_drop;
mod drop_attribute;
mod drop_column;
mod drop_database;
mod drop_extension;
mod drop_identity;
mod drop_materialized_view;
mod drop_owned;
mod drop_schema;
mod drop_sequence;
mod drop_table;
mod drop_type;
mod enum_values;
mod fails;
mod foreign_key;
mod generated_values;
mod index;
mod inheritance;
mod irreversible;
mod lock;
mod on_commit;
mod set_unlogged;
mod taken_along;
mod truncate;
mod unreadable;
mod update;

use super::rule::Rule;

pub(super) use irreversible::empty_downgrade::RULE as IRREVERSIBLE;
pub(super) use taken_along::RULE as TAKEN_ALONG;
pub(super) use unreadable::RULE as UNREADABLE;

/// Those that find lost data, by code.
const DATA_LOSS: &[Rule] = &[
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
    cast_column::RULE,
    detach_and_drop::RULE,
    generated_values::RULE,
    set_unlogged::RULE,
    on_commit::RULE,
    inheritance::RULE,
    enum_values::RULE,
    drop_identity::RULE,
    alter_attribute::RULE,
    taken_along::RULE,
    unreadable::RULE,
];

/// The classes, in the order of their codes.
const CLASSES: [&[Rule]; 8] = [
    DATA_LOSS,
    fails::RULES,
    lock::RULES,
    index::RULES,
    foreign_key::RULES,
    breaks::RULES,
    irreversible::RULES,
    default::RULES,
];

/// Every rule, by code.
pub const RULES: &[Rule] = &joined();

const COUNT: usize = {
    let (mut class, mut count) = (0, 0);
    while class < CLASSES.len() {
        count += CLASSES[class].len();
        class += 1;
    }
    count
};

const fn joined() -> [Rule; COUNT] {
    let mut rules = [unreadable::RULE; COUNT];
    let (mut class, mut place) = (0, 0);
    while class < CLASSES.len() {
        let mut rule = 0;
        while rule < CLASSES[class].len() {
            rules[place] = CLASSES[class][rule];
            rule += 1;
            place += 1;
        }
        class += 1;
    }
    rules
}
