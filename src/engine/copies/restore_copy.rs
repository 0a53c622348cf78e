//! Writes one copy into the table that it belongs to.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::restore::{Restoration, count_rows};
use super::store::StoredCopy;
use super::target::{TableLocation, is_other_type};
use super::{CopyError, RestoredCopy, columns};
use crate::core::copies::{
    CopyKind, RestoreTarget, count_changed_values, count_restored_values, delete_identical_rows, insert_rows,
    older_value, update_values,
};
use crate::core::sql::qualify_names;
use crate::engine::connection::identifier::{literal, quote};

impl Restoration {
    /// Restores one copy. `later`: referenced tables that are restored after it. `filled`: whether the step itself has
    /// inserted rows. The inner error is the reason why the copy cannot be restored.
    pub(super) async fn restore_copy(
        &self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
        later: &[Oid],
        filled: bool,
    ) -> Result<Result<RestoredCopy, String>, CopyError> {
        if copy.kind == CopyKind::Sequence {
            return self.restore_sequence(client, copy, location).await;
        }
        let mut target = columns::read_target(client, location.relation, location.table.clone(), later).await?;
        target.older_values = self.find_older_values(copy, &target);
        if copy.contains_rows() {
            let filled = filled && copy.kind == CopyKind::Rows;
            return Ok(Ok(self.write_rows(client, copy, location, &target, filled).await?));
        }
        if is_other_type(copy, &target) {
            if let Some(why) = self.try_write_values(client, copy, location, &target).await? {
                return Ok(Err(why));
            }
        } else {
            self.write_values(client, copy, location, &target).await?;
        }
        let table = self.store.table_of_copy(copy.id);
        let query = count_restored_values(&table, &target, &copy.detail, copy.kind == CopyKind::Values);
        let row = client.query_one(&qualify_names(&query), &[]).await?;
        let number = |index: usize| row.get::<_, i64>(index).unsigned_abs();
        self.store.remove(client, copy.id, "restored").await?;
        Ok(Ok(RestoredCopy { object: copy.object.clone(), rows: number(0), not_restored: number(1), added: number(2) }))
    }

    /// For the columns of copied rows whose type was changed before: the previous values, if an older copy has them.
    /// Returns each column with its value as SQL.
    pub(super) fn find_older_values(&self, copy: &StoredCopy, target: &RestoreTarget) -> Vec<(String, String)> {
        if !copy.contains_rows() {
            return Vec::new();
        }
        let mut values = Vec::new();
        for stored in &copy.detail.columns {
            let Some(current) = target.column(&stored.name).filter(|current| current.ty != stored.ty) else {
                continue;
            };
            let older = self.copies.iter().find(|older| {
                let column = older.detail.columns.first();
                older.detail.type_changed
                    && older.detail.not_restorable.is_none()
                    && older.id < copy.id
                    && older.detail.relation == copy.detail.relation
                    && column.is_some_and(|column| {
                        column.name == stored.name && column.ty == current.ty && column.attributes == current.attributes
                    })
            });
            let value = older.and_then(|older| {
                older_value((&self.store.table_of_copy(older.id), &older.detail), current, &copy.detail)
            });
            values.extend(value.map(|value| (stored.name.clone(), value)));
        }
        values
    }

    /// Restores values into a column that now has another type. If the type cannot represent all of them, changes
    /// nothing and returns the reason.
    pub(super) async fn try_write_values(
        &self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
        target: &RestoreTarget,
    ) -> Result<Option<String>, CopyError> {
        client.batch_execute("SAVEPOINT limbeck_restore").await?;
        let overwritten = copy.kind == CopyKind::Values;
        let query = count_changed_values(&self.store.table_of_copy(copy.id), target, &copy.detail, overwritten);
        let is_changed = match self.write_values(client, copy, location, target).await {
            Ok(()) => client.query_one(&qualify_names(&query), &[]).await?.get::<_, i64>(0) > 0,
            Err(CopyError::Server(error, _)) if is_data_error(&error) => true,
            Err(error) => return Err(error),
        };
        if !is_changed {
            client.batch_execute("RELEASE SAVEPOINT limbeck_restore").await?;
            return Ok(None);
        }
        client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_restore; RELEASE SAVEPOINT limbeck_restore").await?;
        let stored = copy.detail.columns.first().map(|column| (column.name.as_str(), column.ty.as_str()));
        let (name, old_type) = stored.unwrap_or_default();
        let new_type = target.column(name).map(|current| current.ty.as_str()).unwrap_or_default();
        Ok(Some(format!("the type of {name} was {old_type}, and {new_type} cannot represent all its values")))
    }

    /// Restores the values of a column.
    pub(super) async fn write_values(
        &self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
        target: &RestoreTarget,
    ) -> Result<(), CopyError> {
        let overwritten = copy.kind == CopyKind::Values;
        let table = self.store.table_of_copy(copy.id);
        let Some(update) = update_values(&table, target, &copy.detail, overwritten) else { return Ok(()) };
        let column = target.column(copy.column_name());
        let Some(identity) = column.filter(|column| column.always_identity) else {
            return Ok(client.batch_execute(&update).await?);
        };
        let alter = format!("ALTER TABLE {} ALTER COLUMN {} SET GENERATED", location.name, quote(&identity.name));
        Ok(client.batch_execute(&format!("{alter} BY DEFAULT; {update}; {alter} ALWAYS")).await?)
    }

    /// Restores rows. Those that cannot be restored remain in the copy.
    async fn write_rows(
        &self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
        target: &RestoreTarget,
        filled: bool,
    ) -> Result<RestoredCopy, CopyError> {
        let table = self.store.table_of_copy(copy.id);
        let (before, copied) = (count_rows(client, &target.table).await?, count_rows(client, &table).await?);
        // Rows that the step itself has inserted must not be duplicated. Those that differ remain in the copy.
        let insert = insert_rows(&table, &location.name, target, &copy.detail);
        let rows = if filled { 0 } else { client.execute(&qualify_names(&insert), &[]).await? };
        let not_restored = if copy.detail.key.is_empty() {
            copied.saturating_sub(rows)
        } else {
            client.batch_execute(&delete_identical_rows(&table, target, &copy.detail)).await?;
            count_rows(client, &table).await?
        };
        let already_identical = copied.saturating_sub(rows).saturating_sub(not_restored);
        if not_restored == 0 {
            self.store.remove(client, copy.id, "restored").await?;
        } else {
            let mut detail = copy.detail.clone();
            if detail.key.is_empty() && rows > 0 {
                let reason = "some of its rows were restored, and without a primary key limbeck cannot find out which";
                detail.not_restorable = Some(reason.to_owned());
            }
            self.store.record_remaining_rows(client, copy.id, not_restored, &detail).await?;
        }
        let added = before.saturating_sub(already_identical);
        Ok(RestoredCopy { object: copy.object.clone(), rows, not_restored, added })
    }

    /// Restores the state of a sequence, unless the sequence has advanced further since.
    async fn restore_sequence(
        &self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
    ) -> Result<Result<RestoredCopy, String>, CopyError> {
        let Some(state) = &copy.detail.sequence_state else {
            return Ok(Err("the copy does not contain the state of the sequence".to_owned()));
        };
        let comparison = if state.ascending { "<" } else { ">" };
        let (name, last, called) = (&location.name, state.last_value, state.is_called);
        let set = format!(
            "SELECT setval({}, {last}, {called}) FROM {name} AS s WHERE s.last_value {comparison} {last}
                OR (s.last_value = {last} AND NOT s.is_called)",
            literal(name)
        );
        let changed = client.query(&set, &[]).await?.len() as u64;
        self.store.remove(client, copy.id, "restored").await?;
        Ok(Ok(RestoredCopy { object: copy.object.clone(), rows: changed, not_restored: 0, added: 0 }))
    }
}

/// Whether the server rejected a value (SQLSTATE class 22, data exception).
fn is_data_error(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|answer| answer.code().code().starts_with("22"))
}
