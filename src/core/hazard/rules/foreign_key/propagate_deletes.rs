//! `ON DELETE CASCADE`, `SET NULL` and `SET DEFAULT`.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::PropagateDeletes, title: "propagates deletes", page: PAGE, check };

const PAGE: &str = "\
With ON DELETE CASCADE, a DELETE on the referenced table also deletes the rows that refer to the deleted rows.
With SET NULL or SET DEFAULT it overwrites their columns. The DELETE statement does not show this.

What to do instead: use NO ACTION (the default), and delete or change the referring rows by explicit statements.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let added = alter.added_constraints().filter(|constraint| constraint.propagates_deletes() && !state.is_new(table));
    added.map(|constraint| Finding::named(constraint.object(table))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FK502",
            &[
                ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u ON DELETE CASCADE", &["t.f"]),
                ("ALTER TABLE t ADD a int CONSTRAINT f REFERENCES u ON UPDATE CASCADE ON DELETE SET NULL", &["t.f"]),
                (
                    "ALTER TABLE t DROP CONSTRAINT f, ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u ON DELETE SET DEFAULT NOT VALID",
                    &["t.f"],
                ),
                ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u ON DELETE RESTRICT", &[]),
                ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u", &[]),
                ("CREATE TABLE t (a int REFERENCES u ON DELETE CASCADE)", &[]),
            ],
        );
    }
}
