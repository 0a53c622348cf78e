//! A downgrade that does nothing.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

/// The rule.
pub const RULE: Rule = Rule { code: Code::EmptyDowngrade, title: "has no downgrade", page: PAGE, check };

const PAGE: &str = "\
The upgrade changes the database and the downgrade is empty: a downgrade past this revision changes the
version table and leaves the schema as it is, so that the next upgrade fails or does its work twice.

What to do instead: write the downgrade. If there cannot be one, let it raise an error that explains what to
do by hand.
";

fn check(_: &Action, _: &ScriptState) -> Vec<Finding> {
    // It is found in the whole script, not in a statement.
    Vec::new()
}
