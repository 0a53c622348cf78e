//! `SET NOT NULL` reads the whole table.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ColumnChange;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::ScanForNotNull, title: "scans table under lock", page: PAGE, check };

const PAGE: &str = "\
SET NOT NULL reads the whole table and blocks reads and writes during this time, unless a validated CHECK
(column IS NOT NULL) already exists.

What is counted: the rows of the table.

What to do instead: add `CHECK (column IS NOT NULL) NOT VALID`, validate it (this does not block reads or
writes), SET NOT NULL, and drop the check.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let scanned = alter.column_changes().filter(|(column, change)| {
        **change == ColumnChange::SetNotNull && !state.is_new(table) && !state.is_never_null(table, &column.name)
    });
    scanned.map(|(column, _)| Finding::locks(format!("{table}.{column}"), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK306",
            &[
                ("ALTER TABLE t ALTER a SET NOT NULL", &["t.a"]),
                ("CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t ALTER a SET NOT NULL", &[]),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK ((\"A\" IS NOT NULL)); ALTER TABLE t ALTER \"A\" SET NOT NULL",
                    &[],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL); ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL",
                    &["t.a"],
                ),
            ],
        );
    }
}
