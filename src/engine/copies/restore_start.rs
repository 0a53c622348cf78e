//! Examines the database before a step restores copies, so that the step's own changes can be told from those of others.

use tokio_postgres::Client;

use super::columns::CatalogColumn;
use super::copy_table::count_rows;
use super::restore::{Restoration, StepMode, is_newer_copy_of_column, restore_error};
use super::rows_before::RowsBefore;
use super::store::StoredCopy;
use super::target::{FoundTable, TableLocation, locate};
use super::{CopyError, columns};
use crate::core::copies::{
    CopyKind, copy_stale_marks, is_written_by_transaction, mark_stale, mark_stale_by_newer_copy,
};
use crate::core::statement::Statement;

impl Restoration {
    /// Examines the database before the step's first statement: which objects exist already, and which values were
    /// changed since they were overwritten. In a transaction, the tables whose rows and values are restored are locked, so
    /// that no other session changes them before that.
    pub async fn start(&mut self, client: &Client, mode: StepMode) -> Result<(), CopyError> {
        self.mode = mode;
        if mode == StepMode::Resumed {
            return Ok(());
        }
        let settings = self.begin_settings(client).await?;
        let copies = self.copies_with_current_names(client, |_| true).await?;
        if mode == StepMode::InTransaction {
            lock_tables(client, &copies).await?;
        }
        for (index, copy) in copies.iter().enumerate() {
            let Some(location) = locate(client, copy).await? else { continue };
            if matches!(copy.kind, CopyKind::Column | CopyKind::Values | CopyKind::Rows) {
                self.found_tables.insert(copy.id, FoundTable::read(client, location.relation).await?);
            }
            match copy.kind {
                CopyKind::Table => {
                    self.existing.insert(copy.id, (location.relation, 0));
                }
                CopyKind::Column | CopyKind::Values => {
                    let newer = copies.get(..index).unwrap_or_default();
                    self.examine_column(client, copy, &location, newer).await?;
                }
                CopyKind::Rows => {
                    let rows = RowsBefore::read(client, &location.table).await?;
                    self.rows_before.insert(location.relation, rows);
                }
                CopyKind::Sequence => {}
            }
        }
        self.mark_values_changed_between_copies(client, &copies).await?;
        settings.end(client).await
    }

    /// Marks the values that other sessions have changed, before a statement outside a transaction changes the type of
    /// their column. The statement runs in the current transaction.
    pub async fn examine_before(&mut self, client: &Client, statement: &Statement) -> Result<(), CopyError> {
        if self.mode != StepMode::OutsideTransaction {
            return Ok(());
        }
        let settings = self.begin_settings(client).await?;
        let copies = self.copies_with_current_names(client, |_| true).await?;
        for (index, copy) in copies.iter().enumerate() {
            let name = copy.column_name().to_lowercase();
            let is_changed = copy.kind == CopyKind::Values
                && copy.detail.type_changed
                && statement.words().contains(&name)
                && self.may_restore_values(copy, statement);
            if let Some(location) = locate(client, copy).await?.filter(|_| is_changed) {
                let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", location.table);
                client.batch_execute(&lock).await?;
                let newer = copies.get(..index).unwrap_or_default();
                self.examine_column(client, copy, &location, newer).await?;
            }
        }
        settings.end(client).await
    }

    /// Locks the tables of a step that does not run in a transaction, and marks the values that were changed while it ran.
    pub(super) async fn examine_again(&mut self, client: &Client) -> Result<(), CopyError> {
        let copies = self.copies_with_current_names(client, |_| true).await?;
        lock_tables(client, &copies).await?;
        for (index, copy) in copies.iter().enumerate() {
            // The step itself has changed values whose type it changed back.
            if copy.kind != CopyKind::Values || copy.detail.type_changed {
                continue;
            }
            if let Some(location) = locate(client, copy).await? {
                let newer = copies.get(..index).unwrap_or_default();
                self.examine_column(client, copy, &location, newer).await?;
            }
        }
        Ok(())
    }

    /// Marks the values that another session changed after they were overwritten, and before the same step deleted their row
    /// or dropped their column: the newer copy has the value that must come back.
    async fn mark_values_changed_between_copies(
        &self,
        client: &Client,
        copies: &[StoredCopy],
    ) -> Result<(), CopyError> {
        for (index, copy) in copies.iter().enumerate() {
            if copy.kind != CopyKind::Values || copy.detail.not_restorable.is_some() {
                continue;
            }
            let table = self.store.table_of_copy(copy.id);
            let newer = copies.get(..index).unwrap_or_default();
            // The newest copy comes first, so the marks of older copies are complete when they are copied.
            for newer in newer.iter().filter(|newer| newer.detail.relation == copy.detail.relation) {
                let other = self.store.table_of_copy(newer.id);
                if newer.contains_rows() || newer.kind == CopyKind::Column {
                    let mark = mark_stale_by_newer_copy((&table, &copy.detail), (&other, newer.kind, &newer.detail));
                    client.batch_execute(&mark.unwrap_or_default()).await?;
                } else if newer.kind == CopyKind::Values && is_newer_copy_of_column(newer, copy) {
                    client.batch_execute(&copy_stale_marks(&table, &other, copy.detail.key.len())).await?;
                }
            }
        }
        Ok(())
    }

    /// Records whether a copied column exists, and marks the values of an overwritten column that were changed since.
    async fn examine_column(
        &mut self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
        newer: &[StoredCopy],
    ) -> Result<(), CopyError> {
        let column = copy.column_name();
        let columns = columns::read_columns(client, location.relation).await?;
        // A step may turn a generated column into a plain one, whose values are then restored.
        let is_column = |other: &&CatalogColumn| other.copied.name == column && !other.current.generated;
        let Some(found) = columns.iter().find(is_column) else { return Ok(()) };
        if copy.kind == CopyKind::Column {
            self.existing.insert(copy.id, (location.relation, found.copied.number));
        } else if copy.is_complete && copy.detail.not_restorable.is_none() {
            let table = self.store.table_of_copy(copy.id);
            let mark = mark_stale(&table, &location.table, column, &copy.detail);
            client.batch_execute(&mark).await.map_err(|error| restore_error(error.into(), copy))?;
            // The newest copy comes first, so the marks of the next newer copy are applied last.
            let newer = newer.iter().filter(|newer| newer.kind == CopyKind::Values);
            for newer in newer.filter(|newer| is_newer_copy_of_column(newer, copy)) {
                let newer = self.store.table_of_copy(newer.id);
                client.batch_execute(&copy_stale_marks(&table, &newer, copy.detail.key.len())).await?;
            }
        }
        Ok(())
    }

    /// Whether the step itself may have inserted rows into the table of a copy of rows.
    pub(super) async fn may_contain_new_rows(
        &self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
    ) -> Result<bool, CopyError> {
        if !self.may_have_inserted && self.mode != StepMode::Resumed {
            return Ok(false);
        }
        let before = match (copy.kind, self.rows_before.get(&location.relation)) {
            (CopyKind::Table, _) => 0,
            (_, Some(before)) => before.count,
            (_, None) => return Ok(false),
        };
        Ok(count_rows(client, &location.table).await? > before)
    }

    /// The condition that the step itself has inserted row `t` into the table of a copy of rows.
    pub(super) fn condition_of_new_rows(&self, copy: &StoredCopy, location: &TableLocation) -> String {
        match self.rows_before.get(&location.relation) {
            Some(before) if copy.kind == CopyKind::Rows => is_written_by_transaction(&before.later),
            _ => "true".to_owned(),
        }
    }
}

/// Locks the tables whose rows and values are restored against changes by other sessions.
async fn lock_tables(client: &Client, copies: &[StoredCopy]) -> Result<(), CopyError> {
    let mut tables = Vec::new();
    for copy in copies.iter().filter(|copy| matches!(copy.kind, CopyKind::Rows | CopyKind::Values)) {
        tables.extend(locate(client, copy).await?.map(|location| location.table));
    }
    tables.sort();
    tables.dedup();
    if tables.is_empty() {
        return Ok(());
    }
    Ok(client.batch_execute(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", tables.join(", "))).await?)
}
