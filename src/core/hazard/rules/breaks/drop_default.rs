//! `DROP DEFAULT`: clients that rely on it.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ColumnChange;
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::DropDefault, title: "drops default", page: PAGE, check };

const PAGE: &str = "\
Running programs that insert rows without naming the column then write NULL, or fail if the column is NOT NULL.

What to do instead: change the programs to write the value in one release, and drop the default in the next.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let dropped = alter.column_changes().filter(|(_, change)| **change == ColumnChange::DropDefault);
    let dropped = dropped.filter(|_| !state.is_new(table));
    dropped.map(|(column, _)| Finding::named(format!("{table}.{column}"))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR609",
            &[
                ("ALTER TABLE t ALTER a DROP DEFAULT, ALTER b SET DEFAULT 1", &["t.a"]),
                ("ALTER TABLE t ALTER a DROP NOT NULL", &[]),
                ("CREATE TABLE t (a int DEFAULT 1); ALTER TABLE t ALTER a DROP DEFAULT", &[]),
            ],
        );
    }
}
