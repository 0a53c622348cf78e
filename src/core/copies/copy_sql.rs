//! SQL that makes a copy before a statement runs, and removes from it afterwards what the statement did not destroy.
//!
//! A copy has the columns `k1`, `k2`, … for the key and `v1`, `v2`, … for the data, and an `id` as its own primary key. A
//! copy of values also has `n1`, the new value, and `stale`: whether the new value was changed after the step. A copy of
//! rows has columns that a restore uses. In this SQL, `k` is the copy and `t` is the table.

use super::{CopiedColumn, CopyDetail, CopyKind};
use crate::core::sql::identifier::quote;
use crate::core::statement::RowFilter;

/// The value of a column as the copy stores it, so that the copy depends on no type or collation that is not built in.
#[must_use]
pub fn copied_value(column: &CopiedColumn, row: &str) -> String {
    let value = format!("{row}.{}", quote(&column.name));
    match (column.builtin, column.custom_collation) {
        (true, false) => value,
        (true, true) => format!("({value} COLLATE pg_catalog.\"default\")"),
        (false, _) => format!("({value})::pg_catalog.text COLLATE pg_catalog.\"default\""),
    }
}

/// Creates the table of a copy, without rows. It has a primary key, because publications and event triggers may require
/// one. The search path must be `pg_catalog`.
#[must_use]
pub fn create_copy(copy: &str, kind: CopyKind, detail: &CopyDetail) -> String {
    let mut columns = vec!["id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY".to_owned()];
    if has_own_key(kind) {
        columns.extend(column_definitions(&detail.key, 'k'));
    }
    columns.extend(column_definitions(&detail.columns, 'v'));
    // The place of the copied row, so that no row is copied twice and deleted rows are found without a key.
    if !is_whole_object(kind) {
        columns.extend(["source_table oid", "source_row tid"].map(String::from));
    }
    match kind {
        CopyKind::Values => columns.extend(["n1 text", "stale boolean DEFAULT false"].map(String::from)),
        // During a restore: the row that the script inserted again, and whether a referenced row is missing.
        CopyKind::Rows | CopyKind::Table => {
            columns.extend(["target_table oid", "target_row tid", "is_orphan boolean DEFAULT false"].map(String::from));
        }
        CopyKind::Column | CopyKind::Sequence => {}
    }
    format!("CREATE TABLE {copy} ({})", columns.join(", "))
}

/// Copies rows, or values with the key of their rows. `table` is the table as FROM requires it, and its name. `filter` is
/// the statement's condition. `conditions` select among these rows; in them, `row` is [`row_alias`].
#[must_use]
pub fn insert_into_copy(
    copy: &str,
    kind: CopyKind,
    table: (&str, &str),
    detail: &CopyDetail,
    filter: Option<&RowFilter>,
    conditions: &[String],
) -> String {
    let row = row_alias(table.1, filter);
    let mut names = Vec::new();
    let mut values = Vec::new();
    let mut add = |columns: &[CopiedColumn], letter: char| {
        names.extend((1..=columns.len()).map(|number| format!("{letter}{number}")));
        values.extend(columns.iter().map(|column| copied_value(column, &row)));
    };
    if has_own_key(kind) {
        add(&detail.key, 'k');
    }
    add(&detail.columns, 'v');
    if !is_whole_object(kind) {
        names.extend(["source_table", "source_row"].map(String::from));
        values.extend(["tableoid", "ctid"].map(|column| format!("{row}.{column}")));
    }
    let from = table.0;
    let (names, values) = (names.join(", "), values.join(", "));
    if names.is_empty() {
        return format!("INSERT INTO {copy} SELECT FROM {from} AS {row}");
    }
    let conditions: Vec<String> = filter.map(RowFilter::sql).into_iter().chain(conditions.iter().cloned()).collect();
    let condition = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    format!("INSERT INTO {copy} ({names}) SELECT {values} FROM {from} AS {row} WHERE {condition}")
}

/// The condition that a row is in none of these copies. All have the same kind.
#[must_use]
pub fn is_not_copied(copies: &[String], row: &str) -> Vec<String> {
    let condition = |copy: &String| {
        format!(
            "NOT EXISTS (SELECT FROM {copy} AS limbeck_made WHERE limbeck_made.source_table OPERATOR(pg_catalog.=) {row}.tableoid \
             AND limbeck_made.source_row OPERATOR(pg_catalog.=) {row}.ctid)"
        )
    };
    copies.iter().map(condition).collect()
}

/// Whether a copy of this kind has the key in columns of its own. A copy of rows has it among the data.
const fn has_own_key(kind: CopyKind) -> bool {
    matches!(kind, CopyKind::Column | CopyKind::Values)
}

/// Whether a copy of this kind contains a whole table or column, which the statement drops.
const fn is_whole_object(kind: CopyKind) -> bool {
    matches!(kind, CopyKind::Column | CopyKind::Table | CopyKind::Sequence)
}

/// Deletes from a copy the rows that the table still has.
#[must_use]
pub fn delete_remaining_rows(copy: &str, table: &str, detail: &CopyDetail) -> String {
    format!("DELETE FROM {copy} AS k WHERE EXISTS (SELECT FROM {table} AS t WHERE {})", key_condition(detail))
}

/// Deletes from a copy the rows that the table still has at the same place. Needs no key, but is only correct in the
/// transaction that made the copy.
#[must_use]
pub fn delete_unmoved_rows(copy: &str, table: &str) -> String {
    format!(
        "DELETE FROM {copy} AS k USING {table} AS t WHERE t.tableoid OPERATOR(pg_catalog.=) k.source_table \
         AND t.ctid OPERATOR(pg_catalog.=) k.source_row"
    )
}

/// Records the values that the table has now.
#[must_use]
pub fn record_new_values(copy: &str, table: &str, detail: &CopyDetail) -> String {
    let column = detail.columns.first().map_or_else(String::new, |column| quote(&column.name));
    format!("UPDATE {copy} AS k SET n1 = t.{column}::text FROM {table} AS t WHERE {}", key_condition(detail))
}

/// Deletes the values that the statement did not change.
#[must_use]
pub fn delete_unchanged_values(copy: &str) -> String {
    format!("DELETE FROM {copy} WHERE v1::text IS NOT DISTINCT FROM n1")
}

/// The condition that row `k` of the copy and row `t` of the table have the same key.
#[must_use]
pub fn key_condition(detail: &CopyDetail) -> String {
    let pairs = detail.key.iter().enumerate().map(|(index, column)| {
        let name = quote(&column.name);
        // In a copy of whole rows, the key is part of the data.
        let data = detail.columns.iter().position(|copied| copied.name == column.name);
        let copy = data.map_or_else(|| format!("k.k{}", index + 1), |data| format!("k.v{}", data + 1));
        if column.builtin { format!("t.{name} = {copy}") } else { format!("t.{name}::text = {copy}") }
    });
    pairs.collect::<Vec<_>>().join(" AND ")
}

/// The alias of the copied table in [`insert_into_copy`], as SQL.
#[must_use]
pub fn row_alias(name: &str, filter: Option<&RowFilter>) -> String {
    filter.and_then(|filter| filter.alias.clone()).unwrap_or_else(|| quote(name))
}

fn column_definitions(columns: &[CopiedColumn], letter: char) -> Vec<String> {
    let definition = |(index, column): (usize, &CopiedColumn)| {
        let ty = if column.builtin { column.ty.as_str() } else { "text" };
        format!("{letter}{} {ty}", index + 1)
    };
    columns.iter().enumerate().map(definition).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{copied, detail as describe};
    use super::*;

    fn column(name: &str, builtin: bool) -> CopiedColumn {
        copied(name, if builtin { "integer" } else { "mood" }, builtin)
    }

    fn detail(columns: &[(&str, bool)], key: &[(&str, bool)]) -> CopyDetail {
        let all = |list: &[(&str, bool)]| list.iter().map(|(name, builtin)| column(name, *builtin)).collect();
        describe(all(columns), all(key))
    }

    #[test]
    fn values_of_types_that_are_not_built_in_are_copied_as_text() {
        let detail = detail(&[("A b", false)], &[("id", true)]);
        assert_eq!(
            create_copy("limbeck.kept_1", CopyKind::Column, &detail),
            "CREATE TABLE limbeck.kept_1 (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, k1 integer, v1 text)"
        );
        assert_eq!(
            insert_into_copy("limbeck.kept_1", CopyKind::Column, ("ONLY public.t", "t"), &detail, None, &[]),
            "INSERT INTO limbeck.kept_1 (k1, v1) SELECT t.id, (t.\"A b\")::pg_catalog.text COLLATE pg_catalog.\"default\" \
             FROM ONLY public.t AS t WHERE true"
        );
        let mut collated = column("x", true);
        collated.custom_collation = true;
        assert_eq!(copied_value(&collated, "t"), "(t.x COLLATE pg_catalog.\"default\")");
    }

    #[test]
    fn only_rows_that_match_the_conditions_are_copied() {
        let detail = detail(&[("id", true), ("m", false)], &[("m", false), ("id", true)]);
        let filter = RowFilter {
            alias: Some("x".into()),
            from: Some("o".into()),
            condition: "x.id = o.id -- why".into(),
            only: false,
        };
        let conditions = is_not_copied(&["d".to_owned()], "x");
        let insert = insert_into_copy("c", CopyKind::Rows, ("public.t", "t"), &detail, Some(&filter), &conditions);
        assert_eq!(
            insert,
            "INSERT INTO c (v1, v2, source_table, source_row) SELECT x.id, (x.m)::pg_catalog.text COLLATE \
             pg_catalog.\"default\", x.tableoid, x.ctid FROM public.t AS x WHERE EXISTS (SELECT FROM o\nWHERE x.id = \
             o.id -- why\n) AND NOT EXISTS (SELECT FROM d AS limbeck_made WHERE \
             limbeck_made.source_table OPERATOR(pg_catalog.=) x.tableoid AND limbeck_made.source_row OPERATOR(pg_catalog.=) x.ctid)"
        );
        assert_eq!(key_condition(&detail), "t.m::text = k.v2 AND t.id = k.v1");
    }
}
