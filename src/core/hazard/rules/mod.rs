//! The list of rules, with one folder per class and one file per rule. Only `core::hazard` itself uses this list.

mod breaks;
mod data_loss;
mod default;
mod fails;
mod foreign_key;
mod index;
mod irreversible;
mod lock;

use super::rule::Rule;

pub use data_loss::cascade::RULE as CASCADE;
pub use data_loss::unreadable::{EFFECT as UNREADABLE_EFFECT, RULE as UNREADABLE};
pub use irreversible::empty_downgrade::RULE as EMPTY_DOWNGRADE;

/// The classes, in the order of their codes.
const CLASSES: [&[Rule]; 8] = [
    data_loss::RULES,
    fails::RULES,
    lock::RULES,
    index::RULES,
    foreign_key::RULES,
    breaks::RULES,
    irreversible::RULES,
    default::RULES,
];

/// Every rule, by code.
pub const RULES: &[Rule] = &join();

const COUNT: usize = {
    let (mut class, mut count) = (0, 0);
    while class < CLASSES.len() {
        count += CLASSES[class].len();
        class += 1;
    }
    count
};

const fn join() -> [Rule; COUNT] {
    let mut rules = [UNREADABLE; COUNT];
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
