//! What this data may make fail.

mod add_check;
mod add_exclusion;
mod add_foreign_key;
mod add_not_null_column;
mod attach_partition;
mod cast;
mod domain;
mod fresh_label;
mod set_not_null;
mod unique;
mod validate;

use crate::core::hazard::rule::Rule;

/// The rules of this class, by code.
pub const RULES: &[Rule] = &[
    set_not_null::RULE,
    add_not_null_column::RULE,
    add_check::RULE,
    unique::RULE,
    add_foreign_key::RULE,
    add_exclusion::RULE,
    validate::RULE,
    cast::RULE,
    fresh_label::RULE,
    attach_partition::RULE,
    domain::RULE,
];
