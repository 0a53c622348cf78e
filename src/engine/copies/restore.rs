//! Restores copies while the opposite step runs, in its transaction: values as soon as their column exists, rows at the
//! end of the step.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::rows_before::RowsBefore;
use super::settings::OwnSettings;
use super::store::{CopyStore, StoredCopy};
use super::target::{
    FoundTable, TableLocation, find_column_number, find_obstacle, follow_renames, is_other_type, locate,
    rename_to_current,
};
use super::{CopyError, RestoredCopy, columns};
use crate::core::copies::CopyKind;
use crate::core::graph::Direction;
use crate::engine::state::ledger::Ledger;

/// The copies that a step restores.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Restoration {
    pub(super) store: CopyStore,
    role: Option<String>,
    pub(super) copies: Vec<StoredCopy>,
    /// The copies whose table or column existed before the step, with its OID and the column's number. The step does not
    /// restore them, unless it drops the table or column and creates it again.
    pub(super) existing: HashMap<i64, (Oid, i16)>,
    /// For each copy whose values were restored: the table's OID and the column's number. For each copy of a whole
    /// table: the OID of the table that the step created, and 0.
    pub(super) created: HashMap<i64, (Oid, i16)>,
    /// The table into which each copy is restored, as it was first found. The step may rename it and its columns.
    pub(super) found_tables: HashMap<i64, FoundTable>,
    /// The rows of each table before the step.
    pub(super) rows_before: HashMap<Oid, RowsBefore>,
    /// The copies of rows that were restored before the end of the step, and the result.
    pub(super) early: RestoreOutcome,
    pub(super) finished: HashSet<i64>,
    /// The tables into which rows were restored before the end of the step.
    pub(super) early_tables: HashSet<Oid>,
    /// The `SET CONSTRAINTS` statements that the script has run in the current transaction.
    pub(super) set_constraints: Vec<String>,
    pub(super) mode: StepMode,
    /// Whether the script may have inserted rows.
    pub(super) may_have_inserted: bool,
    /// Whether a person restores one copy, without running a step.
    pub(super) by_hand: bool,
}

/// How the step runs that restores copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::engine) enum StepMode {
    #[default]
    InTransaction,
    OutsideTransaction,
    /// Outside a transaction, and an earlier run has executed a part of it.
    Resumed,
}

/// The result of restoring the copies of a step.
#[derive(Debug, Clone, Default)]
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
        Ok((!copies.is_empty()).then(|| Self::new(store, role, copies, false)))
    }

    /// Creates the restoration of these copies. `by_hand`: a person restores them, without running a step.
    pub(super) fn new(store: CopyStore, role: Option<&str>, copies: Vec<StoredCopy>, by_hand: bool) -> Self {
        Self {
            store,
            role: role.map(str::to_owned),
            copies,
            existing: HashMap::new(),
            created: HashMap::new(),
            found_tables: HashMap::new(),
            rows_before: HashMap::new(),
            early: RestoreOutcome::default(),
            finished: HashSet::new(),
            early_tables: HashSet::new(),
            set_constraints: Vec::new(),
            mode: StepMode::default(),
            may_have_inserted: false,
            by_hand,
        }
    }

    /// Whether the table or column of a copy existed before the step and still exists.
    pub(super) async fn already_existed(
        &self,
        client: &Client,
        copy: &StoredCopy,
        location: &TableLocation,
    ) -> Result<bool, CopyError> {
        let Some((relation, number)) = self.existing.get(&copy.id).copied() else { return Ok(false) };
        let is_same_column = number == 0
            || find_column_number(client, location.relation, copy.column_name()).await?.is_none_or(|now| now == number);
        Ok(relation == location.relation && is_same_column)
    }

    /// The copies that match a condition, with the current names of their tables and columns.
    pub(super) async fn copies_with_current_names(
        &self,
        client: &Client,
        is_included: impl Fn(&StoredCopy) -> bool,
    ) -> Result<Vec<StoredCopy>, CopyError> {
        let mut copies = Vec::with_capacity(self.copies.len());
        for copy in self.copies.iter().filter(|copy| is_included(copy)) {
            let copy = follow_renames(client, copy, self.found_tables.get(&copy.id)).await?;
            copies.push(rename_to_current(client, &copy, self.created.get(&copy.id).copied()).await?);
        }
        Ok(copies)
    }

    /// Restores the rest at the end of the step, and removes the copies that are restored completely.
    pub async fn finish(&mut self, client: &Client) -> Result<RestoreOutcome, CopyError> {
        let settings = self.begin_settings(client).await?;
        if self.mode == StepMode::OutsideTransaction {
            self.examine_again(client).await?;
        }
        let copies = self.copies_with_current_names(client, |copy| !self.finished.contains(&copy.id)).await?;
        let renamed = Self { copies, ..self.clone() };
        let mut outcome = self.early.clone();
        let located = renamed.find_restorable(client, &mut outcome).await?;
        let ready: Vec<_> = located.iter().map(|(copy, location)| (*copy, location)).collect();
        renamed.restore_set(client, &ready, None, &mut outcome).await?;
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

    /// Whether a copy has the values between two changes of a column's type, and an older copy that can be restored has
    /// the values before both. Then the copy is not required.
    async fn is_intermediate(&self, client: &Client, copy: &StoredCopy) -> Result<bool, CopyError> {
        let is_older = |older: &&StoredCopy| older.detail.type_changed && is_newer_copy_of_column(copy, older);
        for older in self.copies.iter().filter(is_older) {
            let column_type = |copy: &StoredCopy| {
                copy.detail.columns.first().map(|column| (column.ty.clone(), column.attributes.clone()))
            };
            if column_type(older) == column_type(copy) || self.existing.contains_key(&copy.id) {
                continue;
            }
            if let Ok(location) = self.find_location(client, older).await? {
                let target = columns::read_target(client, location.relation, location.table.clone(), &[]).await?;
                // If another session changed a value between the two, only the newer copy has it.
                let changed = format!("SELECT EXISTS (SELECT FROM {} WHERE stale)", self.store.table_of_copy(older.id));
                if !is_other_type(older, &target) && !client.query_one(&changed, &[]).await?.get::<_, bool>(0) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Saves the script's settings and sets limbeck's, with the search path `pg_catalog`.
    pub(super) async fn begin_settings(&self, client: &Client) -> Result<OwnSettings, CopyError> {
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
        let Some(location) = locate(client, copy).await? else {
            let what = if copy.kind == CopyKind::Sequence { "the sequence" } else { "the table" };
            return Ok(Err(format!("{what} does not exist")));
        };
        if self.already_existed(client, copy, &location).await? {
            return Ok(Err("it already existed before the step that would restore it".to_owned()));
        }
        if copy.kind == CopyKind::Sequence {
            return Ok(Ok(location));
        }
        let mut target = columns::read_target(client, location.relation, location.table.clone(), &[]).await?;
        target.older_values = self.find_older_values(copy, &target);
        Ok(match find_obstacle(copy, &target, !self.by_hand) {
            None => Ok(location),
            Some(why) => Err(why),
        })
    }
}

/// Whether `newer` is a later copy of the same column as `older`, with the same key.
pub(super) fn is_newer_copy_of_column(newer: &StoredCopy, older: &StoredCopy) -> bool {
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

/// Whether the server rejected a row (SQLSTATE class 23, integrity constraint violation).
pub(super) fn is_constraint_violation(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|answer| answer.code().code().starts_with("23"))
}

pub(super) fn restore_error(error: CopyError, copy: &StoredCopy) -> CopyError {
    error.with_object(&format!("cannot restore the copy of {}", copy.object))
}
