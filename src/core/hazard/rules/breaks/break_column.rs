//! `DROP COLUMN`: clients that use the column.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::BreakColumn, title: "drops column in use", page: PAGE, check };

const PAGE: &str = "\
Running programs that use the column fail as soon as the revision is committed.

What to do instead: remove the column from the programs in one release, and drop it in the next.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table, changes }) = action else { return Vec::new() };
    let dropped = changes.iter().filter_map(|change| match change {
        TableChange::DropColumn { column, .. } if !state.is_new(table) => Some(column),
        _ => None,
    });
    dropped.map(|column| Finding::named(format!("{table}.{column}"))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR606",
            &[
                ("ALTER TABLE s.t DROP COLUMN \"A\", DROP b CASCADE", &["s.t.\"A\"", "s.t.b"]),
                ("ALTER TABLE t DROP CONSTRAINT c", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t DROP a", &[]),
            ],
        );
    }
}
