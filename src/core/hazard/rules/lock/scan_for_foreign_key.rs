//! `ADD FOREIGN KEY` reads the whole table.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::AddedConstraintKind;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::ScanForForeignKey, title: "scans tables under lock", page: PAGE, check };

const PAGE: &str = "\
ADD FOREIGN KEY reads the whole table and looks up every referenced row. Writes to the table and to the
referenced table are blocked during this time.

What is counted: the rows of the table.

What to do instead: add the foreign key NOT VALID, which does not read the rows, and run VALIDATE CONSTRAINT in
a separate revision.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let keys = alter.added_constraints().filter(|constraint| {
        matches!(constraint.kind, AddedConstraintKind::ForeignKey { .. })
            && !constraint.skips_rows
            && !state.is_new(table)
    });
    keys.map(|key| Finding::locks(key.object(table), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK308",
            &[
                ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u", &["t.f"]),
                ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u NOT VALID", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u", &[]),
            ],
        );
    }
}
