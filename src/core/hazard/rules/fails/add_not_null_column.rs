//! `ADD COLUMN … NOT NULL` without a default.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::AddNotNullColumn, title: "fails without a default", page: PAGE, check };

const PAGE: &str = "\
A new column is NULL in every existing row, unless it has a default. With NOT NULL or PRIMARY KEY and without
a default the statement fails if the table contains a row, even if it succeeded on an empty development
database.

What is counted: the rows of the table.

What to do instead: ADD COLUMN without NOT NULL, fill the column with an UPDATE, then ALTER COLUMN … SET NOT
NULL.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let failing =
        alter.added_columns().filter(|column| !state.is_empty(table) && column.is_not_null && !column.has_value());
    failing.map(|column| Finding::rows_of(format!("{table}.{}", column.name), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA202",
            &[
                ("ALTER TABLE t ADD COLUMN a int NOT NULL", &["t.a"]),
                (
                    "ALTER TABLE t ADD a int NOT NULL DEFAULT NULL, ADD IF NOT EXISTS \"B\" int CONSTRAINT x NOT NULL",
                    &["t.a", "t.\"B\""],
                ),
                ("ALTER TABLE t ADD a uuid PRIMARY KEY", &["t.a"]),
                ("ALTER TABLE t ADD a int NOT NULL DEFAULT 0", &[]),
                ("ALTER TABLE t ADD a int", &[]),
                ("ALTER TABLE t ADD a bigserial NOT NULL", &[]),
                ("ALTER TABLE t ADD a int NOT NULL GENERATED ALWAYS AS IDENTITY", &[]),
                ("ALTER TABLE t ADD a int NOT NULL GENERATED ALWAYS AS (b) STORED", &[]),
                ("CREATE TABLE t (b int); ALTER TABLE t ADD a int NOT NULL", &[]),
            ],
        );
    }
}
