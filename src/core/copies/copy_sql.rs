//! SQL that makes a copy before a statement runs, and removes from it afterwards what the statement did not destroy.
//!
//! A copy has the columns `k1`, `k2`, … for the key and `v1`, `v2`, … for the data. A copy of overwritten values also
//! has `n1`, the new value, and `stale`: whether the new value was changed after the step. In this SQL, `k` is the copy
//! and `t` is the table.

use super::{CopiedColumn, CopyDetail};
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

/// Copies rows. `table` is the table as FROM requires it, and its name.
#[must_use]
pub fn copy_rows(copy: &str, table: (&str, &str), detail: &CopyDetail, filter: Option<&RowFilter>) -> String {
    let row = row_alias(table.1, filter);
    let columns = copied_columns(&detail.columns, 'v', &row);
    create_table(copy, &columns, table, filter, &row)
}

/// Copies the values of one column with the key of their rows. `overwritten`: the column is not dropped but
/// overwritten.
#[must_use]
pub fn copy_values(
    copy: &str,
    table: (&str, &str),
    detail: &CopyDetail,
    filter: Option<&RowFilter>,
    overwritten: bool,
) -> String {
    let row = row_alias(table.1, filter);
    let mut columns = copied_columns(&detail.key, 'k', &row);
    columns.extend(copied_columns(&detail.columns, 'v', &row));
    if overwritten {
        columns.extend(["NULL::pg_catalog.text AS n1".to_owned(), "false AS stale".to_owned()]);
    }
    create_table(copy, &columns, table, filter, &row)
}

/// Deletes from a copy the rows that the table still has.
#[must_use]
pub fn delete_remaining_rows(copy: &str, table: &str, detail: &CopyDetail) -> String {
    format!("DELETE FROM {copy} AS k WHERE EXISTS (SELECT FROM {table} AS t WHERE {})", key_condition(detail))
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

fn copied_columns(columns: &[CopiedColumn], letter: char, row: &str) -> Vec<String> {
    let columns = columns.iter().enumerate();
    columns.map(|(index, column)| format!("{} AS {letter}{}", copied_value(column, row), index + 1)).collect()
}

fn row_alias(name: &str, filter: Option<&RowFilter>) -> String {
    filter.and_then(|filter| filter.alias.clone()).unwrap_or_else(|| quote(name))
}

fn create_table(copy: &str, columns: &[String], table: (&str, &str), filter: Option<&RowFilter>, row: &str) -> String {
    let (from, columns) = (table.0, columns.join(", "));
    let condition = filter.map_or_else(|| "true".to_owned(), RowFilter::sql);
    format!("CREATE TABLE {copy} AS SELECT {columns} FROM {from} AS {row} WHERE {condition}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, builtin: bool) -> CopiedColumn {
        let ty = if builtin { "integer" } else { "mood" }.to_owned();
        CopiedColumn {
            name: name.into(),
            number: 1,
            base: ty.clone(),
            ty,
            builtin,
            custom_collation: false,
            attributes: None,
        }
    }

    fn detail(columns: &[(&str, bool)], key: &[(&str, bool)]) -> CopyDetail {
        let all = |list: &[(&str, bool)]| list.iter().map(|(name, builtin)| column(name, *builtin)).collect();
        CopyDetail {
            database: None,
            relation: 1,
            only: true,
            columns: all(columns),
            key: all(key),
            type_changed: false,
            not_restorable: None,
            sequence_state: None,
        }
    }

    #[test]
    fn values_of_types_that_are_not_built_in_are_copied_as_text() {
        let detail = detail(&[("A b", false)], &[("id", true)]);
        assert_eq!(
            copy_values("limbeck.kept_1", ("ONLY public.t", "t"), &detail, None, false),
            "CREATE TABLE limbeck.kept_1 AS SELECT t.id AS k1, (t.\"A b\")::pg_catalog.text COLLATE pg_catalog.\"default\" AS v1 \
             FROM ONLY public.t AS t WHERE true"
        );
        let mut collated = column("x", true);
        collated.custom_collation = true;
        assert_eq!(copied_value(&collated, "t"), "(t.x COLLATE pg_catalog.\"default\")");
    }

    #[test]
    fn only_rows_that_match_the_condition_are_copied() {
        let detail = detail(&[("id", true), ("m", false)], &[("m", false), ("id", true)]);
        let filter = RowFilter {
            alias: Some("x".into()),
            from: Some("o".into()),
            condition: "x.id = o.id -- why".into(),
            only: false,
        };
        let made = copy_rows("c", ("public.t", "t"), &detail, Some(&filter));
        assert!(
            made.ends_with("FROM public.t AS x WHERE EXISTS (SELECT FROM o\nWHERE x.id = o.id -- why\n)"),
            "{made}"
        );
        assert_eq!(key_condition(&detail), "t.m::text = k.v2 AND t.id = k.v1");
    }
}
