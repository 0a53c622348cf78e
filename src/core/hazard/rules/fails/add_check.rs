//! `ADD … CHECK`: rows that violate it.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::AddedConstraintKind;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::AddCheck, title: "fails on rows that violate the check", page: PAGE, check };

const PAGE: &str = "\
ADD CONSTRAINT … CHECK checks every row and fails at the first that violates it.

What is counted: the rows for which the expression is false.

What to do instead: find such rows first (`SELECT … WHERE NOT (…)`), add the check NOT VALID, correct the
rows, then VALIDATE CONSTRAINT.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let checks = alter.added_constraints().filter(|constraint| {
        matches!(constraint.kind, AddedConstraintKind::Check { .. }) && !constraint.skips_rows && !state.is_empty(table)
    });
    checks.map(|check| Finding::checks(check.object(table), table, check.question.clone())).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA203",
            &[
                ("ALTER TABLE t ADD CONSTRAINT \"C c\" CHECK (a > 0)", &["t.\"C c\""]),
                ("ALTER TABLE t ADD CHECK (a > 0)", &["t"]),
                ("ALTER TABLE t ADD a int DEFAULT 0 CHECK (a > 0)", &["t"]),
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", &[]),
                ("CREATE TABLE t (a int CHECK (a > 0))", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > 0)", &[]),
            ],
        );
    }
}
