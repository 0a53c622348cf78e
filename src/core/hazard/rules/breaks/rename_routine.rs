//! `RENAME TO` of a function or procedure.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::RenameRoutine, title: "renames function", page: PAGE, check };

const PAGE: &str = "\
Running programs that call the old name fail as soon as the revision is committed, until they are replaced.
Other functions that call the old name fail as well.

What to do instead: create the function with the new name, let the old function call it, and drop the old
function in the next release.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    match action {
        Action::RenameRoutine { routine } if !state.is_new_routine(routine) => vec![Finding::named(routine)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR604",
            &[
                ("ALTER FUNCTION s.f(int) RENAME TO g", &["s.f"]),
                ("ALTER PROCEDURE p RENAME TO q", &["p"]),
                ("ALTER ROUTINE r(int) RENAME TO s", &["r"]),
                ("ALTER AGGREGATE a(int) RENAME TO b", &["a"]),
                ("ALTER FUNCTION f(int) OWNER TO x", &[]),
                ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION f() RENAME TO g", &[]),
            ],
        );
    }
}
