//! Completes copies after their statement has run: removes the data that was not lost, and records the rest.

use tokio_postgres::Client;

use super::copier::{Copier, PendingCopy};
use super::copy_table::{count_rows, read_copy_size, revoke_privileges};
use super::settings::OwnSettings;
use super::store::NewCopy;
use super::tasks::CopyTask;
use super::{CompletedCopy, CopyError, columns};
use crate::core::copies::{
    CopyKind, delete_remaining_rows, delete_unchanged_values, delete_unmoved_rows, record_new_values,
};
use crate::engine::Error;

/// Why deleted rows of a table without a key are not restored if their statement ran outside a transaction.
pub(super) const NO_KEY: &str = "the table has no primary key, and the statement runs outside a transaction, so its deleted \
    rows are not known";

impl Copier {
    /// Completes the copies of a statement that affected `affected` rows. Returns the copies that contain data.
    pub async fn complete_copies(
        &self,
        client: &Client,
        pending: Vec<PendingCopy>,
        affected: Option<u64>,
    ) -> Result<Vec<CompletedCopy>, CopyError> {
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        check_row_count(&pending, affected)?;
        let settings = OwnSettings::begin(client, self.role.as_deref()).await?;
        settings.use_catalog_path(client).await?;
        let mut completed = Vec::new();
        for copy in pending {
            let (kind, object) = (copy.task.kind, copy.task.object.clone());
            let rows = self
                .complete(client, copy)
                .await
                .map_err(|error| error.with_object(&format!("cannot complete the copy of {object}")))?;
            completed.extend(rows.filter(|rows| *rows > 0).map(|rows| CompletedCopy { kind, object, rows }));
        }
        settings.end(client).await?;
        Ok(completed)
    }

    /// Completes the copies of the same object from an earlier run that was interrupted: its statement may have taken
    /// effect. `own` are the copies of the current statement.
    pub(super) async fn complete_interrupted(
        &self,
        client: &Client,
        new: &NewCopy<'_>,
        own: &[i64],
    ) -> Result<(), CopyError> {
        for copy in self.store.read_interrupted(client, new, own).await? {
            let task = CopyTask {
                kind: copy.kind,
                object: copy.object.clone(),
                schema: copy.schema.clone(),
                table: copy.table.clone(),
                detail: copy.detail.clone(),
                filter: None,
                is_direct: false,
                is_dropped: matches!(copy.kind, CopyKind::Table | CopyKind::Column),
                bytes: 0,
                follows_foreign_keys: false,
            };
            let copied = match &copy.name {
                Some(table) => count_rows(client, table).await?,
                None => 1,
            };
            let pending = PendingCopy { id: copy.id, task, copied, loss: None, in_transaction: false };
            self.complete(client, pending).await?;
        }
        Ok(())
    }

    /// Completes one copy. Returns the number of its rows. `None` if nothing was destroyed.
    async fn complete(&self, client: &Client, mut pending: PendingCopy) -> Result<Option<u64>, CopyError> {
        let table = self.store.table_of_copy(pending.id);
        let is_lost = if pending.task.is_dropped {
            is_dropped(client, &pending).await?
        } else {
            match pending.task.kind {
                CopyKind::Rows => remove_remaining_rows(client, &table, &mut pending).await?,
                CopyKind::Values => remove_unchanged_values(client, &table, &pending).await?,
                CopyKind::Sequence => is_sequence_changed(client, &pending).await?,
                CopyKind::Table | CopyKind::Column => true,
            }
        };
        if !is_lost {
            self.store.discard(client, pending.id).await?;
            return Ok(None);
        }
        let (rows, size) = match pending.task.kind {
            CopyKind::Sequence => (1, 0),
            kind => {
                // The copy of a column also contains NULLs, which are not counted as values.
                let counted = if kind == CopyKind::Column { "v1" } else { "*" };
                let row = client.query_one(&format!("SELECT count({counted}), count(*) FROM {table}"), &[]).await?;
                let (rows, all) = (row.get::<_, i64>(0).unsigned_abs(), row.get::<_, i64>(1).unsigned_abs());
                if all * 2 < pending.copied {
                    rewrite(client, &table).await?;
                }
                (rows, read_copy_size(client, &table).await?)
            }
        };
        if rows == 0 {
            self.store.discard(client, pending.id).await?;
            return Ok(None);
        }
        self.store.complete(client, pending.id, rows, size, &pending.task.detail).await?;
        Ok(Some(rows))
    }
}

/// Refuses to continue if a statement has affected more rows than matched its condition before it ran.
fn check_row_count(pending: &[PendingCopy], affected: Option<u64>) -> Result<(), CopyError> {
    let Some(affected) = affected else { return Ok(()) };
    for copy in pending.iter().filter(|copy| copy.task.is_direct && copy.task.filter.is_some()) {
        let Some((loss, code)) = copy.loss else { continue };
        let is_same_loss = |other: &&PendingCopy| other.loss.is_some_and(|(other, _)| other == loss);
        let same_loss = pending.iter().filter(is_same_loss).filter(|other| other.task.is_direct);
        let copied: u64 = same_loss.map(|copy| copy.copied).sum();
        if affected > copied {
            let object = &copy.task.object;
            return Err(Error::new(format!(
                "the statement affected {affected} rows of {object}, but only {copied} matched its condition before it ran"
            ))
            .because(format!("{code}: the copy does not contain all lost data"))
            .hint("make a backup and continue without copies: --no-keep")
            .into());
        }
    }
    Ok(())
}

/// Whether the copied object no longer exists.
async fn is_dropped(client: &Client, pending: &PendingCopy) -> Result<bool, CopyError> {
    let relation = pending.task.detail.relation;
    let row = match pending.task.detail.columns.first().filter(|_| pending.task.kind == CopyKind::Column) {
        Some(column) => {
            let query =
                "SELECT NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1 AND attnum = $2 AND NOT attisdropped)";
            client.query_one(query, &[&relation, &column.number]).await?
        }
        None => client.query_one("SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid = $1)", &[&relation]).await?,
    };
    Ok(row.get(0))
}

/// Removes from a copy the rows that the table still has. Returns whether the statement destroyed rows.
async fn remove_remaining_rows(client: &Client, copy: &str, pending: &mut PendingCopy) -> Result<bool, CopyError> {
    let Some(table) = read_current_table(client, pending).await? else { return Ok(true) };
    let detail = &mut pending.task.detail;
    if !detail.key.is_empty() {
        client.batch_execute(&delete_remaining_rows(copy, &table, detail)).await?;
        return Ok(true);
    }
    if pending.in_transaction {
        client.batch_execute(&delete_unmoved_rows(copy, &table)).await?;
        return Ok(true);
    }
    // Without a key and without a transaction, rows are restored only if the table is empty now.
    let remaining =
        client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.get::<_, i64>(0).unsigned_abs();
    if remaining > 0 {
        detail.not_restorable = Some(NO_KEY.to_owned());
    }
    Ok(remaining == 0 || pending.task.filter.is_some() || remaining < pending.copied)
}

/// Records the new values, and removes from a copy those that the statement did not change. Returns true: whether
/// values remain is counted later.
async fn remove_unchanged_values(client: &Client, copy: &str, pending: &PendingCopy) -> Result<bool, CopyError> {
    let detail = &pending.task.detail;
    let Some(table) = read_current_table(client, pending).await? else { return Ok(true) };
    if detail.not_restorable.is_some() {
        return Ok(true);
    }
    client.batch_execute(&record_new_values(copy, &table, detail)).await?;
    // After a change of type, unchanged values also remain in the copy: changing the type back may change them.
    if !detail.type_changed {
        client.batch_execute(&delete_unchanged_values(copy)).await?;
    }
    Ok(true)
}

/// Whether the statement has changed the state of a sequence.
async fn is_sequence_changed(client: &Client, pending: &PendingCopy) -> Result<bool, CopyError> {
    let query =
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = $1";
    let sequence = pending.task.detail.relation;
    let Some(row) = client.query_opt(query, &[&sequence]).await? else { return Ok(true) };
    let current = columns::read_sequence_state(client, sequence, row.get(0)).await?;
    let copied = pending.task.detail.sequence_state.as_ref();
    Ok(copied.is_some_and(|copied| (copied.last_value, copied.is_called) != (current.last_value, current.is_called)))
}

/// The copied table as FROM requires it, with its current name. `None` if it no longer exists.
async fn read_current_table(client: &Client, pending: &PendingCopy) -> Result<Option<String>, CopyError> {
    let query = "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = $1";
    let row = client.query_opt(query, &[&pending.task.detail.relation]).await?;
    Ok(row.map(|row| columns::table_sql(row.get(0), row.get(1), !pending.task.detail.only)))
}

/// Rewrites the table of a copy from which most rows were deleted, to free disk space.
async fn rewrite(client: &Client, copy: &str) -> Result<(), CopyError> {
    let name = copy.rsplit('.').next().unwrap_or(copy);
    let new = format!("{copy}_new");
    client
        .batch_execute(&format!(
            "CREATE TABLE {new} (LIKE {copy} INCLUDING ALL);
            INSERT INTO {new} OVERRIDING SYSTEM VALUE SELECT * FROM {copy};
            DROP TABLE {copy}; ALTER TABLE {new} RENAME TO {name}"
        ))
        .await?;
    revoke_privileges(client, copy).await
}
