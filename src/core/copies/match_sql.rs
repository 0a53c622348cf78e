//! SQL that finds copied rows which a script has inserted again, so that a restore does not insert them twice.
//!
//! In this SQL, `k` is the copy and `t` is the table. The rows of a copy that are found get the place of the table's row in
//! `target_table` and `target_row`.

use super::restore_sql::{RestoreTarget, written_columns};
use super::{CopyDetail, key_condition};
use crate::core::sql::identifier::quote;

/// Which columns must have the same values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedColumns {
    /// All columns.
    All,
    /// The columns that do not vary: neither identity columns nor columns with a computed default.
    Constant,
}

/// Condition: row `t` was written by the current transaction or by one that started later. `xmin` has 32 bits, so that this
/// may also be true for a row that was written long ago.
pub const WRITTEN_LATER: &str = "((t.xmin::text::bigint - pg_current_xact_id()::text::bigint % 4294967296 + 4294967296)
    % 4294967296 < 2147483648)";

/// Condition: row `t` was written by the current transaction. `before` are the values of `xmin` for which [`WRITTEN_LATER`]
/// was true when the table was locked against writes of other transactions.
#[must_use]
pub fn is_written_by_transaction(before: &[String]) -> String {
    let before: Vec<String> = before.iter().map(|xmin| format!("'{xmin}'")).collect();
    match before.as_slice() {
        [] => WRITTEN_LATER.to_owned(),
        before => format!("({WRITTEN_LATER} AND t.xmin::text NOT IN ({}))", before.join(", ")),
    }
}

/// Whether rows must be compared: a key that a script inserts again identifies the row, unless the key varies.
#[must_use]
pub fn needs_match(target: &RestoreTarget, detail: &CopyDetail) -> bool {
    detail.key.is_empty() || detail.key.iter().any(|key| target.column(&key.name).is_some_and(|column| column.varies))
}

/// The copies of rows of one table: each table of a copy, as SQL, with its description.
pub type TableCopies<'a> = [(String, &'a CopyDetail)];

/// Counts the rows that the script has inserted and whose key is in no copy.
#[must_use]
pub fn count_inserted_rows(target: &RestoreTarget, copies: &TableCopies<'_>, inserted: &str) -> String {
    format!("SELECT count(*) FROM {} AS t WHERE {inserted}{}", target.table, are_new(copies))
}

/// The conditions that the key of row `t` is in no copy, each after AND.
fn are_new(copies: &TableCopies<'_>) -> String {
    let with_key = copies.iter().filter(|(_, detail)| !detail.key.is_empty());
    let condition = |(copy, detail): &(String, &CopyDetail)| {
        format!(" AND NOT EXISTS (SELECT FROM {copy} AS k WHERE {})", key_condition(detail))
    };
    with_key.map(condition).collect()
}

/// Assigns rows of the copy to equal rows of the table, each row at most once. `inserted` is the condition that the script
/// has inserted row `t`; `copies` are all copies of rows of the table.
#[must_use]
pub fn match_rows(
    (copy, detail): (&str, &CopyDetail),
    target: &RestoreTarget,
    copies: &TableCopies<'_>,
    matched: MatchedColumns,
    inserted: &str,
) -> String {
    let written = written_columns(target, detail);
    let compared = || written.iter().filter(|(_, current, _)| matched == MatchedColumns::All || !current.varies);
    let of_copy: Vec<String> = compared().map(|(_, _, value)| format!("({value})::text")).collect();
    let of_table: Vec<String> = compared().map(|(_, current, _)| format!("t.{}::text", quote(&current.name))).collect();
    let (of_copy, of_table) = (of_copy.join(", "), of_table.join(", "));
    let table = &target.table;
    // A row whose key is on both sides is not assigned: it is the same row.
    let missing = if detail.key.is_empty() {
        String::new()
    } else {
        format!(" AND NOT EXISTS (SELECT FROM {table} AS t WHERE {})", key_condition(detail))
    };
    let new = are_new(copies);
    let is_free = |(copy, _): &(String, &CopyDetail)| {
        format!(" AND NOT EXISTS (SELECT FROM {copy} AS k WHERE k.target_table = t.tableoid AND k.target_row = t.ctid)")
    };
    let free: String = copies.iter().map(is_free).collect();
    format!(
        "WITH copied AS (
            SELECT k.id, ROW({of_copy})::text AS content FROM {copy} AS k WHERE k.target_row IS NULL{missing}),
        present AS (
            SELECT t.tableoid AS source, t.ctid AS place, ROW({of_table})::text AS content FROM {table} AS t
            WHERE {inserted}{new}{free}),
        a AS (SELECT id, content, row_number() OVER (PARTITION BY content ORDER BY id) AS n FROM copied),
        b AS (SELECT source, place, content, row_number() OVER (PARTITION BY content ORDER BY source, place) AS n
            FROM present)
        UPDATE {copy} AS k SET target_table = b.source, target_row = b.place
        FROM a JOIN b ON a.content = b.content AND a.n = b.n WHERE k.id = a.id"
    )
}

/// Gives the assigned rows of the table the copied values of the columns that vary. `None` if no column varies.
#[must_use]
pub fn update_matched_rows(copy: &str, target: &RestoreTarget, detail: &CopyDetail) -> Option<String> {
    let written = written_columns(target, detail);
    let set = written.iter().filter(|(_, current, _)| current.varies);
    let set: Vec<String> = set.map(|(_, current, value)| format!("{} = {value}", quote(&current.name))).collect();
    (!set.is_empty()).then(|| {
        format!(
            "UPDATE {} AS t SET {} FROM {copy} AS k WHERE t.tableoid = k.target_table AND t.ctid = k.target_row",
            target.table,
            set.join(", ")
        )
    })
}

/// Deletes the assigned rows from the copy.
#[must_use]
pub fn delete_matched_rows(copy: &str) -> String {
    format!("DELETE FROM {copy} WHERE target_row IS NOT NULL")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::copies::fixtures;
    use crate::core::copies::{CopiedColumn, CurrentColumn};

    fn copied(name: &str) -> CopiedColumn {
        fixtures::copied(name, "integer", true)
    }

    fn detail(key: &[&str]) -> CopyDetail {
        fixtures::detail(vec![copied("id"), copied("a")], key.iter().map(|name| copied(name)).collect())
    }

    fn target(varying: &[&str]) -> RestoreTarget {
        let column =
            |name: &str| CurrentColumn { varies: varying.contains(&name), ..fixtures::current(name, "integer") };
        fixtures::target("t", vec![column("id"), column("a")])
    }

    #[test]
    fn rows_are_compared_unless_a_constant_key_identifies_them() {
        for (key, varying, expected) in [
            (&["id"][..], &[][..], false),
            (&["id"], &["a"], false),
            (&["id"], &["id"], true),
            (&["a", "id"], &["id"], true),
            (&[], &[], true),
        ] {
            assert_eq!(needs_match(&target(varying), &detail(key)), expected, "{key:?} {varying:?}");
        }
    }

    #[test]
    fn columns_that_vary_are_not_compared_but_updated() {
        let copy = detail(&["id"]);
        let sql = |matched| {
            match_rows(
                ("c", &copy),
                &target(&["id"]),
                &[("c".to_owned(), &copy), ("d".to_owned(), &copy)],
                matched,
                "true",
            )
        };
        assert!(sql(MatchedColumns::All).contains("NOT EXISTS (SELECT FROM d AS k WHERE t.id = k.v1)"));
        assert!(sql(MatchedColumns::All).contains("ROW((k.v1)::text, (k.v2)::text)::text"));
        assert!(sql(MatchedColumns::Constant).contains("ROW((k.v2)::text)::text"));
        assert_eq!(
            update_matched_rows("c", &target(&["id"]), &detail(&["id"])).unwrap(),
            "UPDATE t AS t SET id = k.v1 FROM c AS k WHERE t.tableoid = k.target_table AND t.ctid = k.target_row"
        );
        assert_eq!(update_matched_rows("c", &target(&[]), &detail(&[])), None);
    }

    #[test]
    fn transactions_that_wrote_before_the_lock_are_excluded() {
        assert_eq!(is_written_by_transaction(&[]), WRITTEN_LATER);
        let condition = is_written_by_transaction(&["7".to_owned(), "9".to_owned()]);
        assert!(condition.ends_with("AND t.xmin::text NOT IN ('7', '9'))"), "{condition}");
    }
}
