//! The order in which copies come back: the last loss first, and a row after those that it refers to.

use std::collections::HashSet;

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::CopyError;
use crate::engine::connection::identifier::quote;

/// A foreign key from one table to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub from: Oid,
    pub to: Oid,
    /// The table and the constraint, as SQL; `None` where it is checked at the end of the transaction anyway.
    pub immediate: Option<(String, String)>,
}

/// The foreign keys among tables, those to a table itself left out.
pub(super) async fn references(client: &Client, tables: &[Oid]) -> Result<Vec<Reference>, CopyError> {
    let query = "SELECT k.conrelid, k.confrelid, n.nspname::text, c.relname::text, k.conname::text, k.condeferrable
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND k.conrelid = ANY ($1) AND k.confrelid = ANY ($1) AND k.conrelid <> k.confrelid
          AND k.conparentid = 0 ORDER BY k.conrelid, k.conname";
    let rows = client.query(query, &[&tables]).await?;
    let references = rows.iter().map(|row| {
        let table = format!("{}.{}", quote(row.get(2)), quote(row.get(3)));
        let immediate = (!row.get::<_, bool>(5)).then(|| (table, quote(row.get(4))));
        Reference { from: row.get(0), to: row.get(1), immediate }
    });
    Ok(references.collect())
}

/// Tables so that each comes after those that it refers to, as far as that can be; otherwise as they were.
pub(super) fn sorted(tables: &[Oid], references: &[Reference]) -> Vec<Oid> {
    let mut waiting: Vec<Oid> = Vec::new();
    for table in tables {
        if !waiting.contains(table) {
            waiting.push(*table);
        }
    }
    let mut sorted = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let still: HashSet<Oid> = waiting.iter().copied().collect();
        let free = |table: &Oid| !references.iter().any(|one| one.from == *table && still.contains(&one.to));
        // In a circle the first goes first.
        let next = waiting.iter().position(free).unwrap_or(0);
        sorted.push(waiting.remove(next));
    }
    sorted
}

/// The references that point to a table which comes later.
pub(super) fn forward<'a>(order: &[Oid], references: &'a [Reference]) -> Vec<&'a Reference> {
    let place = |table: Oid| order.iter().position(|one| *one == table);
    references.iter().filter(|one| place(one.from) < place(one.to)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(from: Oid, to: Oid) -> Reference {
        Reference { from, to, immediate: None }
    }

    #[test]
    fn rows_come_after_those_that_they_refer_to() {
        let references = [reference(1, 2), reference(2, 3)];
        assert_eq!(sorted(&[1, 2, 3, 4], &references), [3, 2, 1, 4]);
        assert!(forward(&[3, 2, 1, 4], &references).is_empty());
        assert_eq!(sorted(&[4, 1, 1], &[]), [4, 1]);
    }

    #[test]
    fn a_circle_is_entered_somewhere_and_closed_later() {
        let references = [reference(1, 2), reference(2, 1)];
        let order = sorted(&[1, 2], &references);
        assert_eq!(order, [1, 2]);
        assert_eq!(forward(&order, &references), [&references[0]]);
    }
}
