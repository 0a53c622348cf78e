//! `SET UNLOGGED`: a crash empties the table.

use squawk_syntax::ast::AlterTableAction;

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};
use crate::core::hazard::tables::actions;

pub const RULE: Rule =
    Rule { code: "DL118", class: Class::DataLoss, title: "loses rows in a crash", page: PAGE, check };

const PAGE: &str = "\
DL118 loses rows in a crash

An unlogged table is emptied when the server was not shut down cleanly, and standbys and backups by replication
never have its rows. Nothing is lost when the statement runs; everything is at the next crash.

What is counted: the rows of the table.

What to do instead: keep the table logged. For a bulk load, load into a table of its own that can be filled
again.
";

fn check(part: &Part, context: &Context) -> Vec<Target> {
    let unlogged = actions(part).into_iter();
    unlogged
        .filter(|(table, action)| matches!(action, AlterTableAction::SetUnlogged(_)) && !context.is_surely_new(table))
        .map(|(table, _)| Target::table(table))
        .collect()
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
