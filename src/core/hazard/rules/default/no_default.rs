//! `ADD COLUMN` without a default.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{AddColumn, DefaultValue};
use crate::core::statement::{Action, ScriptState};

pub const RULE: Rule = Rule { code: Code::NoDefault, title: "adds column without default", page: PAGE, check };

const PAGE: &str = "\
The new column is NULL in every existing row, and in rows that running programs insert. Programs that read the
column must accept NULL.

What is counted: the rows of the table.

What to do instead: add a constant default (no rewrite since PostgreSQL 11), or fill the column in the same
revision.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let has_value = |column: &&AddColumn| column.has_value() || column.default != DefaultValue::None;
    let added = alter.added_columns().filter(|column| !has_value(column) && !state.is_empty(table));
    added.map(|column| Finding::rows_of(format!("{table}.{}", column.name), table)).collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "DF801",
            &[
                ("ALTER TABLE t ADD a int, ADD \"B\" text NOT NULL", &["t.a", "t.\"B\""]),
                ("ALTER TABLE t ADD a int DEFAULT 0", &[]),
                ("ALTER TABLE t ADD a bigserial", &[]),
                ("ALTER TABLE t ADD a int GENERATED ALWAYS AS IDENTITY", &[]),
                ("CREATE TABLE t (b int); ALTER TABLE t ADD a int", &[]),
                ("CREATE TABLE t (a int)", &[]),
            ],
        );
    }
}
