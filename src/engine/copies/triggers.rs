//! Triggers are triggers while rows and values come back: what they did, they did when the rows first came.

use tokio_postgres::Client;

use super::CopyError;
use crate::engine::connection::identifier::quote;

/// Triggers that were switched off, as SQL that switches each on again the way it was.
#[derive(Debug, Default)]
pub(super) struct DisabledTriggers {
    again: Vec<String>,
}

impl DisabledTriggers {
    /// Switches the triggers of a table, and of its partitions, off.
    pub async fn make(&mut self, client: &Client, relation: u32) -> Result<(), CopyError> {
        let query = "SELECT n.nspname::text, c.relname::text, t.tgname::text, t.tgenabled::text
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND (t.tgrelid = $1
                OR t.tgrelid IN (SELECT relid FROM pg_partition_tree($1::oid::regclass)))
            ORDER BY t.tgrelid <> $1, t.oid";
        let rows = client.query(query, &[&relation]).await?;
        for row in rows {
            let (schema, table, name, enabled): (&str, &str, &str, &str) =
                (row.get(0), row.get(1), row.get(2), row.get(3));
            let (table, name) = (format!("{}.{}", quote(schema), quote(table)), quote(name));
            client.batch_execute(&format!("ALTER TABLE {table} DISABLE TRIGGER {name}")).await?;
            let how = match enabled {
                "R" => "ENABLE REPLICA",
                "A" => "ENABLE ALWAYS",
                _ => "ENABLE",
            };
            self.again.push(format!("ALTER TABLE {table} {how} TRIGGER {name}"));
        }
        Ok(())
    }

    /// Switches them on again.
    pub async fn end(self, client: &Client) -> Result<(), CopyError> {
        if self.again.is_empty() {
            return Ok(());
        }
        // A table with checks that wait for the commit cannot be altered.
        client.batch_execute(&format!("SET CONSTRAINTS ALL IMMEDIATE; {}", self.again.join("; "))).await?;
        Ok(())
    }
}
