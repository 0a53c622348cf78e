//! `DELETE` and `MERGE … DELETE`: the rows that they delete.

use crate::core::hazard::code::Code;
use crate::core::hazard::rule::{Finding, Rule};
use crate::core::statement::{Action, Effect, ScriptState};

pub const RULE: Rule = Rule { code: Code::Delete, title: "deletes rows", page: PAGE, check };

const PAGE: &str = "\
Every DELETE is reported, with or without a condition, also in a data-modifying CTE or a MERGE: which rows match
the condition depends on the data of each database.

What is counted: the rows that match the condition. If the condition cannot be evaluated before the plan runs,
all rows of the table are counted, as an upper bound. This is the case in a CTE, a MERGE or a function, if the
condition is volatile, or if earlier statements of the plan change the tables that it uses. Rows that foreign
keys also delete are reported separately (DL124).

What to do instead: mark the rows in one release and delete them in the next, or copy them to a table first.
";

fn check(action: &Action, _: &ScriptState) -> Vec<Finding> {
    let Action::Delete { table, rows } = action else { return Vec::new() };
    vec![Finding::new(table, Effect::DeletesRows { table: table.clone(), rows: rows.clone() })]
}

#[cfg(test)]
mod tests {
    use crate::core::hazard::cases::check;

    #[test]
    fn findings() {
        check(&[
            ("DELETE FROM jobs", &["DL106 jobs"]),
            (
                "DELETE FROM ONLY \"my.schema\".\"Ta ble\" AS x USING u WHERE x.a = u.a",
                &["DL106 \"my.schema\".\"Ta ble\""],
            ),
            (
                "WITH gone AS (DELETE FROM a RETURNING *), more AS (DELETE FROM b) SELECT * FROM gone",
                &["DL106 a", "DL106 b"],
            ),
            ("WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO archive SELECT * FROM gone", &["DL106 a"]),
            ("COPY (DELETE FROM t RETURNING *) TO stdout", &["DL106 t"]),
            ("PREPARE p AS DELETE FROM t", &["DL106 t"]),
            ("EXPLAIN (ANALYZE, COSTS off) DELETE FROM t", &["DL106 t"]),
            ("EXPLAIN ANALYZE DELETE FROM t", &["DL106 t"]),
            ("EXPLAIN DELETE FROM t", &[]),
            ("EXPLAIN (ANALYZE off) DELETE FROM t", &[]),
            ("MERGE INTO s.t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", &["DL106 s.t"]),
            ("MERGE INTO t USING u ON t.a = u.a WHEN NOT MATCHED THEN INSERT VALUES (1)", &[]),
            ("CREATE TABLE a (b int REFERENCES c ON DELETE CASCADE)", &[]),
            ("CREATE POLICY p ON t FOR DELETE USING (true)", &[]),
            ("CREATE RULE r AS ON DELETE TO t DO INSTEAD (DELETE FROM a; DELETE FROM b)", &[]),
            ("SELECT a FROM deleted WHERE b = 'DELETE FROM t'", &[]),
        ]);
    }
}
