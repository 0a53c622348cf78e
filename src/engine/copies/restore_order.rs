//! The order in which tables are restored: a row after the rows that it references.

use std::collections::HashSet;

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::CopyError;
use super::store::StoredCopy;
use super::target::TableLocation;
use crate::core::sql::qualify_names;
use crate::engine::connection::identifier::quote;

/// A foreign key from one table to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub from: Oid,
    pub to: Oid,
    /// The table and the constraint, as SQL. `None` if the constraint is deferrable.
    pub not_deferrable: Option<(String, String)>,
}

/// Reads the foreign keys between tables. Keys from a table to itself are excluded.
pub(super) async fn read_references(client: &Client, tables: &[Oid]) -> Result<Vec<Reference>, CopyError> {
    let query = "SELECT k.conrelid, k.confrelid, n.nspname::text, c.relname::text, k.conname::text, k.condeferrable
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND k.conrelid = ANY ($1) AND k.confrelid = ANY ($1) AND k.conrelid <> k.confrelid
          AND k.conparentid = 0 ORDER BY k.conrelid, k.conname";
    let rows = client.query(&qualify_names(query), &[&tables]).await?;
    let references = rows.iter().map(|row| {
        let table = format!("{}.{}", quote(row.get(2)), quote(row.get(3)));
        let not_deferrable = (!row.get::<_, bool>(5)).then(|| (table, quote(row.get(4))));
        Reference { from: row.get(0), to: row.get(1), not_deferrable }
    });
    Ok(references.collect())
}

/// Sorts tables so that each follows the tables that it references, except in cycles. Other tables keep their order.
pub(super) fn sort_by_references(tables: &[Oid], references: &[Reference]) -> Vec<Oid> {
    let mut unsorted: Vec<Oid> = Vec::new();
    for table in tables {
        if !unsorted.contains(table) {
            unsorted.push(*table);
        }
    }
    let mut sorted = Vec::with_capacity(unsorted.len());
    while !unsorted.is_empty() {
        let remaining: HashSet<Oid> = unsorted.iter().copied().collect();
        let is_ready = |table: &Oid| {
            !references.iter().any(|reference| reference.from == *table && remaining.contains(&reference.to))
        };
        // A cycle has no order: take its first table.
        let next = unsorted.iter().position(is_ready).unwrap_or(0);
        sorted.push(unsorted.remove(next));
    }
    sorted
}

/// The references to a table that follows later in the order.
pub(super) fn forward_references<'a>(order: &[Oid], references: &'a [Reference]) -> Vec<&'a Reference> {
    let position = |table: Oid| order.iter().position(|other| *other == table);
    references.iter().filter(|reference| position(reference.from) < position(reference.to)).collect()
}

/// The copies in the order in which they are restored: the newest first, but the copies of rows in the order of their
/// tables.
pub(super) fn sort_copies<'a>(
    ready: &'a [(&'a StoredCopy, TableLocation)],
    tables: &[Oid],
) -> Vec<(&'a StoredCopy, &'a TableLocation)> {
    let position = |relation: Oid| tables.iter().position(|table| *table == relation);
    let all = ready.iter().map(|(copy, location)| (*copy, location));
    let mut with_rows: Vec<_> = all.clone().filter(|(copy, _)| copy.contains_rows()).collect();
    with_rows.sort_by_key(|(_, location)| position(location.relation));
    // Each copy of rows is replaced by the next one of the sorted copies of rows.
    let mut with_rows = with_rows.into_iter();
    all.map(|(copy, location)| {
        let sorted = if copy.contains_rows() { with_rows.next() } else { None };
        sorted.unwrap_or((copy, location))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(from: Oid, to: Oid) -> Reference {
        Reference { from, to, not_deferrable: None }
    }

    #[test]
    fn tables_follow_the_tables_that_they_reference() {
        let references = [reference(1, 2), reference(2, 3)];
        assert_eq!(sort_by_references(&[1, 2, 3, 4], &references), [3, 2, 1, 4]);
        assert!(forward_references(&[3, 2, 1, 4], &references).is_empty());
        assert_eq!(sort_by_references(&[4, 1, 1], &[]), [4, 1]);
    }

    #[test]
    fn a_cycle_has_a_forward_reference() {
        let references = [reference(1, 2), reference(2, 1)];
        let order = sort_by_references(&[1, 2], &references);
        assert_eq!(order, [1, 2]);
        assert_eq!(forward_references(&order, &references), [&references[0]]);
    }
}
