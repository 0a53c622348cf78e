//! SQL that restores a copy after its table, column or sequence exists again.
//!
//! In this SQL, `k` is the copy and `t` is the table.

use super::copy_sql::key_condition;
use super::{CopiedColumn, CopyDetail};
use crate::core::sql::identifier::quote;

/// A column of the table that is restored, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a property of the column in the catalog")]
pub struct CurrentColumn {
    pub name: String,
    /// The type with its modifier.
    pub ty: String,
    /// The type without its modifier.
    pub base: String,
    pub not_null: bool,
    /// A generated column, which cannot be written.
    pub generated: bool,
    /// `GENERATED ALWAYS AS IDENTITY`.
    pub always_identity: bool,
    /// The attributes of a composite type.
    pub attributes: Option<String>,
    /// Whether a row that a script inserts again may get another value: an identity column, or a default that is not a
    /// constant.
    pub varies: bool,
}

/// A foreign key of the table that is restored. Rows whose referenced row is missing are not restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferencedTable {
    /// The OID of the referenced table.
    pub relation: u32,
    /// The referenced table, as SQL.
    pub table: String,
    pub columns: Vec<ReferencePair>,
}

/// A pair of columns of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferencePair {
    pub referencing: String,
    pub referenced: String,
    /// The operator of the foreign key, as SQL, between the referenced and the referencing column.
    pub operator: String,
}

impl ReferencePair {
    /// The condition that row `o` of the referenced table has a value.
    pub(super) fn equals(&self, value: &str) -> String {
        format!("o.{} {} {value}", quote(&self.referenced), self.operator)
    }
}

/// The table into which a copy is restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreTarget {
    /// The table as FROM and UPDATE require it, as SQL.
    pub table: String,
    pub columns: Vec<CurrentColumn>,
    /// Foreign keys whose referenced rows must exist already.
    pub references: Vec<ReferencedTable>,
    /// Foreign keys that are checked later, because they reference the table itself or rows that are restored later.
    pub later_references: Vec<ReferencedTable>,
    /// Whether `ON CONFLICT` can be used. PostgreSQL rejects it if the table has a deferrable unique constraint.
    pub allows_on_conflict: bool,
    /// Whether the table has a unique index.
    pub has_unique_index: bool,
    /// Columns whose values are taken from an older copy, each with its value as SQL.
    pub older_values: Vec<(String, String)>,
}

impl RestoreTarget {
    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&CurrentColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The value `v<index>` of a copy, as a value of the current column. If the type has changed, the value is cast through
/// text, to the type without its modifier, so that PostgreSQL reports an error instead of truncating.
#[must_use]
pub fn restored_value(stored: &CopiedColumn, index: usize, current: &CurrentColumn) -> String {
    restored_value_of("k", stored, index, current)
}

fn restored_value_of(copy: &str, stored: &CopiedColumn, index: usize, current: &CurrentColumn) -> String {
    if stored.builtin && stored.base == current.base {
        format!("{copy}.v{index}")
    } else {
        format!("({copy}.v{index}::text)::{}", current.base)
    }
}

/// Inserts the rows that the table does not have. Skips rows whose key exists, rows that violate a unique index and
/// rows whose referenced row is missing.
#[must_use]
pub fn insert_rows(copy: &str, table: &str, target: &RestoreTarget, detail: &CopyDetail) -> String {
    let written = written_columns(target, detail);
    let names: Vec<String> = written.iter().map(|(_, current, _)| quote(&current.name)).collect();
    let values: Vec<String> = written.iter().map(|(_, _, value)| value.clone()).collect();
    let conflict = if target.allows_on_conflict { " ON CONFLICT DO NOTHING" } else { "" };
    let condition = insert_condition(target, detail);
    if names.is_empty() {
        return format!("INSERT INTO {table} SELECT FROM {copy} AS k WHERE {condition}");
    }
    format!(
        "INSERT INTO {table} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {copy} AS k WHERE {condition} ORDER BY k.id{conflict}",
        names.join(", "),
        values.join(", "),
    )
}

/// The condition of [`insert_rows`] on row `k` of the copy.
#[must_use]
pub fn insert_condition(target: &RestoreTarget, detail: &CopyDetail) -> String {
    let mut conditions = vec!["k.target_row IS NULL AND NOT k.is_orphan".to_owned()];
    if !detail.key.is_empty() {
        conditions.push(format!("NOT EXISTS (SELECT FROM {} AS t WHERE {})", target.table, key_condition(detail)));
    }
    conditions.extend(target.references.iter().filter_map(|reference| reference_condition(reference, target, detail)));
    conditions.join(" AND ")
}

/// Marks the rows whose referenced row is neither in the referenced table nor among the rows of the copies `others` that
/// will be restored. Returns `None` if the copy does not contain all columns of the foreign key.
#[must_use]
pub fn mark_orphans(
    copy: &str,
    reference: &ReferencedTable,
    target: &RestoreTarget,
    detail: &CopyDetail,
    others: &[(String, &CopyDetail)],
) -> Option<String> {
    let (is_null, pairs) = reference_values(reference, target, detail)?;
    let in_table = pairs.iter().map(|(pair, value)| pair.equals(value));
    let in_table = in_table.collect::<Vec<_>>().join(" AND ");
    let mut found = vec![is_null, format!("EXISTS (SELECT FROM {} AS o WHERE {in_table})", reference.table)];
    for (other, other_detail) in others {
        let equal = pairs.iter().map(|(pair, value)| {
            let index = other_detail.columns.iter().position(|column| column.name == pair.referenced)?;
            Some(format!("(c.v{})::text = ({value})::text", index + 1))
        });
        if let Some(equal) = equal.collect::<Option<Vec<String>>>() {
            let equal = equal.join(" AND ");
            found.push(format!("EXISTS (SELECT FROM {other} AS c WHERE NOT c.is_orphan AND {equal})"));
        }
    }
    Some(format!("UPDATE {copy} AS k SET is_orphan = true WHERE NOT k.is_orphan AND NOT ({})", found.join(" OR ")))
}

/// Deletes from a copy the rows that are identical in the table.
#[must_use]
pub fn delete_identical_rows(copy: &str, target: &RestoreTarget, detail: &CopyDetail) -> String {
    let conditions = written_columns(target, detail).into_iter().map(|(stored, current, value)| {
        let name = quote(&current.name);
        let is_key = detail.key.iter().any(|key| key.name == stored.name);
        if is_key { "true".to_owned() } else { format!("t.{name}::text IS NOT DISTINCT FROM ({value})::text") }
    });
    let conditions: Vec<String> = std::iter::once(key_condition(detail)).chain(conditions).collect();
    format!("DELETE FROM {copy} AS k USING {} AS t WHERE {}", target.table, conditions.join(" AND "))
}

/// The value that an older copy of a column has for a row of the copy `rows`: the value before the column's type was
/// changed. If the older copy does not have the row, or if `is_latest` and another session changed the value between the
/// two copies, it is the value of the row. `is_latest`: there is no other copy of the column between the two. `None` if
/// `rows` does not contain the key of the older copy.
#[must_use]
pub fn older_value(
    older: (&str, &CopyDetail),
    current: &CurrentColumn,
    rows: &CopyDetail,
    is_latest: bool,
) -> Option<String> {
    let (name, detail) = older;
    let index = rows.columns.iter().position(|column| column.name == current.name)?;
    let own = restored_value(rows.columns.get(index)?, index + 1, current);
    let unchanged =
        if is_latest { format!(" AND r.n1 IS NOT DISTINCT FROM k.v{}::text", index + 1) } else { String::new() };
    let conditions = detail.key.iter().enumerate().map(|(index, key)| {
        let column = rows.columns.iter().position(|column| column.name == key.name)?;
        Some(format!("r.k{} = k.v{}", index + 1, column + 1))
    });
    let condition = conditions.collect::<Option<Vec<String>>>()?.join(" AND ");
    let value = restored_value_of("r", detail.columns.first()?, 1, current);
    let found = format!("FROM {name} AS r WHERE {condition}{unchanged}");
    Some(format!("CASE WHEN EXISTS (SELECT {found}) THEN (SELECT {value} {found}) ELSE {own} END"))
}

/// The copied columns that can be written: the column of the copy, the current column, and the value.
pub(super) fn written_columns<'a>(
    target: &'a RestoreTarget,
    detail: &'a CopyDetail,
) -> Vec<(&'a CopiedColumn, &'a CurrentColumn, String)> {
    let columns = detail.columns.iter().enumerate().filter_map(|(index, stored)| {
        let current = target.column(&stored.name).filter(|current| !current.generated)?;
        let older = target.older_values.iter().find(|(name, _)| *name == stored.name);
        let value = older.map_or_else(|| restored_value(stored, index + 1, current), |(_, value)| value.clone());
        Some((stored, current, value))
    });
    columns.collect()
}

/// The condition that the referenced row exists, or that the foreign key is NULL. `None` if the copy does not contain
/// all columns of the foreign key.
fn reference_condition(reference: &ReferencedTable, target: &RestoreTarget, detail: &CopyDetail) -> Option<String> {
    let (is_null, pairs) = reference_values(reference, target, detail)?;
    let is_equal = pairs.iter().map(|(pair, value)| pair.equals(value));
    let is_equal = is_equal.collect::<Vec<_>>().join(" AND ");
    Some(format!("({is_null} OR EXISTS (SELECT FROM {} AS o WHERE {is_equal}))", reference.table))
}

/// The condition that a foreign key is NULL, and each pair of its columns with the value of the copy.
fn reference_values<'a>(
    reference: &'a ReferencedTable,
    target: &RestoreTarget,
    detail: &CopyDetail,
) -> Option<(String, Vec<(&'a ReferencePair, String)>)> {
    let mut is_null = Vec::new();
    let mut pairs = Vec::new();
    for pair in &reference.columns {
        let index = detail.columns.iter().position(|copied| copied.name == pair.referencing)?;
        let value = restored_value(detail.columns.get(index)?, index + 1, target.column(&pair.referencing)?);
        is_null.push(format!("k.v{} IS NULL", index + 1));
        pairs.push((pair, value));
    }
    Some((is_null.join(" OR "), pairs))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{copied, current, detail, target};
    use super::*;

    #[test]
    fn values_are_cast_to_the_current_type() {
        assert_eq!(restored_value(&copied("a", "integer", true), 2, &current("a", "integer")), "k.v2");
        assert_eq!(restored_value(&copied("a", "integer", true), 2, &current("a", "bigint")), "(k.v2::text)::bigint");
        assert_eq!(restored_value(&copied("a", "mood", false), 1, &current("a", "mood")), "(k.v1::text)::mood");
    }

    #[test]
    fn values_of_an_older_copy_are_cast_to_the_current_type() {
        let rows = detail(vec![copied("a", "integer", true), copied("id", "integer", true)], Vec::new());
        let older = detail(vec![copied("a", "mood", false)], vec![copied("id", "integer", true)]);
        assert_eq!(
            older_value(("c", &older), &current("a", "mood"), &rows, false).unwrap(),
            "CASE WHEN EXISTS (SELECT FROM c AS r WHERE r.k1 = k.v2) THEN (SELECT (r.v1::text)::mood FROM c AS r \
             WHERE r.k1 = k.v2) ELSE (k.v1::text)::mood END"
        );
        assert_eq!(
            older_value(("c", &older), &current("a", "mood"), &rows, true).unwrap(),
            "CASE WHEN EXISTS (SELECT FROM c AS r WHERE r.k1 = k.v2 AND r.n1 IS NOT DISTINCT FROM k.v1::text) THEN \
             (SELECT (r.v1::text)::mood FROM c AS r WHERE r.k1 = k.v2 AND r.n1 IS NOT DISTINCT FROM k.v1::text) \
             ELSE (k.v1::text)::mood END"
        );
        assert_eq!(older_value(("c", &older), &current("a", "mood"), &detail(Vec::new(), Vec::new()), true), None);
    }

    #[test]
    fn rows_are_restored_if_their_key_is_free_and_the_referenced_row_exists() {
        let detail = detail(
            vec![copied("id", "integer", true), copied("o", "integer", true), copied("sum", "integer", true)],
            vec![copied("id", "integer", true)],
        );
        let pair = ReferencePair { referencing: "o".into(), referenced: "id".into(), operator: "=".into() };
        let reference = ReferencedTable { relation: 2, table: "public.o".into(), columns: vec![pair] };
        let mut sum = current("sum", "integer");
        sum.generated = true;
        let columns = vec![current("id", "integer"), current("o", "integer"), sum];
        let target = RestoreTarget { references: vec![reference], ..target("ONLY public.t", columns) };
        assert_eq!(
            insert_rows("c", "public.t", &target, &detail),
            "INSERT INTO public.t (id, o) OVERRIDING SYSTEM VALUE SELECT k.v1, k.v2 FROM c AS k WHERE k.target_row IS NULL \
             AND NOT k.is_orphan AND NOT EXISTS (SELECT FROM ONLY public.t AS t WHERE t.id = k.v1) AND (k.v2 IS NULL OR \
             EXISTS (SELECT FROM public.o AS o WHERE o.id = k.v2)) ORDER BY k.id ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            delete_identical_rows("c", &target, &detail),
            "DELETE FROM c AS k USING ONLY public.t AS t WHERE t.id = k.v1 AND true AND t.o::text IS NOT DISTINCT FROM \
             (k.v2)::text"
        );
    }
}
