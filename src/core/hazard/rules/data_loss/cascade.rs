//! What CASCADE and foreign keys drop, delete or change on a target, by name.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

/// The rule.
pub const RULE: Rule = Rule { code: Code::Cascade, title: "dropped by CASCADE", page: PAGE, check };

const PAGE: &str = "\
The statement names another object, and this one depends on it: a table that inherits from it, a column of a
dropped type, a table that refers to a truncated one. CASCADE drops or empties it without naming it. Foreign
keys do the same: they delete rows that refer to deleted ones, or overwrite their columns. This is found in
the catalog of the target, so it is reported only if there is a database; it is checked again immediately
before the statement runs.

What is counted: the rows of a table, or the values of a column that are not NULL. For foreign keys, those
that refer to the rows that the statement affects.

What to do instead: omit CASCADE, and drop, delete or change the dependent objects by name.
";

fn check(_: &Action, _: &ScriptState) -> Vec<Finding> {
    // It is found in a database, not in a statement.
    Vec::new()
}
