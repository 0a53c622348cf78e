//! Writes one copy into the table that it belongs to.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::copy_table::count_rows;
use super::restore::Restoration;
use super::restore_order::LocatedCopy;
use super::store::StoredCopy;
use super::target::{TableLocation, is_other_type, omitted_columns};
use super::{CopyError, RestoredCopy, columns};
use crate::core::copies::{
    CopyKind, RestoreTarget, count_changed_values, count_restored_values, delete_identical_rows,
    delete_restored_values, insert_condition, insert_rows, older_value, update_values,
};
use crate::engine::connection::identifier::{literal, quote};

/// The result of restoring a copy.
#[derive(Debug)]
pub(super) struct CopyOutcome {
    pub copy: RestoredCopy,
    /// Why the copy remains although its rows were restored.
    pub remains: Option<String>,
}

impl RestoredCopy {
    /// The result of restoring a copy.
    fn new(copy: &StoredCopy, rows: u64, (not_restored, added): (u64, u64)) -> Self {
        Self { kind: copy.kind, object: copy.object.clone(), rows, not_restored, added }
    }
}

impl Restoration {
    /// Restores one copy. `later`: referenced tables that are restored after it. `may_insert`: rows that the table does not
    /// have may be inserted. The inner error is the reason why the copy cannot be restored.
    pub(super) async fn restore_copy(
        &self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
        later: &[Oid],
        may_insert: bool,
    ) -> Result<Result<CopyOutcome, String>, CopyError> {
        if copy.kind == CopyKind::Sequence {
            let restored = self.restore_sequence(client, copy, location).await?;
            return Ok(restored.map(|copy| CopyOutcome { copy, remains: None }));
        }
        let mut target = columns::read_target(client, location.relation, location.table.clone(), later).await?;
        target.older_values = self.find_older_values(copy, &target);
        if copy.contains_rows() {
            return Ok(Ok(self.write_rows(client, (copy, location), &target, may_insert).await?));
        }
        if is_other_type(copy, &target) {
            if let Some(why) = self.try_write_values(client, copy, location, &target).await? {
                return Ok(Err(why));
            }
        } else {
            self.write_values_or_some(client, (copy, location), &target).await?;
        }
        let copy = self.finish_values(client, copy, &target).await?;
        Ok(Ok(CopyOutcome { copy, remains: None }))
    }

    /// Restores the values of a column before the step ends. The copy remains.
    pub(super) async fn restore_column_early(
        &self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
        later: &[Oid],
    ) -> Result<(), CopyError> {
        let target = columns::read_target(client, location.relation, location.table.clone(), later).await?;
        if is_other_type(copy, &target) {
            self.try_write_values(client, copy, location, &target).await.map(drop)
        } else {
            self.write_values(client, copy, location, &target).await
        }
    }

    /// Restores the values of a column. If another row now has one of them in a unique column, restores the values one by
    /// one and leaves those in the copy that conflict.
    async fn write_values_or_some(
        &self,
        client: &Client,
        (copy, location): LocatedCopy<'_>,
        target: &RestoreTarget,
    ) -> Result<(), CopyError> {
        client.batch_execute("SAVEPOINT limbeck_values").await?;
        match self.write_values(client, copy, location, target).await {
            Ok(()) => {}
            Err(CopyError::Server(error, _)) if is_conflict(&error) => {
                client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_values").await?;
                let ids = format!("SELECT id FROM {} ORDER BY id", self.store.table_of_copy(copy.id));
                for row in client.query(&ids, &[]).await? {
                    self.write_one_value(client, copy, target, row.get(0)).await?;
                }
            }
            Err(error) => return Err(error),
        }
        Ok(client.batch_execute("RELEASE SAVEPOINT limbeck_values").await?)
    }

    /// Restores one value of a copy, unless it conflicts with another row.
    async fn write_one_value(
        &self,
        client: &Client,
        copy: &StoredCopy,
        target: &RestoreTarget,
        id: i64,
    ) -> Result<(), CopyError> {
        let table = self.store.table_of_copy(copy.id);
        let overwritten = copy.kind == CopyKind::Values;
        let Some(update) = update_values(&table, target, &copy.detail, overwritten) else { return Ok(()) };
        client.batch_execute("SAVEPOINT limbeck_value").await?;
        match client.batch_execute(&format!("{update} AND k.id = {id}")).await {
            Ok(()) => {}
            Err(error) if is_conflict(&error) => {
                client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_value").await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(client.batch_execute("RELEASE SAVEPOINT limbeck_value").await?)
    }

    /// Removes the restored values from a copy, and the copy if none remain.
    async fn finish_values(
        &self,
        client: &Client,
        copy: &StoredCopy,
        target: &RestoreTarget,
    ) -> Result<RestoredCopy, CopyError> {
        let table = self.store.table_of_copy(copy.id);
        let overwritten = copy.kind == CopyKind::Values;
        let row = client.query_one(&count_restored_values(&table, target, &copy.detail, overwritten), &[]).await?;
        let number = |index: usize| row.get::<_, i64>(index).unsigned_abs();
        client.batch_execute(&delete_restored_values(&table, target, &copy.detail, overwritten)).await?;
        let not_restored = count_rows(client, &table).await?;
        if not_restored == 0 {
            self.store.remove(client, copy.id, "restored").await?;
        } else {
            self.store.record_remaining_rows(client, copy.id, not_restored, &copy.detail).await?;
        }
        Ok(RestoredCopy::new(copy, number(0), (not_restored, number(2))))
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
                let is_between = |other: &&StoredCopy| {
                    other.kind == CopyKind::Values
                        && (older.id + 1..copy.id).contains(&other.id)
                        && other.detail.relation == copy.detail.relation
                        && other.column_name() == stored.name
                };
                let is_latest = older.kind == CopyKind::Values && !self.copies.iter().any(|other| is_between(&other));
                let older = (self.store.table_of_copy(older.id), &older.detail);
                older_value((&older.0, older.1), current, &copy.detail, is_latest)
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
            Ok(()) => client.query_one(&query, &[]).await?.get::<_, i64>(0) > 0,
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
        (copy, location): LocatedCopy<'_>,
        target: &RestoreTarget,
        may_insert: bool,
    ) -> Result<CopyOutcome, CopyError> {
        let table = self.store.table_of_copy(copy.id);
        let (before, copied) = (count_rows(client, &target.table).await?, count_rows(client, &table).await?);
        let rows = if may_insert { self.insert_missing_rows(client, (copy, location), target).await? } else { 0 };
        let omitted = self.find_omitted_values(client, copy, target).await?;
        let mut detail = copy.detail.clone();
        if let Some(column) = omitted {
            let reason = format!("its rows were restored without {column}, which does not exist");
            detail.not_restorable = Some(reason.clone());
            self.store.record_remaining_rows(client, copy.id, copied, &detail).await?;
            let copy = RestoredCopy::new(copy, rows, (0, 0));
            return Ok(CopyOutcome { copy, remains: Some(reason) });
        }
        if !detail.key.is_empty() {
            client.batch_execute(&delete_identical_rows(&table, target, &detail)).await?;
        }
        let not_restored = count_rows(client, &table).await?;
        let already_identical = copied.saturating_sub(rows).saturating_sub(not_restored);
        if not_restored == 0 {
            self.store.remove(client, copy.id, "restored").await?;
        } else {
            if detail.key.is_empty() && rows > 0 && target.has_unique_index {
                let reason = "some of its rows were restored, and without a primary key limbeck cannot find out which";
                detail.not_restorable = Some(reason.to_owned());
            }
            self.store.record_remaining_rows(client, copy.id, not_restored, &detail).await?;
        }
        // Only a table that the step has created contains no rows from before.
        let added = if copy.kind == CopyKind::Table { before.saturating_sub(already_identical) } else { 0 };
        let copy = RestoredCopy::new(copy, rows, (not_restored, added));
        Ok(CopyOutcome { copy, remains: None })
    }

    /// Inserts the copied rows that the table does not have. Returns their number.
    async fn insert_missing_rows(
        &self,
        client: &Client,
        (copy, location): LocatedCopy<'_>,
        target: &RestoreTarget,
    ) -> Result<u64, CopyError> {
        let table = self.store.table_of_copy(copy.id);
        let insert = insert_rows(&table, &location.name, target, &copy.detail);
        let rows = client.execute(&insert, &[]).await?;
        if copy.detail.key.is_empty() {
            // Without a key the inserted rows cannot be found, but if none was skipped, they are all that could be inserted.
            let condition = insert_condition(target, &copy.detail);
            let possible =
                client.query_one(&format!("SELECT count(*) FROM {table} AS k WHERE {condition}"), &[]).await?;
            if possible.get::<_, i64>(0).unsigned_abs() == rows {
                client.batch_execute(&format!("DELETE FROM {table} AS k WHERE {condition}")).await?;
            }
        }
        Ok(rows)
    }

    /// Returns a column whose copied values have no place in the table. `None` if all have one.
    async fn find_omitted_values(
        &self,
        client: &Client,
        copy: &StoredCopy,
        target: &RestoreTarget,
    ) -> Result<Option<String>, CopyError> {
        let table = self.store.table_of_copy(copy.id);
        for (index, name) in omitted_columns(copy, target) {
            let exists = format!("SELECT EXISTS (SELECT FROM {table} WHERE v{index} IS NOT NULL)");
            if client.query_one(&exists, &[]).await?.get(0) {
                return Ok(Some(name.to_owned()));
            }
        }
        Ok(None)
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
        Ok(Ok(RestoredCopy::new(copy, changed, (0, 0))))
    }
}

/// Whether the server rejected a value (SQLSTATE class 22, data exception).
fn is_data_error(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|answer| answer.code().code().starts_with("22"))
}

/// Whether another row already has a value that must be unique (SQLSTATE 23505 and 23P01).
pub(super) fn is_conflict(error: &tokio_postgres::Error) -> bool {
    use tokio_postgres::error::SqlState;
    [Some(&SqlState::UNIQUE_VIOLATION), Some(&SqlState::EXCLUSION_VIOLATION)].contains(&error.code())
}
