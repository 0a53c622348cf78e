//! `SET UNLOGGED`: all rows are lost in the next crash.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, Effect, NotCopied, ScriptState, Subject};

pub const RULE: Rule = Rule { code: Code::SetUnlogged, title: "loses rows in a crash", page: PAGE, check };

const PAGE: &str = "\
PostgreSQL empties an unlogged table after a crash, and standby servers do not contain its rows. The statement
itself loses nothing, but the next crash loses all rows.

What is counted: the rows of the table.

What to do instead: keep the table logged. For a bulk load, use a separate unlogged table that can be loaded
again.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table, changes }) = action else { return Vec::new() };
    if !changes.contains(&TableChange::SetUnlogged) || state.is_surely_new(table) {
        return Vec::new();
    }
    let effect = Effect::CannotBeCopied { reason: NotCopied::Crash, subject: Subject::table(table) };
    vec![Finding::new(table, effect)]
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DL118",
            &[
                ("ALTER TABLE s.t SET UNLOGGED", &["s.t"]),
                ("ALTER TABLE t SET LOGGED", &[]),
                ("CREATE UNLOGGED TABLE t (a int)", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t SET UNLOGGED", &[]),
            ],
        );
    }
}
