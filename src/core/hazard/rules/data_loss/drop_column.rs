//! `ALTER TABLE … DROP COLUMN`: every value of the column.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AlterTable, TableChange};
use crate::core::statement::{Action, Effect, Name, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropColumn, title: "drops column", page: PAGE, check };

const PAGE: &str = "\
DROP COLUMN removes the values of the column. A downgrade can add the column again, but without a copy it is then
empty. With CASCADE, views and foreign keys that use the column are dropped as well.

What is counted: the values that are not NULL. A column without values loses nothing.

What to do instead: remove the column from the programs in one release, and drop it in the next. With
`keep = true` limbeck copies the values with the primary key of the table, and a downgrade restores them.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(AlterTable { table, changes }) = action else { return Vec::new() };
    let dropped = changes.iter().filter_map(|change| match change {
        TableChange::DropColumn { column, .. } => Some(column),
        _ => None,
    });
    let finding = |column: &Name| {
        let effect = Effect::DropsColumn { table: table.clone(), column: column.name.clone() };
        Finding::new(format!("{table}.{column}"), effect)
    };
    dropped.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("ALTER TABLE functions DROP COLUMN legacy_code", &["DL103 functions.legacy_code"]),
            (
                "alter table only s.t add x int, drop if exists \"a.b\" cascade, alter c drop not null, drop \"D d\"",
                &["DL103 s.t.\"a.b\"", "DL103 s.t.\"D d\""],
            ),
            ("ALTER TABLE IF EXISTS \"T\" * DROP /* COLUMN x */ Id", &["DL103 \"T\".id"]),
            ("ALTER TABLE t DROP CONSTRAINT c", &[]),
            ("ALTER TABLE t ALTER c DROP DEFAULT, ALTER d DROP NOT NULL", &[]),
            ("ALTER FOREIGN TABLE t DROP COLUMN a", &[]),
            ("ALTER TABLE t RENAME COLUMN a TO b", &[]),
        ]);
    }
}
