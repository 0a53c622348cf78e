//! A downgrade that does nothing.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::EmptyDowngrade, title: "has no downgrade", page: PAGE, check };

const PAGE: &str = "\
The upgrade changes the database, but the downgrade is empty. A downgrade of this revision changes only the
version table, not the schema. The next upgrade then fails or makes its changes twice.

What to do instead: write the downgrade. If this is impossible, let the downgrade raise an error that explains
what to do manually.
";

fn check(_: &Action, _: &ScriptState) -> Vec<Finding> {
    // `examine_script` finds it in the whole script, not in a statement.
    Vec::new()
}
