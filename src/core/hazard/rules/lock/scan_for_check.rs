//! `ADD … CHECK` reads the whole table.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::AddedConstraintKind;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::ScanForCheck, title: "scans table under lock", page: PAGE, check };

const PAGE: &str = "\
ADD … CHECK reads the whole table, and blocks reads and writes during this time.

What is counted: the rows of the table.

What to do instead: add the check NOT VALID, which does not read the rows, and run VALIDATE CONSTRAINT in a
separate revision, which does not block reads or writes.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let checks = alter.added_constraints().filter(|constraint| {
        matches!(constraint.kind, AddedConstraintKind::Check { .. }) && !constraint.skips_rows && !state.is_new(table)
    });
    checks.map(|check| Finding::locks(check.object(table), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK307",
            &[
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", &["t.c"]),
                ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD CHECK (a > 0)", &[]),
            ],
        );
    }
}
