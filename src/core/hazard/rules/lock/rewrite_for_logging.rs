//! `SET LOGGED` and `SET UNLOGGED`.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, ScriptState};

/// The rule.
pub const RULE: Rule = Rule { code: Code::RewriteForLogging, title: "rewrites table", page: PAGE, check };

const PAGE: &str = "\
Switching between logged and unlogged rewrites the whole table and its indexes, and reads and writes are
blocked meanwhile. SET LOGGED also writes all of it to the write-ahead log.

What is counted: the rows of the table.

What to do instead: decide when you create the table.
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
