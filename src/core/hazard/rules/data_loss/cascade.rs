//! The objects of a target that CASCADE drops or empties, and the rows that foreign keys delete or change.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::Cascade, title: "dropped by CASCADE", page: PAGE, check };

const PAGE: &str = "\
The statement does not name this object, but the object depends on one that it names: a table that inherits from
it, a column of a dropped type, a table that refers to a truncated one. CASCADE drops or empties it. Similarly,
foreign keys delete rows that refer to deleted rows, or overwrite their columns. limbeck finds this in the
catalog of the target, so it is reported only with a database. limbeck checks it again immediately before the
statement runs.

What is counted: the rows of a table, or the values of a column that are not NULL. For foreign keys, those
that refer to the rows that the statement affects.

What to do instead: remove CASCADE, and drop, empty or change the dependent objects by name.
";

fn check(_: &Action, _: &ScriptState) -> Vec<Finding> {
    // `engine::preflight` finds it in a database, not in a statement.
    Vec::new()
}
