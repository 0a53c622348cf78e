//! `ADD FOREIGN KEY`: rows that refer to no row.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::AddedConstraintKind;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::AddForeignKey, title: "fails on orphaned rows", page: PAGE, check };

const PAGE: &str = "\
ADD FOREIGN KEY checks every row and fails at the first that refers to a row that does not exist.

What is counted: the orphaned rows.

What to do instead: find orphaned rows first (`LEFT JOIN … WHERE … IS NULL`), add the constraint NOT VALID,
correct the rows, then VALIDATE CONSTRAINT.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let keys = alter.added_constraints().filter(|constraint| {
        matches!(constraint.kind, AddedConstraintKind::ForeignKey { .. })
            && !constraint.skips_rows
            && !state.is_empty(table)
    });
    keys.map(|key| Finding::checks(key.object(table), table, key.question.clone())).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA205",
            &[
                ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id) ON DELETE CASCADE", &["t.f"]),
                ("ALTER TABLE ONLY s.t ADD FOREIGN KEY (a) REFERENCES u", &["s.t"]),
                ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u NOT VALID", &[]),
                ("ALTER TABLE t ADD a int REFERENCES u", &[]),
                ("CREATE TABLE t (a int REFERENCES u)", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u", &[]),
            ],
        );
    }
}
