//! The modes of deferrable constraints while copies are restored: limbeck's own writes are checked immediately, so that no
//! check is pending when the script's next statement alters the table.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::CopyError;
use crate::engine::connection::identifier::quote;

/// The deferrable constraints of tables, and those that reference them.
#[derive(Debug, Default)]
pub(super) struct DeferrableConstraints {
    all: Vec<String>,
    /// Those that are `INITIALLY DEFERRED`.
    deferred: Vec<String>,
}

impl DeferrableConstraints {
    /// Reads the deferrable constraints, and the constraint triggers, of tables and their partitions.
    pub async fn read(client: &Client, tables: &[Oid]) -> Result<Self, CopyError> {
        let query = "WITH tables AS (
                SELECT unnest($1::oid[]) AS oid
                UNION SELECT p.relid::oid FROM unnest($1::oid[]) AS t (oid), pg_partition_tree(t.oid::regclass) p)
            SELECT DISTINCT n.nspname::text, k.conname::text, bool_or(k.condeferred) OVER (PARTITION BY k.connamespace, k.conname)
            FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
            WHERE k.condeferrable AND (k.conrelid IN (SELECT oid FROM tables) OR k.confrelid IN (SELECT oid FROM tables))
            ORDER BY 1, 2";
        let mut constraints = Self::default();
        for row in client.query(query, &[&tables]).await? {
            let name = format!("{}.{}", quote(row.get(0)), quote(row.get(1)));
            if row.get(2) {
                constraints.deferred.push(name.clone());
            }
            constraints.all.push(name);
        }
        Ok(constraints)
    }

    /// Checks them now, and from now on after each statement.
    pub async fn make_immediate(&self, client: &Client) -> Result<(), CopyError> {
        set_mode(client, &self.all, "IMMEDIATE").await
    }

    /// Sets the modes that the script expects: each constraint's own mode, changed by the `SET CONSTRAINTS` statements
    /// that the script has run.
    pub async fn reset(&self, client: &Client, script: &[String]) -> Result<(), CopyError> {
        if self.all.is_empty() {
            return Ok(());
        }
        set_mode(client, &self.deferred, "DEFERRED").await?;
        for statement in script {
            client.batch_execute(statement).await?;
        }
        Ok(())
    }
}

/// Sets the mode of constraints.
pub(super) async fn set_mode(client: &Client, constraints: &[String], mode: &str) -> Result<(), CopyError> {
    if constraints.is_empty() {
        return Ok(());
    }
    Ok(client.batch_execute(&format!("SET CONSTRAINTS {} {mode}", constraints.join(", "))).await?)
}
