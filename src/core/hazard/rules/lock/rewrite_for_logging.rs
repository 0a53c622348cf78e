//! `SET LOGGED` and `SET UNLOGGED`.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::RewriteForLogging, title: "rewrites table", page: PAGE, check };

const PAGE: &str = "\
SET LOGGED and SET UNLOGGED rewrite the whole table and its indexes. Reads and writes are blocked during this
time. SET LOGGED also writes the whole table to the write-ahead log.

What is counted: the rows of the table.

What to do instead: choose LOGGED or UNLOGGED when you create the table, or run it in a maintenance window.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table, changes }) = action else { return Vec::new() };
    let switched = changes.iter().filter(|change| matches!(change, TableChange::SetLogged | TableChange::SetUnlogged));
    switched.filter(|_| !state.is_new(table)).map(|_| Finding::locks(table, table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "LK303",
            &[
                ("ALTER TABLE t SET LOGGED", &["t"]),
                ("ALTER TABLE s.t SET UNLOGGED", &["s.t"]),
                ("CREATE TABLE t (a int); ALTER TABLE t SET LOGGED", &[]),
                ("ALTER TABLE t SET (fillfactor = 70)", &[]),
            ],
        );
    }
}
