//! `UPDATE`, `ON CONFLICT DO UPDATE` and `MERGE … UPDATE`: the values that they overwrite.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::action::{SetColumn, Update};
use crate::core::statement::{Action, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::Update, title: "overwrites values", page: PAGE, check };

const PAGE: &str = "\
An UPDATE overwrites values, and a downgrade does not know the old values. Every column that is set is therefore
reported, in UPDATE, INSERT … ON CONFLICT DO UPDATE and MERGE.

What is counted: the values that are not NULL in the rows that match the condition. If the condition cannot be
evaluated before the plan runs, all values of the column are counted, as an upper bound. A column that the
statement sets only where it is NULL (`SET a = 0 WHERE a IS NULL`) is not reported. A column that the script
itself added contains no earlier values.

What to do instead: fill a new column and keep the old one until the next release, or add `AND a IS NULL`.
";

fn check(action: &Action, state: &ScriptState) -> Vec<Finding> {
    let Action::Update(Update { table, columns, rows }) = action else { return Vec::new() };
    let overwritten = columns.iter().filter(|column| !column.only_where_null);
    let findings = overwritten.map(|SetColumn { name, .. }| {
        let object = format!("{table}.{name}");
        if state.is_added(table, &name.name) {
            return Finding::new(object, Effect::OverwritesOwnValues).affecting_nothing();
        }
        let (table, column, rows) = (table.clone(), name.name.clone(), rows.clone());
        Finding::new(object, Effect::OverwritesValues { table, column, rows })
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("UPDATE jobs SET priority = 0", &["DL107 jobs.priority"]),
            (
                "UPDATE ONLY s.t AS x SET a = 1, (\"B\", c) = (1, 2), d[1] = 2, e.f = 3 FROM u WHERE x.a = u.a",
                &["DL107 s.t.a", "DL107 s.t.\"B\"", "DL107 s.t.c", "DL107 s.t.d", "DL107 s.t.e"],
            ),
            ("UPDATE t SET a = 1 WHERE a IS NULL", &[]),
            ("UPDATE t x SET a = 1 WHERE b > 0 AND (x.a IS NULL) AND c < 1", &[]),
            ("UPDATE t SET a = 1, b = 2 WHERE t.a IS NULL", &["DL107 t.b"]),
            ("UPDATE t x SET a = 1 FROM u WHERE u.a IS NULL", &["DL107 t.a"]),
            ("UPDATE t SET a = 1 WHERE a IS NULL OR b", &["DL107 t.a"]),
            ("UPDATE t SET a = 1 WHERE NOT (a IS NULL)", &["DL107 t.a"]),
            ("UPDATE t SET a = 1 WHERE a IS NOT NULL", &["DL107 t.a"]),
            ("UPDATE t SET a = 1 WHERE (SELECT a IS NULL)", &["DL107 t.a"]),
            ("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b", &["DL107 t.b"]),
            ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", &[]),
            ("INSERT INTO t SELECT * FROM u FOR UPDATE", &[]),
            ("WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT * FROM x", &["DL107 t.a"]),
            ("MERGE INTO t USING u ON true WHEN MATCHED THEN UPDATE SET a = 1", &["DL107 t.a"]),
            ("SELECT * FROM t FOR UPDATE", &[]),
            ("CREATE TRIGGER x AFTER UPDATE OF a ON t EXECUTE FUNCTION f()", &[]),
            ("SET search_path = a", &[]),
        ]);
    }
}
