//! `SET NOT NULL` on a column that contains NULLs.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::ColumnChange;
use crate::core::statement::{Action, Name, Question, ScriptState};

pub const RULE: Rule = Rule { code: Code::SetNotNull, title: "fails on NULLs", page: PAGE, check };

const PAGE: &str = "\
SET NOT NULL checks every row and fails at the first NULL. It is not reported if the script added and
validated a CHECK (column IS NOT NULL) before, nor for a table that the script itself created and left empty.

What is counted: the NULLs. For a column that the script itself added and did not fill, every row.

What to do instead: fill the column in an earlier release, add `CHECK (column IS NOT NULL) NOT VALID`, validate
it, then SET NOT NULL.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::AlterTable(alter) = action else { return Vec::new() };
    let table = &alter.table;
    let checked = alter.column_changes().filter(|(column, change)| {
        **change == ColumnChange::SetNotNull && !state.is_empty(table) && !state.is_never_null(table, &column.name)
    });
    let finding = |(column, _): (&Name, _)| {
        Finding::checks(format!("{table}.{column}"), table, question(table, column.name.clone(), state))
    };
    checked.map(finding).collect()
}

fn question(table: &Name, column: String, state: &ScriptState) -> Option<Question> {
    if state.is_all_null(table, &column) {
        return Some(Question::AllNull { column });
    }
    // A column that the script added and filled cannot be counted before it runs.
    (!state.is_added(table, &column)).then_some(Question::Nulls { column })
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::objects;

    #[test]
    fn findings() {
        objects(
            "FA201",
            &[
                ("ALTER TABLE t ALTER a SET NOT NULL, ALTER \"B\" SET NOT NULL", &["t.a", "t.\"B\""]),
                ("ALTER TABLE t ALTER a DROP NOT NULL", &[]),
                ("CREATE TABLE t (a int); ALTER TABLE t ALTER a SET NOT NULL", &[]),
                ("CREATE TABLE IF NOT EXISTS t (a int); ALTER TABLE t ALTER a SET NOT NULL", &["t.a"]),
                ("CREATE TABLE t (a int); INSERT INTO t SELECT a FROM u; ALTER TABLE t ALTER a SET NOT NULL", &["t.a"]),
                ("CREATE TABLE app.t (a int); ALTER TABLE t ALTER a SET NOT NULL", &["t.a"]),
                ("CREATE TABLE t (a int); ALTER TABLE public.t ALTER a SET NOT NULL", &[]),
                ("SET search_path = app, public; CREATE TABLE t (a int); ALTER TABLE app.t ALTER a SET NOT NULL", &[]),
                (
                    "SET search_path = app, public; CREATE TABLE t (a int); ALTER TABLE public.t ALTER a SET NOT NULL",
                    &["public.t.a"],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL",
                    &[],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t ALTER a SET NOT NULL",
                    &["t.a"],
                ),
                (
                    "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL OR b); ALTER TABLE t ALTER a SET NOT NULL",
                    &["t.a"],
                ),
            ],
        );
    }
}
