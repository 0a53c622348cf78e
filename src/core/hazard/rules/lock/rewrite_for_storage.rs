//! `SET TABLESPACE` and `SET ACCESS METHOD`.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::RewriteForStorage, title: "rewrites table", page: PAGE, check };

const PAGE: &str = "\
The whole table is rewritten in another tablespace or storage format. Reads and writes are blocked during this
time.

What is counted: the rows of the table.

What to do instead: run it in a maintenance window, or use a tool that copies the table while it is in use.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table, changes }) = action else { return Vec::new() };
    let moved =
        changes.iter().filter(|change| matches!(change, TableChange::SetAccessMethod | TableChange::SetTablespace));
    moved.filter(|_| !state.is_new(table)).map(|_| Finding::locks(table, table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK304",
            &[
                ("ALTER TABLE t SET ACCESS METHOD heap2", &["t"]),
                ("ALTER TABLE t SET TABLESPACE fast", &["t"]),
                ("CREATE TABLE t (a int); ALTER TABLE t SET TABLESPACE fast", &[]),
                ("ALTER TABLE t SET SCHEMA s", &[]),
            ],
        );
    }
}
