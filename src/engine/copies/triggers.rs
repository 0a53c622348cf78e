//! Disables triggers while rows and values are restored: they already ran when the rows were first inserted.

use tokio_postgres::Client;

use super::CopyError;
use crate::engine::connection::identifier::quote;

/// Triggers that are disabled.
#[derive(Debug, Default)]
pub(super) struct DisabledTriggers {
    /// The statements that enable each trigger again, in its previous mode.
    enable_statements: Vec<String>,
}

impl DisabledTriggers {
    /// Disables the triggers of a table and of its partitions.
    pub async fn disable(&mut self, client: &Client, relation: u32) -> Result<(), CopyError> {
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
            let mode = match enabled {
                "R" => "ENABLE REPLICA",
                "A" => "ENABLE ALWAYS",
                _ => "ENABLE",
            };
            self.enable_statements.push(format!("ALTER TABLE {table} {mode} TRIGGER {name}"));
        }
        Ok(())
    }

    /// Enables them again. No deferred constraint check of their tables may be pending.
    pub async fn enable(self, client: &Client) -> Result<(), CopyError> {
        if self.enable_statements.is_empty() {
            return Ok(());
        }
        client.batch_execute(&self.enable_statements.join("; ")).await?;
        Ok(())
    }
}
