//! `ALTER COLUMN … TYPE`: clients that use the old type.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::BreakColumnType, title: "changes column type in use", page: PAGE, check };

const PAGE: &str = "\
Running programs read and write values of the old type. Drivers that bind parameters by type and prepared
statements (\"cached plan must not change result type\") can fail. PostgreSQL rejects the change if a view uses
the column.

What to do instead: add a column of the new type, change the programs to use it, and drop the old column.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let retyped = alter.retyped().filter(|_| !state.is_new(table));
    retyped.map(|(column, _)| Finding::named(format!("{table}.{column}"))).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "BR608",
            &[
                ("ALTER TABLE t ALTER a TYPE bigint, ALTER COLUMN b SET DATA TYPE text", &["t.a", "t.b"]),
                ("ALTER TABLE t ALTER a SET NOT NULL", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ALTER a TYPE bigint", &[]),
            ],
        );
    }
}
