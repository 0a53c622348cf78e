//! Restores copies while the opposite step runs, in its transaction: values as soon as their column exists, rows at the
//! end of the step.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::settings::OwnSettings;
use super::store::{CopyStore, StoredCopy};
use super::target::{TableLocation, find_column_number, find_obstacle, is_other_type, locate, rename_to_current};
use super::triggers::DisabledTriggers;
use super::{CopyError, RestoredCopy, columns, restore_order};
use crate::core::copies::{CopyKind, copy_stale_marks, mark_stale};
use crate::core::graph::Direction;
use crate::core::statement::Statement;
use crate::engine::state::ledger::Ledger;

/// The copies that a step restores.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Restoration {
    pub(super) store: CopyStore,
    role: Option<String>,
    pub(super) copies: Vec<StoredCopy>,
    /// The copies whose table or column existed before the step, so that the step does not restore them.
    existing: HashSet<i64>,
    /// For each copy whose values were restored: the table's OID and the column's number. For each copy of a whole
    /// table: the OID of the table that the step created, and 0.
    created: HashMap<i64, (Oid, i16)>,
    /// The number of rows in each table before the step.
    rows_before: HashMap<Oid, u64>,
}

/// The result of restoring the copies of a step.
#[derive(Debug, Default)]
pub(in crate::engine) struct RestoreOutcome {
    pub restored: Vec<RestoredCopy>,
    /// The objects that were not restored, each with the reason. Their copies remain.
    pub not_restored: Vec<(String, String)>,
}

impl Restoration {
    /// Reads the copies of data that a revision has destroyed in the direction `lost`. `None` if there are none.
    pub async fn load(
        client: &Client,
        ledger: &Ledger,
        role: Option<&str>,
        revision: &str,
        lost: Direction,
    ) -> Result<Option<Self>, CopyError> {
        let Some(store) = CopyStore::find(client).await? else { return Ok(None) };
        let copies = store.read_restorable(client, ledger, revision, lost).await?;
        Ok((!copies.is_empty()).then(|| Self::new(store, role, copies)))
    }

    /// Restores these copies.
    pub(super) fn new(store: CopyStore, role: Option<&str>, copies: Vec<StoredCopy>) -> Self {
        let role = role.map(str::to_owned);
        Self { store, role, copies, existing: HashSet::new(), created: HashMap::new(), rows_before: HashMap::new() }
    }

    /// Examines the database before the step's first statement: which objects exist already, and which values were
    /// changed since they were overwritten. `resumed`: an earlier run has started the step, so it is too late for this.
    pub async fn start(&mut self, client: &Client, resumed: bool) -> Result<(), CopyError> {
        if resumed {
            return Ok(());
        }
        let settings = self.begin_settings(client).await?;
        let copies = self.copies_with_current_names(client, |_| true).await?;
        for (index, copy) in copies.iter().enumerate() {
            let Some(location) = locate(client, copy).await? else { continue };
            match copy.kind {
                CopyKind::Table => {
                    self.existing.insert(copy.id);
                }
                CopyKind::Column | CopyKind::Values => {
                    let newer = copies.get(..index).unwrap_or_default();
                    self.examine_column(client, copy, &location, newer).await?;
                }
                CopyKind::Rows => {
                    let rows = count_rows(client, &location.table).await?;
                    self.rows_before.insert(location.relation, rows);
                }
                CopyKind::Sequence => {}
            }
        }
        settings.end(client).await
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
        if !columns.iter().any(|other| other.copied.name == column) {
            return Ok(());
        }
        if copy.kind == CopyKind::Column {
            self.existing.insert(copy.id);
        } else if copy.is_complete && copy.detail.not_restorable.is_none() {
            let table = self.store.copy_table(copy.id);
            let mark = mark_stale(&table, &location.table, column, &copy.detail);
            client.batch_execute(&mark).await.map_err(|error| restore_error(error.into(), copy))?;
            // The newest copy comes first, so the marks of the next newer copy are applied last.
            let newer = newer.iter().filter(|newer| newer.kind == CopyKind::Values);
            for newer in newer.filter(|newer| is_newer_copy_of_column(newer, copy)) {
                let newer = self.store.copy_table(newer.id);
                client.batch_execute(&copy_stale_marks(&table, &newer, copy.detail.key.len())).await?;
            }
        }
        Ok(())
    }

    /// Restores the values whose column exists after a statement, so that the next statements find them.
    pub async fn restore_values(&mut self, client: &Client, statement: &Statement) -> Result<(), CopyError> {
        self.record_created_tables(client).await?;
        let copies = self.copies_with_current_names(client, |copy| self.may_restore_values(copy, statement)).await?;
        let copies: Vec<StoredCopy> =
            copies.into_iter().filter(|copy| self.must_restore_values(copy, statement)).collect();
        if copies.is_empty() {
            return Ok(());
        }
        let settings = self.begin_settings(client).await?;
        for copy in copies {
            let Some(location) = locate(client, &copy).await? else { continue };
            self.restore_column(client, &copy, &location).await?;
        }
        settings.end(client).await
    }

    /// Restores the values of one column, if it exists and has its previous type.
    async fn restore_column(
        &mut self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
    ) -> Result<(), CopyError> {
        let target = columns::read_target(client, location.relation, location.table.clone(), &[]).await?;
        let other_type = is_other_type(copy, &target);
        if find_obstacle(copy, &target).is_some() || (copy.detail.type_changed && other_type) {
            return Ok(());
        }
        let mut triggers = DisabledTriggers::default();
        triggers.disable(client, location.relation).await?;
        let written = if other_type {
            self.try_write_values(client, copy, location, &target).await.map(drop)
        } else {
            self.write_values(client, copy, location, &target).await
        };
        written.map_err(|error| restore_error(error, copy))?;
        triggers.enable(client).await?;
        if let Some(number) = find_column_number(client, location.relation, copy.column_name()).await? {
            self.created.insert(copy.id, (location.relation, number));
        }
        Ok(())
    }

    /// Records the tables that the step has created. The step may rename them before it ends.
    async fn record_created_tables(&mut self, client: &Client) -> Result<(), CopyError> {
        let is_created = |copy: &&StoredCopy| copy.kind == CopyKind::Table && !self.existing.contains(&copy.id);
        for copy in self.copies.iter().filter(is_created) {
            if !self.created.contains_key(&copy.id)
                && let Some(location) = locate(client, copy).await?
            {
                self.created.insert(copy.id, (location.relation, 0));
            }
        }
        Ok(())
    }

    /// Whether values are restored before the end of the step. After they were restored once, they are restored again
    /// only if the statement may have changed them.
    fn may_restore_values(&self, copy: &StoredCopy, statement: &Statement) -> bool {
        let is_early = copy.kind == CopyKind::Column || (copy.kind == CopyKind::Values && copy.detail.type_changed);
        is_early
            && copy.detail.not_restorable.is_none()
            && !self.existing.contains(&copy.id)
            && (!self.created.contains_key(&copy.id) || statement.may_write_values())
    }

    /// Whether a statement requires that values are restored after it. The copy must have the column's current name.
    fn must_restore_values(&self, copy: &StoredCopy, statement: &Statement) -> bool {
        let name = copy.column_name().to_lowercase();
        !self.created.contains_key(&copy.id)
            || statement.words().contains(&name)
            || statement.command.first() != "alter"
    }

    /// The copies that match a condition, with the current names of their tables and columns.
    async fn copies_with_current_names(
        &self,
        client: &Client,
        is_included: impl Fn(&StoredCopy) -> bool,
    ) -> Result<Vec<StoredCopy>, CopyError> {
        let mut copies = Vec::with_capacity(self.copies.len());
        for copy in self.copies.iter().filter(|copy| is_included(copy)) {
            copies.push(rename_to_current(client, copy, self.created.get(&copy.id).copied()).await?);
        }
        Ok(copies)
    }

    /// Restores the rest at the end of the step, and removes the copies that are restored completely.
    pub async fn finish(&self, client: &Client) -> Result<RestoreOutcome, CopyError> {
        let copies = self.copies_with_current_names(client, |_| true).await?;
        let renamed = Self { copies, ..self.clone() };
        let settings = renamed.begin_settings(client).await?;
        let mut outcome = RestoreOutcome::default();
        let ready = renamed.find_restorable(client, &mut outcome).await?;
        renamed.restore_all(client, &ready, &mut outcome).await?;
        settings.end(client).await?;
        Ok(outcome)
    }

    /// The copies that can be restored, with their tables. Records the reason for the others.
    async fn find_restorable(
        &self,
        client: &Client,
        outcome: &mut RestoreOutcome,
    ) -> Result<Vec<(&StoredCopy, TableLocation)>, CopyError> {
        let mut ready = Vec::new();
        for copy in &self.copies {
            if self.is_intermediate(client, copy).await? {
                self.store.remove(client, copy.id, "restored").await?;
                continue;
            }
            match self.find_location(client, copy).await? {
                Ok(location) => ready.push((copy, location)),
                Err(why) => outcome.not_restored.push((copy.object.clone(), why)),
            }
        }
        Ok(ready)
    }

    /// Restores copies in the order of their foreign keys, with disabled triggers.
    async fn restore_all(
        &self,
        client: &Client,
        ready: &[(&StoredCopy, TableLocation)],
        outcome: &mut RestoreOutcome,
    ) -> Result<(), CopyError> {
        let with_rows = ready.iter().filter(|(copy, _)| copy.contains_rows());
        let tables: Vec<Oid> = with_rows.map(|(_, location)| location.relation).collect();
        let references = restore_order::read_references(client, &tables).await?;
        let sorted = restore_order::sort_by_references(&tables, &references);
        let forward = restore_order::forward_references(&sorted, &references);
        let filled = self.tables_with_new_rows(client, ready).await?;
        let mut triggers = DisabledTriggers::default();
        for relation in ready.iter().map(|(_, location)| location.relation).collect::<HashSet<_>>() {
            triggers.disable(client, relation).await?;
        }
        let deferred: Vec<&(String, String)> =
            forward.iter().filter_map(|reference| reference.not_deferrable.as_ref()).collect();
        for (table, name) in &deferred {
            let alter = format!("ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED");
            client.batch_execute(&alter).await?;
        }
        for (copy, location) in restore_order::sort_copies(ready, &sorted) {
            let from_here = forward.iter().filter(|reference| reference.from == location.relation);
            let later: Vec<Oid> = from_here.map(|reference| reference.to).collect();
            let restored = self.restore_copy(client, copy, location, &later, filled.contains(&location.relation)).await;
            match restored.map_err(|error| restore_error(error, copy))? {
                Ok(restored) => outcome.restored.push(restored),
                Err(why) => outcome.not_restored.push((copy.object.clone(), why)),
            }
        }
        if !deferred.is_empty() {
            client.batch_execute("SET CONSTRAINTS ALL IMMEDIATE").await?;
        }
        for (table, name) in &deferred {
            client.batch_execute(&format!("ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE")).await?;
        }
        triggers.enable(client).await
    }

    /// The tables into which the step itself has inserted rows. These are probably the rows of the copy.
    async fn tables_with_new_rows(
        &self,
        client: &Client,
        ready: &[(&StoredCopy, TableLocation)],
    ) -> Result<HashSet<Oid>, CopyError> {
        let mut filled = HashSet::new();
        for (_, location) in ready.iter().filter(|(copy, _)| copy.kind == CopyKind::Rows) {
            if let Some(before) = self.rows_before.get(&location.relation)
                && count_rows(client, &location.table).await? > *before
            {
                filled.insert(location.relation);
            }
        }
        Ok(filled)
    }

    /// Whether a copy has the values between two changes of a column's type, and an older copy that can be restored has
    /// the values before both. Then the copy is not required.
    async fn is_intermediate(&self, client: &Client, copy: &StoredCopy) -> Result<bool, CopyError> {
        let is_older = |older: &&StoredCopy| older.detail.type_changed && is_newer_copy_of_column(copy, older);
        for older in self.copies.iter().filter(is_older) {
            let column_type = |copy: &StoredCopy| {
                copy.detail.columns.first().map(|column| (column.ty.clone(), column.attributes.clone()))
            };
            if column_type(older) == column_type(copy) || self.existing.contains(&copy.id) {
                continue;
            }
            if let Ok(location) = self.find_location(client, older).await? {
                let target = columns::read_target(client, location.relation, location.table.clone(), &[]).await?;
                if !is_other_type(older, &target) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Saves the script's settings and sets limbeck's, with the search path `pg_catalog`.
    async fn begin_settings(&self, client: &Client) -> Result<OwnSettings, CopyError> {
        let settings = OwnSettings::begin(client, self.role.as_deref()).await?;
        settings.use_catalog_path(client).await?;
        Ok(settings)
    }

    /// The table into which a copy is restored. The inner error is the reason why it cannot be restored.
    async fn find_location(
        &self,
        client: &Client,
        copy: &StoredCopy,
    ) -> Result<Result<TableLocation, String>, CopyError> {
        if let Some(reason) = &copy.detail.not_restorable {
            return Ok(Err(reason.clone()));
        }
        if self.existing.contains(&copy.id) {
            return Ok(Err("it already existed before the step that would restore it".to_owned()));
        }
        let Some(location) = locate(client, copy).await? else {
            let what = if copy.kind == CopyKind::Sequence { "the sequence" } else { "the table" };
            return Ok(Err(format!("{what} does not exist")));
        };
        if copy.kind == CopyKind::Sequence {
            return Ok(Ok(location));
        }
        let mut target = columns::read_target(client, location.relation, location.table.clone(), &[]).await?;
        target.older_values = self.find_older_values(copy, &target);
        Ok(match find_obstacle(copy, &target) {
            None => Ok(location),
            Some(why) => Err(why),
        })
    }
}

/// Whether `newer` is a later copy of the same column as `older`, with the same key.
fn is_newer_copy_of_column(newer: &StoredCopy, older: &StoredCopy) -> bool {
    let key = |copy: &StoredCopy| copy.detail.key.iter().map(|key| key.name.clone()).collect::<Vec<_>>();
    matches!(newer.kind, CopyKind::Values | CopyKind::Column)
        && older.kind == CopyKind::Values
        && newer.detail.not_restorable.is_none()
        && older.detail.not_restorable.is_none()
        && newer.id > older.id
        && newer.detail.relation == older.detail.relation
        && newer.column_name() == older.column_name()
        && key(newer) == key(older)
}

/// The number of rows in a table.
pub(super) async fn count_rows(client: &Client, table: &str) -> Result<u64, CopyError> {
    let row = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}

fn restore_error(error: CopyError, copy: &StoredCopy) -> CopyError {
    error.with_object(&format!("cannot restore the copy of {}", copy.object))
}
