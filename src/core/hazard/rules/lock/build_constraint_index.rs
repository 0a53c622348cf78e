//! Constraints that build an index.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::BuildConstraintIndex, title: "builds index under lock", page: PAGE, check };

const PAGE: &str = "\
The constraint builds an index from all rows, and blocks reads and writes of the table during this time.

What is counted: the rows of the table.

What to do instead: run CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX, which does
not read the rows. (This is not possible for an EXCLUDE constraint.)
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let built = alter.added_constraints().filter(|constraint| constraint.builds_index() && !state.is_new(table));
    built.map(|constraint| Finding::locks(constraint.object(table), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK309",
            &[
                (
                    "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a), ADD CONSTRAINT e EXCLUDE USING gist (b WITH &&)",
                    &["t.u", "t.e"],
                ),
                ("ALTER TABLE t ADD PRIMARY KEY (a)", &["t"]),
                (
                    "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i, ADD CONSTRAINT p PRIMARY KEY USING INDEX j",
                    &[],
                ),
                ("CREATE TABLE t (a int); ALTER TABLE t ADD UNIQUE (a)", &[]),
            ],
        );
    }
}
