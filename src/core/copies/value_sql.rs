//! SQL that restores the values of a column, row by row with their key.
//!
//! In this SQL, `k` is the copy and `t` is the table.

use super::copy_sql::key_condition;
use super::restore_sql::{RestoreTarget, restored_value};
use super::{CopiedColumn, CopyDetail, CopyKind};
use crate::core::sql::identifier::quote;

/// Restores the values that differ, row by row with the key. `None` if the column does not exist or cannot be written.
/// `overwritten`: the column was not dropped but overwritten, so values that were changed since are not restored.
#[must_use]
pub fn update_values(copy: &str, target: &RestoreTarget, detail: &CopyDetail, overwritten: bool) -> Option<String> {
    let stored = detail.columns.first()?;
    let current = target.column(&stored.name).filter(|current| !current.generated)?;
    let (name, value) = (quote(&current.name), restored_value(stored, 1, current));
    let mut conditions = vec![format!("t.{name}::text IS DISTINCT FROM ({value})::text")];
    conditions.extend(update_conditions(target, detail, overwritten));
    Some(format!(
        "UPDATE {} AS t SET {name} = {value} FROM {copy} AS k WHERE {}",
        target.table,
        conditions.join(" AND ")
    ))
}

/// The conditions under which value `k` is restored into row `t`.
fn update_conditions(target: &RestoreTarget, detail: &CopyDetail, overwritten: bool) -> Vec<String> {
    let mut conditions = vec![key_condition(detail)];
    let Some(stored) = detail.columns.first() else { return conditions };
    let Some(current) = target.column(&stored.name) else { return conditions };
    if current.not_null {
        conditions.push("k.v1 IS NOT NULL".to_owned());
    }
    if overwritten {
        conditions.push("NOT k.stale".to_owned());
    }
    for reference in &target.references {
        if !reference.columns.iter().any(|pair| pair.referencing == current.name) {
            continue;
        }
        let value = |column: &str| {
            if column == current.name { restored_value(stored, 1, current) } else { format!("t.{}", quote(column)) }
        };
        let is_null = reference.columns.iter().map(|pair| format!("{} IS NULL", value(&pair.referencing)));
        let is_null = is_null.collect::<Vec<_>>().join(" OR ");
        let equal = reference.columns.iter().map(|pair| pair.equals(&value(&pair.referencing)));
        let equal = equal.collect::<Vec<_>>().join(" AND ");
        conditions.push(format!("({is_null} OR EXISTS (SELECT FROM {} AS o WHERE {equal}))", reference.table));
    }
    conditions
}

/// Deletes from a copy the values that the table has again. The others have no row, or their row was changed since, so
/// they remain in the copy.
#[must_use]
pub fn delete_restored_values(copy: &str, target: &RestoreTarget, detail: &CopyDetail, overwritten: bool) -> String {
    let name = detail.columns.first().map_or_else(String::new, |column| quote(&column.name));
    let value = detail.columns.first().and_then(|stored| Some(restored_value(stored, 1, target.column(&stored.name)?)));
    let is_same = format!("t.{name}::text IS NOT DISTINCT FROM ({})::text", value.unwrap_or_default());
    let has_row = format!("EXISTS (SELECT FROM {} AS t WHERE {} AND {is_same})", target.table, key_condition(detail));
    // The NULLs of a dropped column are not values.
    let counted = if overwritten { String::new() } else { " OR k.v1 IS NULL".to_owned() };
    format!("DELETE FROM {copy} AS k WHERE {has_row}{counted}")
}

/// Counts the values that were restored, those whose row is missing or was changed since, and the rows that were added
/// since.
#[must_use]
pub fn count_restored_values(copy: &str, target: &RestoreTarget, detail: &CopyDetail, overwritten: bool) -> String {
    let (key, table) = (key_condition(detail), &target.table);
    let stale = if overwritten { "k.stale" } else { "false" };
    let counted = if overwritten { "true" } else { "k.v1 IS NOT NULL" };
    format!(
        "SELECT (SELECT count(*) FROM {copy} AS k JOIN {table} AS t ON {key} WHERE NOT {stale} AND {counted}),
            (SELECT count(*) FROM {copy} AS k WHERE {counted} AND ({stale} OR NOT EXISTS (SELECT FROM {table} AS t WHERE {key}))),
            {}",
        if overwritten {
            "0::bigint".to_owned()
        } else {
            format!("(SELECT count(*) FROM {table} AS t WHERE NOT EXISTS (SELECT FROM {copy} AS k WHERE {key}))")
        }
    )
}

/// Counts the restored values that differ from the copy because the current type of the column cannot represent them.
#[must_use]
pub fn count_changed_values(copy: &str, target: &RestoreTarget, detail: &CopyDetail, overwritten: bool) -> String {
    let name = detail.columns.first().map_or_else(String::new, |column| quote(&column.name));
    let stale = if overwritten { " AND NOT k.stale" } else { "" };
    format!(
        "SELECT count(*) FROM {copy} AS k JOIN {} AS t ON {} WHERE t.{name}::text IS DISTINCT FROM k.v1::text{stale}",
        target.table,
        key_condition(detail)
    )
}

/// Marks the values whose replacement was changed since they were overwritten.
#[must_use]
pub fn mark_stale(copy: &str, table: &str, column: &str, detail: &CopyDetail) -> String {
    format!(
        "UPDATE {copy} AS k SET stale = t.{}::text IS DISTINCT FROM k.n1 FROM {table} AS t WHERE {}",
        quote(column),
        key_condition(detail)
    )
}

/// Marks the values whose replacement was changed before their row was deleted or their column was dropped. `newer` is the
/// copy of the rows or of the column. `None` if it does not have the column with the same type, or not the key.
#[must_use]
pub fn mark_stale_by_newer_copy(
    (copy, detail): (&str, &CopyDetail),
    (newer, kind, copied): (&str, CopyKind, &CopyDetail),
) -> Option<String> {
    let stored = detail.columns.first()?;
    let number =
        |columns: &[CopiedColumn], name: &str| Some(columns.iter().position(|column| column.name == name)? + 1);
    let value = number(&copied.columns, &stored.name)?;
    let key = |name: &str| match kind {
        CopyKind::Column => Some(format!("r.k{}", number(&copied.key, name)?)),
        _ => Some(format!("r.v{}", number(&copied.columns, name)?)),
    };
    // After a change of type, both have the text of the new type.
    let same_type =
        detail.type_changed || copied.columns.iter().any(|column| column.name == stored.name && column.ty == stored.ty);
    let keys = detail.key.iter().enumerate();
    let same: Option<Vec<String>> =
        keys.map(|(index, column)| Some(format!("k.k{} = {}", index + 1, key(&column.name)?))).collect();
    let same = same.filter(|same| same_type && !same.is_empty())?.join(" AND ");
    Some(format!(
        "UPDATE {copy} AS k SET stale = k.stale OR r.v{value}::text IS DISTINCT FROM k.n1 FROM {newer} AS r WHERE {same}"
    ))
}

/// Copies the marks of a newer copy of the same column. If a value was overwritten twice, only the newer copy knows the
/// value that the table has now.
#[must_use]
pub fn copy_stale_marks(copy: &str, newer: &str, key_columns: usize) -> String {
    let same: Vec<String> = (1..=key_columns).map(|index| format!("k.k{index} = n.k{index}")).collect();
    format!("UPDATE {copy} AS k SET stale = n.stale FROM {newer} AS n WHERE {}", same.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{copied, current, detail, target};
    use super::*;

    #[test]
    fn values_are_restored_by_key_and_null_only_if_the_column_allows_it() {
        let detail = detail(vec![copied("m", "mood", false)], vec![copied("id", "integer", true)]);
        let mut column = current("m", "mood");
        column.not_null = true;
        let target = target("t", vec![column]);
        assert_eq!(
            update_values("c", &target, &detail, true).unwrap(),
            "UPDATE t AS t SET m = (k.v1::text)::mood FROM c AS k WHERE t.m::text IS DISTINCT FROM \
             ((k.v1::text)::mood)::text AND t.id = k.k1 AND k.v1 IS NOT NULL AND NOT k.stale"
        );
        assert_eq!(update_values("c", &RestoreTarget { columns: Vec::new(), ..target }, &detail, true), None);
    }

    #[test]
    fn values_are_stale_if_a_newer_copy_has_another_value() {
        let id = || copied("id", "integer", true);
        let values = detail(vec![copied("a", "text", true)], vec![id()]);
        let mark =
            |columns| mark_stale_by_newer_copy(("c", &values), ("r", CopyKind::Rows, &detail(columns, vec![id()])));
        assert_eq!(
            mark(vec![id(), copied("a", "text", true)]).unwrap(),
            "UPDATE c AS k SET stale = k.stale OR r.v2::text IS DISTINCT FROM k.n1 FROM r AS r WHERE k.k1 = r.v1"
        );
        assert_eq!(mark(vec![id(), copied("a", "integer", true)]), None);
        assert_eq!(mark(vec![id()]), None);
        assert_eq!(mark(vec![copied("a", "text", true)]), None);
        let column = detail(vec![copied("a", "text", true)], vec![id()]);
        assert_eq!(
            mark_stale_by_newer_copy(("c", &values), ("r", CopyKind::Column, &column)).unwrap(),
            "UPDATE c AS k SET stale = k.stale OR r.v1::text IS DISTINCT FROM k.n1 FROM r AS r WHERE k.k1 = r.k1"
        );
    }
}
