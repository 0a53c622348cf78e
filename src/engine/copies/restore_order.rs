//! The order in which copies are restored, and the foreign keys that this order violates.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::constraints::set_mode;
use super::store::StoredCopy;
use super::target::TableLocation;
use super::{CopyError, columns};
use crate::core::copies::{CopyDetail, ForeignKeyEdge, RestoreNode, RestoreOrder, mark_orphans, order_restore};
use crate::engine::connection::identifier::quote;

/// A copy with the table into which it is restored.
pub(super) type LocatedCopy<'a> = (&'a StoredCopy, &'a TableLocation);

/// A foreign key between two tables.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reference {
    edge: ForeignKeyEdge,
    /// The table, as SQL.
    table: String,
    /// The constraint with its schema, and its name alone, as SQL.
    constraint: (String, String),
    is_deferrable: bool,
}

/// Copies in the order in which they are restored.
#[derive(Debug, Default)]
pub(super) struct OrderedCopies {
    /// Indices into the copies.
    pub order: Vec<usize>,
    violated: Vec<Reference>,
}

impl OrderedCopies {
    /// Sorts copies.
    pub async fn sort(client: &Client, copies: &[LocatedCopy<'_>]) -> Result<Self, CopyError> {
        let tables: Vec<Oid> = copies.iter().map(|(_, location)| location.relation).collect();
        let references = read_references(client, &tables).await?;
        let node = |(copy, location): &LocatedCopy<'_>| RestoreNode {
            id: copy.id,
            batch: copy.detail.batch.unwrap_or(copy.id),
            kind: copy.kind,
            table: location.relation,
            column: (!copy.contains_rows()).then(|| copy.column_name().to_owned()),
        };
        let nodes: Vec<RestoreNode> = copies.iter().map(node).collect();
        let edges: Vec<ForeignKeyEdge> = references.iter().map(|reference| reference.edge.clone()).collect();
        let RestoreOrder { copies: order, violated } = order_restore(&nodes, &edges);
        let violated = violated.iter().filter_map(|index| references.get(*index).cloned()).collect();
        Ok(Self { order, violated })
    }

    /// The tables whose rows are restored after the rows of a table that references them.
    pub fn later(&self, table: Oid) -> Vec<Oid> {
        let keys = self.violated.iter().filter(|reference| reference.edge.from == table);
        keys.map(|reference| reference.edge.to).collect()
    }

    /// Defers the foreign keys that the order violates.
    pub async fn defer(&self, client: &Client) -> Result<(), CopyError> {
        for Reference { table, constraint, is_deferrable, .. } in &self.violated {
            if !is_deferrable {
                let alter = format!("ALTER TABLE {table} ALTER CONSTRAINT {} DEFERRABLE", constraint.1);
                client.batch_execute(&alter).await?;
            }
        }
        set_mode(client, &self.constraints(), "DEFERRED").await
    }

    /// Checks the deferred foreign keys, and makes them as they were.
    pub async fn check(&self, client: &Client) -> Result<(), CopyError> {
        set_mode(client, &self.constraints(), "IMMEDIATE").await?;
        for Reference { table, constraint, is_deferrable, .. } in &self.violated {
            if !is_deferrable {
                let alter = format!("ALTER TABLE {table} ALTER CONSTRAINT {} NOT DEFERRABLE", constraint.1);
                client.batch_execute(&alter).await?;
            }
        }
        Ok(())
    }

    fn constraints(&self) -> Vec<String> {
        self.violated.iter().map(|reference| reference.constraint.0.clone()).collect()
    }
}

/// Reads the foreign keys between tables, also those from a table to itself.
async fn read_references(client: &Client, tables: &[Oid]) -> Result<Vec<Reference>, CopyError> {
    let query = "SELECT k.conrelid, k.confrelid, n.nspname::text, c.relname::text, s.nspname::text, k.conname::text,
            k.condeferrable, ARRAY(SELECT a.attname::text FROM pg_attribute a
                WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_namespace s ON s.oid = k.connamespace
        WHERE k.contype = 'f' AND k.conrelid = ANY ($1) AND k.confrelid = ANY ($1) AND k.conparentid = 0
        ORDER BY k.conrelid, k.conname";
    let rows = client.query(query, &[&tables]).await?;
    let references = rows.iter().map(|row| {
        let name = quote(row.get(5));
        Reference {
            edge: ForeignKeyEdge { from: row.get(0), to: row.get(1), columns: row.get(7) },
            table: format!("{}.{}", quote(row.get(2)), quote(row.get(3))),
            constraint: (format!("{}.{name}", quote(row.get(4))), name),
            is_deferrable: row.get(6),
        }
    });
    Ok(references.collect())
}

/// Marks the copied rows whose referenced row neither exists nor will be restored, for the foreign keys that are not
/// checked before each row is inserted. `name` returns the table of a copy, as SQL.
pub(super) async fn mark_missing_references(
    client: &Client,
    copies: &[LocatedCopy<'_>],
    ordered: &OrderedCopies,
    name: impl Fn(i64) -> String,
) -> Result<(), CopyError> {
    let with_rows: Vec<&LocatedCopy<'_>> = copies.iter().filter(|(copy, _)| copy.contains_rows()).collect();
    let mut updates = Vec::new();
    for (copy, location) in &with_rows {
        let table = name(copy.id);
        // An earlier attempt to restore the copy may have left marks.
        let reset = format!(
            "UPDATE {table} SET is_orphan = false, target_table = NULL, target_row = NULL
             WHERE is_orphan OR target_row IS NOT NULL"
        );
        client.batch_execute(&reset).await?;
        let later = ordered.later(location.relation);
        let target = columns::read_target(client, location.relation, location.table.clone(), &later).await?;
        for reference in &target.later_references {
            let others = with_rows.iter().filter(|(_, other)| other.relation == reference.relation);
            let others: Vec<(String, &CopyDetail)> = others.map(|(other, _)| (name(other.id), &other.detail)).collect();
            updates.extend(mark_orphans(&table, reference, &target, &copy.detail, &others));
        }
    }
    // A row without its referenced row cannot be referenced itself.
    loop {
        let mut marked = 0;
        for update in &updates {
            marked += client.execute(update.as_str(), &[]).await?;
        }
        if marked == 0 {
            return Ok(());
        }
    }
}
