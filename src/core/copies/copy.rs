//! SQL that makes a copy, and that takes out of it afterwards what was not lost after all.
//!
//! In a copy `k1`, `k2`, … are the key and `v1`, `v2`, … what it holds. A copy of overwritten values has besides what
//! came in their place (`n1`), and later whether somebody has changed that since (`stale`).

use super::{Column, Detail};
use crate::core::sql::identifier::quote;
use crate::core::statement::RowFilter;

/// A column's value in a form that holds on to no type or collation of anybody's own.
#[must_use]
pub fn stored(column: &Column, row: &str) -> String {
    let value = format!("{row}.{}", quote(&column.name));
    match (column.plain, column.collated) {
        (true, false) => value,
        (true, true) => format!("({value} COLLATE pg_catalog.\"default\")"),
        (false, _) => format!("({value})::text COLLATE pg_catalog.\"default\""),
    }
}

/// Makes a copy of rows. `table` is the table as it stands in FROM, its name beside it.
#[must_use]
pub fn rows(copy: &str, table: (&str, &str), detail: &Detail, filter: Option<&RowFilter>) -> String {
    let row = row_name(table.1, filter);
    let columns = numbered(&detail.columns, 'v', &row);
    made(copy, &columns, table, filter, &row)
}

/// Makes a copy of the values of one column, beside the key; `replaced`: others take their place.
#[must_use]
pub fn values(copy: &str, table: (&str, &str), detail: &Detail, filter: Option<&RowFilter>, replaced: bool) -> String {
    let row = row_name(table.1, filter);
    let mut columns = numbered(&detail.key, 'k', &row);
    columns.extend(numbered(&detail.columns, 'v', &row));
    if replaced {
        columns.extend(["NULL::text AS n1".to_owned(), "false AS stale".to_owned()]);
    }
    made(copy, &columns, table, filter, &row)
}

/// Rows that still stand were not lost.
#[must_use]
pub fn rows_that_stand(copy: &str, table: &str, detail: &Detail) -> String {
    format!("DELETE FROM {copy} AS k WHERE EXISTS (SELECT FROM {table} AS t WHERE {})", same_key(detail))
}

/// Writes down what stands in the place of the values.
#[must_use]
pub fn new_values(copy: &str, table: &str, detail: &Detail) -> String {
    let column = detail.columns.first().map_or_else(String::new, |column| quote(&column.name));
    format!("UPDATE {copy} AS k SET n1 = t.{column}::text FROM {table} AS t WHERE {}", same_key(detail))
}

/// Values that are as they were were not overwritten.
#[must_use]
pub fn unchanged(copy: &str) -> String {
    format!("DELETE FROM {copy} WHERE v1::text IS NOT DISTINCT FROM n1")
}

/// That row `t` of the table is the one of which `k` is the copy.
#[must_use]
pub fn same_key(detail: &Detail) -> String {
    let pairs = detail.key.iter().enumerate().map(|(place, column)| {
        let name = quote(&column.name);
        // A copy of whole rows has the key among its columns.
        let held = detail.columns.iter().position(|held| held.name == column.name);
        let copy = held.map_or_else(|| format!("k.k{}", place + 1), |held| format!("k.v{}", held + 1));
        if column.plain { format!("t.{name} = {copy}") } else { format!("t.{name}::text = {copy}") }
    });
    pairs.collect::<Vec<_>>().join(" AND ")
}

fn numbered(columns: &[Column], letter: char, row: &str) -> Vec<String> {
    let numbered = columns.iter().enumerate();
    numbered.map(|(place, column)| format!("{} AS {letter}{}", stored(column, row), place + 1)).collect()
}

fn row_name(name: &str, filter: Option<&RowFilter>) -> String {
    filter.and_then(|filter| filter.alias.clone()).unwrap_or_else(|| quote(name))
}

fn made(copy: &str, columns: &[String], table: (&str, &str), filter: Option<&RowFilter>, row: &str) -> String {
    let (from, columns) = (table.0, columns.join(", "));
    let condition = filter.map_or_else(|| "true".to_owned(), RowFilter::sql);
    format!("CREATE TABLE {copy} AS SELECT {columns} FROM {from} AS {row} WHERE {condition}")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn column(name: &str, plain: bool) -> Column {
        let ty = if plain { "integer" } else { "mood" }.to_owned();
        Column { name: name.into(), number: 1, base: ty.clone(), ty, plain, collated: false, shape: None }
    }

    fn detail(columns: &[(&str, bool)], key: &[(&str, bool)]) -> Detail {
        let all = |list: &[(&str, bool)]| list.iter().map(|(name, plain)| column(name, *plain)).collect();
        Detail {
            database: None,
            relation: 1,
            only: true,
            columns: all(columns),
            key: all(key),
            retyped: false,
            stuck: None,
            counter: None,
        }
    }

    #[test]
    fn own_types_are_copied_as_text_and_the_servers_as_they_are() {
        let detail = detail(&[("A b", false)], &[("id", true)]);
        assert_eq!(
            values("limbeck.kept_1", ("ONLY public.t", "t"), &detail, None, false),
            "CREATE TABLE limbeck.kept_1 AS SELECT t.id AS k1, (t.\"A b\")::text COLLATE pg_catalog.\"default\" AS v1 \
             FROM ONLY public.t AS t WHERE true"
        );
        let mut own = column("x", true);
        own.collated = true;
        assert_eq!(stored(&own, "t"), "(t.x COLLATE pg_catalog.\"default\")");
    }

    #[test]
    fn the_statements_own_condition_narrows_the_copy() {
        let detail = detail(&[("id", true), ("m", false)], &[("m", false), ("id", true)]);
        let filter = RowFilter {
            alias: Some("x".into()),
            from: Some("o".into()),
            condition: "x.id = o.id -- why".into(),
            only: false,
        };
        let made = rows("c", ("public.t", "t"), &detail, Some(&filter));
        assert!(
            made.ends_with("FROM public.t AS x WHERE EXISTS (SELECT FROM o\nWHERE x.id = o.id -- why\n)"),
            "{made}"
        );
        assert_eq!(same_key(&detail), "t.m::text = k.v2 AND t.id = k.v1");
    }
}
