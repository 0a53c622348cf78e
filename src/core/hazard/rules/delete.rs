//! `DELETE` and `MERGE … DELETE`: at most the rows of the table.

use squawk_syntax::ast::{AstNode, Delete, Merge, MergeDelete};

use crate::core::hazard::Class;
use crate::core::hazard::context::Context;
use crate::core::hazard::name::Name;
use crate::core::hazard::part::Part;
use crate::core::hazard::rule::{Rule, Target};

pub const RULE: Rule = Rule { code: "DL106", class: Class::DataLoss, title: "deletes rows", page: PAGE, check };

const PAGE: &str = "\
DL106 deletes rows

Any DELETE counts, with a condition or without one, in a data-changing CTE or a MERGE as well: which rows the
condition takes depends on the data of the server at hand.

What is counted: the rows that the condition takes. Where that cannot be asked beforehand (in a CTE, a MERGE or a
function, with a condition that gives another answer each time, or one that earlier statements of the plan bear
on) the rows of the table, said to be the most that can go. What goes along is counted by itself: DL124.

What to do instead: mark the rows in one release and delete them in the next, or copy them to a table first.
";

fn check(part: &Part, _: &Context) -> Vec<Target> {
    let table = if let Some(delete) = part.cast::<Delete>() {
        delete.relation_name().and_then(|name| Name::of(name.syntax()))
    } else if let Some(delete) = part.cast::<MergeDelete>() {
        let merge = delete.syntax().ancestors().find_map(Merge::cast);
        merge.and_then(|merge| merge.table_relation_name()).and_then(|name| Name::of(name.syntax()))
    } else {
        None
    };
    table.map(Target::table).into_iter().collect()
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
