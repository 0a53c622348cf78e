//! SQL that puts a copy back where its object is there again.

use super::copy::same_key;
use super::{Column, Detail};
use crate::core::sql::identifier::quote;

/// A column as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentColumn {
    pub name: String,
    pub ty: String,
    pub base: String,
    pub not_null: bool,
    /// It follows from others, and cannot be written.
    pub generated: bool,
    /// `GENERATED ALWAYS AS IDENTITY`.
    pub always: bool,
    pub shape: Option<String>,
}

/// A foreign key of a table that rows come back to: rows whose other side is missing have to stay away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferencedTable {
    /// The table referred to, as SQL.
    pub table: String,
    /// Column here, column there.
    pub pairs: Vec<(String, String)>,
}

/// Where rows or values are to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// As it stands in FROM and UPDATE.
    pub table: String,
    pub columns: Vec<CurrentColumn>,
    pub references: Vec<ReferencedTable>,
    /// Whether ON CONFLICT may be said: an index that is checked late forbids it.
    pub conflicts: bool,
    /// Values of columns that another copy holds as they were, as SQL.
    pub given: Vec<(String, String)>,
}

impl Target {
    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&CurrentColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A copied value as one of the column that it goes to. A type that is another by now takes it as text; never cut to
/// a length without a word.
#[must_use]
pub fn back(stored: &Column, place: usize, now: &CurrentColumn) -> String {
    if stored.plain && stored.base == now.base {
        format!("k.v{place}")
    } else {
        format!("(k.v{place}::text)::{}", now.base)
    }
}

/// Puts rows back that are not there. Those whose key is taken, that a unique index refuses or that refer to nothing
/// stay away.
#[must_use]
pub fn insert(copy: &str, table: &str, target: &Target, detail: &Detail) -> String {
    let written = written(target, detail);
    let names: Vec<String> = written.iter().map(|(_, now, _)| quote(&now.name)).collect();
    let values: Vec<String> = written.iter().map(|(_, _, value)| value.clone()).collect();
    let mut conditions = Vec::new();
    if !detail.key.is_empty() {
        conditions.push(format!("NOT EXISTS (SELECT FROM {} AS t WHERE {})", target.table, same_key(detail)));
    }
    conditions.extend(target.references.iter().filter_map(|guard| guarded(guard, target, detail)));
    if conditions.is_empty() {
        conditions.push("true".to_owned());
    }
    let conflict = if target.conflicts { " ON CONFLICT DO NOTHING" } else { "" };
    format!(
        "INSERT INTO {table} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {copy} AS k WHERE {}{conflict}",
        names.join(", "),
        values.join(", "),
        conditions.join(" AND ")
    )
}

/// Takes the rows out of a copy that stand in the table just as they were.
#[must_use]
pub fn identical_gone(copy: &str, target: &Target, detail: &Detail) -> String {
    let same = written(target, detail).into_iter().map(|(stored, now, value)| {
        let name = quote(&now.name);
        let is_key = detail.key.iter().any(|key| key.name == stored.name);
        if is_key { "true".to_owned() } else { format!("t.{name}::text IS NOT DISTINCT FROM ({value})::text") }
    });
    let same: Vec<String> = std::iter::once(same_key(detail)).chain(same).collect();
    format!("DELETE FROM {copy} AS k USING {} AS t WHERE {}", target.table, same.join(" AND "))
}

/// Puts values back, by the key, where they differ. `None` where the column is not there or cannot be written.
#[must_use]
pub fn update(copy: &str, target: &Target, detail: &Detail, replaced: bool) -> Option<String> {
    let stored = detail.columns.first()?;
    let now = target.column(&stored.name).filter(|now| !now.generated)?;
    let (name, value) = (quote(&now.name), back(stored, 1, now));
    let mut conditions = vec![same_key(detail), format!("t.{name}::text IS DISTINCT FROM ({value})::text")];
    if now.not_null {
        conditions.push("k.v1 IS NOT NULL".to_owned());
    }
    if replaced {
        conditions.push("NOT k.stale".to_owned());
    }
    Some(format!(
        "UPDATE {} AS t SET {name} = {value} FROM {copy} AS k WHERE {}",
        target.table,
        conditions.join(" AND ")
    ))
}

/// How many values have come back, how many have no row or were changed since, and how many rows have come since.
#[must_use]
pub fn coming_back(copy: &str, target: &Target, detail: &Detail, replaced: bool) -> String {
    let (key, table) = (same_key(detail), &target.table);
    let stale = if replaced { "k.stale" } else { "false" };
    let counted = if replaced { "true" } else { "k.v1 IS NOT NULL" };
    format!(
        "SELECT (SELECT count(*) FROM {copy} AS k JOIN {table} AS t ON {key} WHERE NOT {stale} AND {counted}),
            (SELECT count(*) FROM {copy} AS k WHERE {counted} AND ({stale} OR NOT EXISTS (SELECT FROM {table} AS t WHERE {key}))),
            {}",
        if replaced {
            "0::bigint".to_owned()
        } else {
            format!("(SELECT count(*) FROM {table} AS t WHERE NOT EXISTS (SELECT FROM {copy} AS k WHERE {key}))")
        }
    )
}

/// How many values read otherwise now than they were copied: their column takes less than it did.
#[must_use]
pub fn misread(copy: &str, target: &Target, detail: &Detail, replaced: bool) -> String {
    let name = detail.columns.first().map_or_else(String::new, |column| quote(&column.name));
    let stale = if replaced { " AND NOT k.stale" } else { "" };
    format!(
        "SELECT count(*) FROM {copy} AS k JOIN {} AS t ON {} WHERE t.{name}::text IS DISTINCT FROM k.v1::text{stale}",
        target.table,
        same_key(detail)
    )
}

/// A value of a row of `rows` as an older copy of its column has it, from before the column's type was changed. `None`
/// where the key of the older one is not among the rows' columns.
#[must_use]
pub fn older_value(older: (&str, &Detail), now: &CurrentColumn, rows: &Detail) -> Option<String> {
    let (name, detail) = older;
    let same = detail.key.iter().enumerate().map(|(place, key)| {
        let held = rows.columns.iter().position(|column| column.name == key.name)?;
        Some(format!("r.k{} = k.v{}", place + 1, held + 1))
    });
    let same = same.collect::<Option<Vec<String>>>()?.join(" AND ");
    let value = back(detail.columns.first()?, 1, now).replace("k.v1", "r.v1");
    Some(format!("(SELECT {value} FROM {name} AS r WHERE {same})"))
}

/// Values that were overwritten again have been changed where what replaced them last has been.
#[must_use]
pub fn stale_as(copy: &str, newer: &str, key: usize) -> String {
    let same: Vec<String> = (1..=key).map(|place| format!("k.k{place} = n.k{place}")).collect();
    format!("UPDATE {copy} AS k SET stale = n.stale FROM {newer} AS n WHERE {}", same.join(" AND "))
}

/// Marks the values of which the replacement was changed since.
#[must_use]
pub fn stale(copy: &str, table: &str, column: &str, detail: &Detail) -> String {
    format!(
        "UPDATE {copy} AS k SET stale = t.{}::text IS DISTINCT FROM k.n1 FROM {table} AS t WHERE {}",
        quote(column),
        same_key(detail)
    )
}

/// The copied columns that can be written, each with the column as it is now and the value for it.
fn written<'a>(target: &'a Target, detail: &'a Detail) -> Vec<(&'a Column, &'a CurrentColumn, String)> {
    let columns = detail.columns.iter().enumerate().filter_map(|(place, stored)| {
        let now = target.column(&stored.name).filter(|now| !now.generated)?;
        let given = target.given.iter().find(|(name, _)| *name == stored.name);
        let value = given.map_or_else(|| back(stored, place + 1, now), |(_, value)| value.clone());
        Some((stored, now, value))
    });
    columns.collect()
}

fn guarded(guard: &ReferencedTable, target: &Target, detail: &Detail) -> Option<String> {
    let mut free = Vec::new();
    let mut same = Vec::new();
    for (here, there) in &guard.pairs {
        let place = detail.columns.iter().position(|column| column.name == *here)?;
        let value = back(detail.columns.get(place)?, place + 1, target.column(here)?);
        free.push(format!("k.v{} IS NULL", place + 1));
        same.push(format!("o.{} = {value}", quote(there)));
    }
    let (free, same) = (free.join(" OR "), same.join(" AND "));
    Some(format!("({free} OR EXISTS (SELECT FROM {} AS o WHERE {same}))", guard.table))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &str, base: &str, plain: bool) -> Column {
        let base = base.to_owned();
        Column { name: name.into(), number: 1, ty: base.clone(), base, plain, collated: false, shape: None }
    }

    fn now(name: &str, base: &str) -> CurrentColumn {
        let (ty, base) = (base.to_owned(), base.to_owned());
        CurrentColumn { name: name.into(), ty, base, not_null: false, generated: false, always: false, shape: None }
    }

    fn detail(columns: Vec<Column>, key: Vec<Column>) -> Detail {
        Detail { relation: 1, database: None, only: true, columns, key, retyped: false, stuck: None, counter: None }
    }

    #[test]
    fn values_become_what_their_column_takes() {
        assert_eq!(back(&stored("a", "integer", true), 2, &now("a", "integer")), "k.v2");
        assert_eq!(back(&stored("a", "integer", true), 2, &now("a", "bigint")), "(k.v2::text)::bigint");
        assert_eq!(back(&stored("a", "mood", false), 1, &now("a", "mood")), "(k.v1::text)::mood");
    }

    #[test]
    fn rows_come_back_where_their_place_is_free_and_what_they_refer_to_is_there() {
        let detail = detail(
            vec![stored("id", "integer", true), stored("o", "integer", true), stored("sum", "integer", true)],
            vec![stored("id", "integer", true)],
        );
        let guard = ReferencedTable { table: "public.o".into(), pairs: vec![("o".into(), "id".into())] };
        let mut sum = now("sum", "integer");
        sum.generated = true;
        let columns = vec![now("id", "integer"), now("o", "integer"), sum];
        let target = Target {
            table: "ONLY public.t".into(),
            columns,
            references: vec![guard],
            conflicts: true,
            given: Vec::new(),
        };
        assert_eq!(
            insert("c", "public.t", &target, &detail),
            "INSERT INTO public.t (id, o) OVERRIDING SYSTEM VALUE SELECT k.v1, k.v2 FROM c AS k WHERE NOT EXISTS \
             (SELECT FROM ONLY public.t AS t WHERE t.id = k.v1) AND (k.v2 IS NULL OR EXISTS (SELECT FROM public.o AS o \
             WHERE o.id = k.v2)) ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            identical_gone("c", &target, &detail),
            "DELETE FROM c AS k USING ONLY public.t AS t WHERE t.id = k.v1 AND true AND t.o::text IS NOT DISTINCT FROM \
             (k.v2)::text"
        );
    }

    #[test]
    fn values_come_back_by_the_key_and_never_null_where_that_is_refused() {
        let detail = detail(vec![stored("m", "mood", false)], vec![stored("id", "integer", true)]);
        let mut column = now("m", "mood");
        column.not_null = true;
        let target = Target {
            table: "t".into(),
            columns: vec![column],
            references: Vec::new(),
            conflicts: true,
            given: Vec::new(),
        };
        assert_eq!(
            update("c", &target, &detail, true).unwrap(),
            "UPDATE t AS t SET m = (k.v1::text)::mood FROM c AS k WHERE t.id = k.k1 AND t.m::text IS DISTINCT FROM \
             ((k.v1::text)::mood)::text AND k.v1 IS NOT NULL AND NOT k.stale"
        );
        assert_eq!(update("c", &Target { columns: Vec::new(), ..target }, &detail, true), None);
    }
}
