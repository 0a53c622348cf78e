//! `DROP CONSTRAINT`: the rows that it rejected.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropConstraint, title: "drops constraint", page: PAGE, check };

const PAGE: &str = "\
Rows that the constraint rejected can be written after it is dropped: orphaned rows, invalid values, duplicates.
The statement does not show which kind of constraint it is. With CASCADE, foreign keys of other tables that
depend on a unique constraint are dropped as well. Rows that violate the constraint make a downgrade fail.

What to do instead: if you replace the constraint, add the new one first, and drop the old one afterwards.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table, changes }) = action else { return Vec::new() };
    if state.is_new(table) {
        return Vec::new();
    }
    let dropped = changes.iter().filter_map(|change| match change {
        TableChange::DropConstraint { name, .. } if !state.is_new_constraint(table, &name.name) => Some(name),
        _ => None,
    });
    dropped.map(|name| Finding::named(format!("{table}.{name}"))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FK501",
            &[
                (
                    "ALTER TABLE s.t DROP CONSTRAINT IF EXISTS \"F f\" CASCADE, DROP CONSTRAINT g",
                    &["s.t.\"F f\"", "s.t.g"],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t DROP CONSTRAINT c",
                    &[],
                ),
                ("ALTER TABLE t DROP COLUMN a", &[]),
                ("CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0)); ALTER TABLE t DROP CONSTRAINT c", &[]),
                ("ALTER DOMAIN d DROP CONSTRAINT c", &[]),
            ],
        );
    }
}
