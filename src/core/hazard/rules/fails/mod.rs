//! Rules about statements that existing rows make fail. Each file contains one rule, its explanation and its test.

mod add_check;
mod add_exclusion;
mod add_foreign_key;
mod add_not_null_column;
mod add_unique;
mod attach_partition;
mod change_domain;
mod new_label;
mod rejected_cast;
mod set_not_null;
mod validate_constraint;

use crate::core::hazard::rule::Rule;

/// The rules of this class, in the order of their codes.
pub const RULES: &[Rule] = &[
    set_not_null::RULE,
    add_not_null_column::RULE,
    add_check::RULE,
    add_unique::RULE,
    add_foreign_key::RULE,
    add_exclusion::RULE,
    validate_constraint::RULE,
    rejected_cast::RULE,
    new_label::RULE,
    attach_partition::RULE,
    change_domain::RULE,
];
