//! Puts copies back while the opposite step runs, inside the transaction at hand: values as soon as their column is
//! there, rows at the end.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::settings::OwnSettings;
use super::store::{Copy, CopyStore};
use super::target::{Located, as_named_now, is_other_type, locate, missing, number_of};
use super::triggers::DisabledTriggers;
use super::{CopyError, Restored, columns, order};
use crate::core::copies::{Kind, stale, stale_as};
use crate::core::graph::Direction;
use crate::core::statement::Statement;
use crate::engine::state::ledger::Ledger;

/// The copies that a step puts back.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Restoration {
    pub(super) store: CopyStore,
    role: Option<String>,
    pub(super) copies: Vec<Copy>,
    /// Whose object was there before the step, so that the step does not bring it back.
    standing: HashSet<i64>,
    /// Whose values have been put back once, and into which column; or which table was seen in the place of theirs.
    seen: HashMap<i64, (Oid, i16)>,
    /// How many rows tables had before the step.
    counted: HashMap<Oid, u64>,
}

/// What came of the copies of a step.
#[derive(Debug, Default)]
pub(in crate::engine) struct Finished {
    pub restored: Vec<Restored>,
    /// Copies that stay, and why.
    pub stays: Vec<(String, String)>,
}

impl Restoration {
    /// The copies that the opposite of `lost` puts back for a revision; `None` where there are none.
    pub async fn load(
        client: &Client,
        ledger: &Ledger,
        role: Option<&str>,
        revision: &str,
        lost: Direction,
    ) -> Result<Option<Self>, CopyError> {
        let Some(place) = CopyStore::find(client).await? else { return Ok(None) };
        let copies = place.pending(client, ledger, revision, lost).await?;
        Ok((!copies.is_empty()).then(|| Self::of(place, role, copies)))
    }

    /// These copies.
    pub(super) fn of(store: CopyStore, role: Option<&str>, copies: Vec<Copy>) -> Self {
        let role = role.map(str::to_owned);
        Self { store, role, copies, standing: HashSet::new(), seen: HashMap::new(), counted: HashMap::new() }
    }

    /// Looks, before the step's first statement, which values were changed since they were overwritten, and what is
    /// there already. `resumed`: an earlier run has begun with the step.
    pub async fn start(&mut self, client: &Client, resumed: bool) -> Result<(), CopyError> {
        if resumed {
            return Ok(());
        }
        let settings = self.settings(client).await?;
        let copies = self.followed(client, |_| true).await?;
        for (place, copy) in copies.iter().enumerate() {
            let Some(located) = locate(client, copy).await? else { continue };
            let column = copy.detail.columns.first().map(|column| column.name.as_str()).unwrap_or_default();
            match copy.kind {
                Kind::Table => {
                    self.standing.insert(copy.id);
                }
                Kind::Column | Kind::Values => {
                    let columns = columns::columns(client, located.relation).await?;
                    if !columns.iter().any(|described| described.column.name == column) {
                        continue;
                    }
                    if copy.kind == Kind::Column {
                        self.standing.insert(copy.id);
                    } else if copy.settled && copy.detail.stuck.is_none() {
                        let mark = stale(&self.store.copy(copy.id), &located.table, column, &copy.detail);
                        client.batch_execute(&mark).await.map_err(|error| about(error, copy))?;
                        // The nearest newer copy of the same column has the last word.
                        let later = copies.iter().take(place).filter(|newer| newer.kind == Kind::Values);
                        for newer in later.filter(|newer| replaces(newer, copy)) {
                            let (one, other) = (self.store.copy(copy.id), self.store.copy(newer.id));
                            client.batch_execute(&stale_as(&one, &other, copy.detail.key.len())).await?;
                        }
                    }
                }
                Kind::Rows => {
                    self.counted.insert(located.relation, count(client, &located.table).await?);
                }
                Kind::Sequence => {}
            }
        }
        settings.end(client).await
    }

    /// Puts values back whose column is there after a statement, so that what follows finds them.
    pub async fn restore_values(&mut self, client: &Client, statement: &Statement) -> Result<(), CopyError> {
        self.look_for_tables(client).await?;
        let followed = self.followed(client, |copy| self.may_restore_values(copy, statement)).await?;
        let wanted: Vec<Copy> = followed.into_iter().filter(|copy| self.is_due(copy, statement)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let settings = self.settings(client).await?;
        for copy in wanted {
            let Some(located) = locate(client, &copy).await? else { continue };
            let target = columns::target(client, located.relation, located.table.clone(), &[]).await?;
            if missing(&copy, &target).is_none() && !(copy.detail.retyped && is_other_type(&copy, &target)) {
                let mut triggers = DisabledTriggers::default();
                triggers.make(client, located.relation).await?;
                let written = if is_other_type(&copy, &target) {
                    self.try_values(client, &copy, &located, &target).await.map(drop)
                } else {
                    self.write_values(client, &copy, &located, &target).await
                };
                written.map_err(|error| put_back(error, &copy))?;
                triggers.end(client).await?;
                let column = copy.detail.columns.first().map(|column| column.name.as_str()).unwrap_or_default();
                if let Some(number) = number_of(client, located.relation, column).await? {
                    self.seen.insert(copy.id, (located.relation, number));
                }
            }
        }
        settings.end(client).await
    }

    /// Notes the tables that the step has made anew, which may get other names before it ends.
    async fn look_for_tables(&mut self, client: &Client) -> Result<(), CopyError> {
        for copy in self.copies.iter().filter(|copy| copy.kind == Kind::Table && !self.standing.contains(&copy.id)) {
            if !self.seen.contains_key(&copy.id)
                && let Some(located) = locate(client, copy).await?
            {
                self.seen.insert(copy.id, (located.relation, 0));
            }
        }
        Ok(())
    }

    /// Whether values are restored before the end of the step. Once they are, only a statement that may change them again
    /// requires it.
    fn may_restore_values(&self, copy: &Copy, statement: &Statement) -> bool {
        let is_early = copy.kind == Kind::Column || (copy.kind == Kind::Values && copy.detail.retyped);
        is_early
            && copy.detail.stuck.is_none()
            && !self.standing.contains(&copy.id)
            && (!self.seen.contains_key(&copy.id) || statement.may_write_values())
    }

    /// The same, once the current name of the column is known.
    fn is_due(&self, copy: &Copy, statement: &Statement) -> bool {
        let name = copy.detail.columns.first().map(|column| column.name.to_lowercase()).unwrap_or_default();
        !self.seen.contains_key(&copy.id) || statement.words().contains(&name) || statement.command.first() != "alter"
    }

    /// The copies that are wanted, with the names that their columns have by now.
    async fn followed(&self, client: &Client, wanted: impl Fn(&Copy) -> bool) -> Result<Vec<Copy>, CopyError> {
        let mut followed = Vec::with_capacity(self.copies.len());
        for copy in self.copies.iter().filter(|copy| wanted(copy)) {
            followed.push(as_named_now(client, copy, self.seen.get(&copy.id).copied()).await?);
        }
        Ok(followed)
    }

    /// Puts back what can be, at the end of the step, and takes the copies away that have come back whole.
    pub async fn finish(&self, client: &Client) -> Result<Finished, CopyError> {
        let copies = self.followed(client, |_| true).await?;
        Self { copies, ..self.clone() }.finish_as_named(client).await
    }

    async fn finish_as_named(&self, client: &Client) -> Result<Finished, CopyError> {
        let settings = self.settings(client).await?;
        let mut finished = Finished::default();
        let mut ready = Vec::new();
        for copy in &self.copies {
            // What a column was between two changes of its type is of no use once it is what it was before both.
            if self.is_passing(client, copy).await? {
                self.store.end(client, copy.id, "restored").await?;
                continue;
            }
            match self.ready(client, copy).await? {
                Ok(located) => ready.push((copy, located)),
                Err(why) => finished.stays.push((copy.object.clone(), why)),
            }
        }
        let holders: Vec<Oid> = ready.iter().filter(|(copy, _)| holds_rows(copy)).map(|(_, at)| at.relation).collect();
        let references = order::references(client, &holders).await?;
        let sorted = order::sorted(&holders, &references);
        let forward = order::forward(&sorted, &references);
        let filled = self.filled(client, &ready).await?;
        let mut triggers = DisabledTriggers::default();
        for relation in ready.iter().map(|(_, at)| at.relation).collect::<HashSet<_>>() {
            triggers.make(client, relation).await?;
        }
        let late: Vec<&(String, String)> = forward.iter().filter_map(|one| one.immediate.as_ref()).collect();
        for (table, name) in &late {
            let alter = format!("ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED");
            client.batch_execute(&alter).await?;
        }
        for (copy, located) in arranged(&ready, &sorted) {
            let later: Vec<Oid> = forward.iter().filter(|one| one.from == located.relation).map(|one| one.to).collect();
            let restored = self.put_back(client, copy, located, &later, filled.contains(&located.relation)).await;
            match restored.map_err(|error| put_back(error, copy))? {
                Ok(restored) => finished.restored.push(restored),
                Err(why) => finished.stays.push((copy.object.clone(), why)),
            }
        }
        if !late.is_empty() {
            client.batch_execute("SET CONSTRAINTS ALL IMMEDIATE").await?;
        }
        for (table, name) in &late {
            client.batch_execute(&format!("ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE")).await?;
        }
        triggers.end(client).await?;
        settings.end(client).await?;
        Ok(finished)
    }

    /// The tables into which the step itself has put rows: those of the copy made anew, as likely as not.
    async fn filled(&self, client: &Client, ready: &[(&Copy, Located)]) -> Result<HashSet<Oid>, CopyError> {
        let mut filled = HashSet::new();
        for (_, located) in ready.iter().filter(|(copy, _)| copy.kind == Kind::Rows) {
            if let Some(before) = self.counted.get(&located.relation)
                && count(client, &located.table).await? > *before
            {
                filled.insert(located.relation);
            }
        }
        Ok(filled)
    }

    /// Whether an older copy that can come back has the values of before a change of type which this one was made after.
    async fn is_passing(&self, client: &Client, copy: &Copy) -> Result<bool, CopyError> {
        for older in self.copies.iter().filter(|older| older.detail.retyped && replaces(copy, older)) {
            let form =
                |copy: &Copy| copy.detail.columns.first().map(|column| (column.ty.clone(), column.shape.clone()));
            if form(older) == form(copy) || self.standing.contains(&copy.id) {
                continue;
            }
            if let Ok(located) = self.ready(client, older).await? {
                let target = columns::target(client, located.relation, located.table.clone(), &[]).await?;
                if !is_other_type(older, &target) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn settings(&self, client: &Client) -> Result<OwnSettings, CopyError> {
        let settings = OwnSettings::begin(client, self.role.as_deref()).await?;
        settings.leave_path(client).await?;
        Ok(settings)
    }

    /// Where a copy goes, or why it cannot come back.
    async fn ready(&self, client: &Client, copy: &Copy) -> Result<Result<Located, String>, CopyError> {
        if let Some(stuck) = &copy.detail.stuck {
            return Ok(Err(stuck.clone()));
        }
        if self.standing.contains(&copy.id) {
            return Ok(Err("it was there already before the step that was to bring it back".to_owned()));
        }
        let Some(located) = locate(client, copy).await? else {
            let what = if copy.kind == Kind::Sequence { "the sequence" } else { "the table" };
            return Ok(Err(format!("{what} is not there")));
        };
        if copy.kind == Kind::Sequence {
            return Ok(Ok(located));
        }
        let mut target = columns::target(client, located.relation, located.table.clone(), &[]).await?;
        target.given = self.given(copy, &target);
        Ok(match missing(copy, &target) {
            None => Ok(located),
            Some(why) => Err(why),
        })
    }
}

/// Whether one copy was made of the column of another, later and with the same key.
pub(super) fn replaces(newer: &Copy, older: &Copy) -> bool {
    let values = |copy: &Copy| matches!(copy.kind, Kind::Values | Kind::Column);
    let name = |copy: &Copy| copy.detail.columns.first().map(|column| column.name.clone());
    let same_key = newer.detail.key.iter().map(|key| &key.name).eq(older.detail.key.iter().map(|key| &key.name));
    values(newer)
        && older.kind == Kind::Values
        && newer.detail.stuck.is_none()
        && older.detail.stuck.is_none()
        && newer.id > older.id
        && newer.detail.relation == older.detail.relation
        && name(newer) == name(older)
        && same_key
}

/// How many rows a table has.
pub(super) async fn count(client: &Client, table: &str) -> Result<u64, CopyError> {
    let row = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}

pub(super) fn holds_rows(copy: &Copy) -> bool {
    matches!(copy.kind, Kind::Table | Kind::Rows)
}

/// The copies in the order in which they come back: as they are, the newest first, but rows in the order of their
/// tables.
fn arranged<'a>(ready: &'a [(&'a Copy, Located)], sorted: &[Oid]) -> Vec<(&'a Copy, &'a Located)> {
    let place = |relation: Oid| sorted.iter().position(|one| *one == relation);
    let mut rows: Vec<usize> =
        (0..ready.len()).filter(|at| ready.get(*at).is_some_and(|(copy, _)| holds_rows(copy))).collect();
    rows.sort_by_key(|at| ready.get(*at).and_then(|(_, located)| place(located.relation)));
    let mut rows = rows.into_iter();
    let pick = |at: usize| ready.get(at).map(|(copy, located)| (*copy, located));
    let arranged = (0..ready.len()).filter_map(|at| {
        let is_rows = ready.get(at).is_some_and(|(copy, _)| holds_rows(copy));
        if is_rows { pick(rows.next()?) } else { pick(at) }
    });
    arranged.collect()
}

fn about(error: tokio_postgres::Error, copy: &Copy) -> CopyError {
    put_back(error.into(), copy)
}

fn put_back(error: CopyError, copy: &Copy) -> CopyError {
    error.about(&format!("the copy of {} cannot be put back", copy.object))
}
