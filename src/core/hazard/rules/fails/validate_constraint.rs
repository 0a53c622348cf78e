//! `VALIDATE CONSTRAINT`: rows that violate it.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, Name, Question, ScriptState};

pub const RULE: Rule =
    Rule { code: Code::ValidateConstraint, title: "fails on rows that violate the constraint", page: PAGE, check };

const PAGE: &str = "\
VALIDATE CONSTRAINT checks the rows that existed when the constraint was added NOT VALID, and fails at the
first that violates it. It does not block reads or writes.

What is counted: the rows that violate the constraint.

What to do instead: keep the statement, which is the recommended way to check existing rows. Find the rows that
violate the constraint first, and correct them in an earlier release.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table, changes }) = action else { return Vec::new() };
    let validated = changes.iter().filter_map(|change| match change {
        TableChange::ValidateConstraint { name } if !state.is_empty(table) => Some(name),
        _ => None,
    });
    let finding = |name: &Name| {
        let question = Question::Constraint { name: name.name.clone() };
        Finding::checks(format!("{table}.{name}"), table, Some(question))
    };
    validated.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA207",
            &[
                ("ALTER TABLE t VALIDATE CONSTRAINT c", &["t.c"]),
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t VALIDATE CONSTRAINT c", &[]),
            ],
        );
    }
}
