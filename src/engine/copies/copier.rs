//! Makes the copies before a statement runs, inside the transaction at hand.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::relations::Relation;
use super::settings::OwnSettings;
use super::store::{CopyStore, New};
use super::tasks::{self, CopyTask};
use super::{CopyError, columns};
use crate::core::copies::{Kind, Loss, losses, rows, values};
use crate::core::graph::Direction;
use crate::core::hazard::{Code, Hazard};
use crate::core::statement::RowFilter;
use crate::core::text::size;
use crate::engine::Error;
use crate::engine::connection::identifier::quote;

/// Makes the copies of one run.
#[derive(Debug)]
pub(in crate::engine) struct Copier {
    pub(super) store: CopyStore,
    /// The role of the project.
    pub(super) role: Option<String>,
    /// The allowed size of all copies together, in bytes.
    limit: u64,
    used: AtomicU64,
}

/// A copy that was made, before its statement has run.
#[derive(Debug)]
pub(in crate::engine) struct MadeCopy {
    pub(super) id: i64,
    pub(super) task: CopyTask,
    /// Rows in the copy.
    pub(super) copied: u64,
    /// Which loss of the statement it belongs to.
    pub(super) loss: usize,
    pub(super) code: Code,
}

/// The step for which copies are made.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Owner<'a> {
    pub revision: &'a str,
    pub direction: Direction,
    pub log: Option<i64>,
}

impl Copier {
    /// A copier that writes to a store.
    pub fn new(store: CopyStore, role: Option<String>, limit: u64) -> Self {
        Self { store, role, limit, used: AtomicU64::new(0) }
    }

    /// Copies what the hazards of a statement say that it will destroy.
    pub async fn copy_losses(
        &self,
        client: &Client,
        owner: Owner<'_>,
        hazards: &[Hazard],
    ) -> Result<Vec<MadeCopy>, CopyError> {
        let losses = losses(hazards);
        if losses.iter().all(|loss| loss.not_copied().is_some()) {
            return Ok(Vec::new());
        }
        let settings = OwnSettings::begin(client, self.role.as_deref()).await?;
        let mut made: Vec<MadeCopy> = Vec::new();
        for (number, loss) in losses.iter().enumerate() {
            self.loss(client, &settings, owner, (number, loss), &mut made)
                .await
                .map_err(|error| error.about(&format!("no copy of {} can be made", loss.object)))?;
        }
        settings.end(client).await?;
        Ok(made)
    }

    /// The size of the copies made so far, in bytes.
    pub fn bytes_used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Sets the size back after a rollback.
    pub fn reset_bytes_used(&self, bytes: u64) {
        self.used.store(bytes, Ordering::Relaxed);
    }

    async fn loss(
        &self,
        client: &Client,
        settings: &OwnSettings,
        owner: Owner<'_>,
        (number, loss): (usize, &Loss),
        made: &mut Vec<MadeCopy>,
    ) -> Result<(), CopyError> {
        settings.script_path(client).await?;
        let found = tasks::find_relations(client, loss).await?;
        settings.leave_path(client).await?;
        let mut planned = tasks::plan_copies(client, loss, &found).await?;
        planned.tasks.sort_by_key(|task| task.kind == Kind::Sequence);
        let mut waiting: std::collections::VecDeque<CopyTask> = planned.tasks.into();
        while let Some(mut task) = waiting.pop_front() {
            // Two losses of a statement may take the same thing along.
            let is_same = |known: &&MadeCopy| {
                known.task.kind == task.kind
                    && known.task.detail.relation == task.detail.relation
                    && known.task.detail.columns == task.detail.columns
            };
            if let Some(known) = made.iter().find(is_same)
                && (task.kind != Kind::Rows || known.task.filter.is_none())
            {
                continue;
            }
            // Of a table without rows no number is in use.
            let is_unused = |table: &MadeCopy| {
                table.task.kind == Kind::Table
                    && table.copied == 0
                    && (&table.task.schema, &table.task.table) == (&task.schema, &task.table)
            };
            if task.kind == Kind::Sequence && made.iter().any(is_unused) {
                continue;
            }
            lock(client, &task).await?;
            let (id, copied) = self.copy(client, settings, owner, loss, &mut task).await?;
            if task.passes_on {
                waiting.extend(self.passed_on(client, &task, &self.store.copy(id)).await?);
            }
            made.push(MadeCopy { id, task, copied, loss: number, code: loss.code });
        }
        Ok(())
    }

    /// Makes one copy; gives its number and how many rows it has.
    async fn copy(
        &self,
        client: &Client,
        settings: &OwnSettings,
        owner: Owner<'_>,
        loss: &Loss,
        task: &mut CopyTask,
    ) -> Result<(i64, u64), CopyError> {
        let database = "SELECT oid FROM pg_database WHERE datname = current_database()";
        task.detail.database = Some(client.query_one(database, &[]).await?.get(0));
        let new = New {
            revision: owner.revision,
            direction: owner.direction,
            log: owner.log,
            kind: task.kind,
            object: &task.object,
            schema: &task.schema,
            table: &task.table,
            code: loss.code.as_str(),
            reason: loss.title,
            detail: &task.detail,
        };
        self.store.forget_unsettled(client, &new).await?;
        let id = self.store.begin(client, &new).await?;
        if task.kind == Kind::Sequence {
            return Ok((id, 1));
        }
        let copy = self.store.copy(id);
        let copied = match task.filter.clone() {
            None => client.execute(&made(&copy, task, None), &[]).await?,
            Some(filter) => {
                settings.script_path(client).await?;
                client.batch_execute("SAVEPOINT limbeck_copy").await?;
                let narrowed = client.execute(&made(&copy, task, Some(&filter)), &[]).await;
                let copied = match narrowed {
                    Ok(copied) => copied,
                    // What is understood of the condition is not all: every row is copied then.
                    Err(error) if may_be_ours(&error) => {
                        client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_copy").await?;
                        (task.filter, task.direct) = (None, false);
                        client.execute(&made(&copy, task, None), &[]).await?
                    }
                    Err(error) => return Err(error.into()),
                };
                client.batch_execute("RELEASE SAVEPOINT limbeck_copy").await?;
                settings.leave_path(client).await?;
                copied
            }
        };
        keep_private(client, &copy).await?;
        self.room(client, &copy, &task.object).await?;
        Ok((id, copied))
    }

    /// Refuses to go on where copies take more than they may.
    async fn room(&self, client: &Client, copy: &str, object: &str) -> Result<(), CopyError> {
        let bytes = bytes(client, copy).await?;
        let used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if used <= self.limit {
            return Ok(());
        }
        let limit = size(self.limit);
        Err(limit_exceeded(format!("with {object} the copies take {}, more than keep_limit = {limit}", size(used)))
            .into())
    }

    /// Where foreign keys delete the rows that refer to deleted ones, or empty their columns.
    async fn passed_on(&self, client: &Client, parent: &CopyTask, copy: &str) -> Result<Vec<CopyTask>, CopyError> {
        let query = "SELECT c.oid, c.relkind::text, n.nspname::text, c.relname::text, k.confdeltype::text,
                ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS x (number, place)
                    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.number ORDER BY x.place),
                ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS x (number, place)
                    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.number ORDER BY x.place)
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE k.confrelid = $1 AND k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd')
              AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.confrelid = k.confrelid)
            ORDER BY k.oid";
        let mut found = Vec::new();
        for row in client.query(query, &[&parent.detail.relation]).await? {
            let relation: Oid = row.get(0);
            let kind = row.get::<_, &str>(1).chars().next().unwrap_or('r');
            let source = Relation { oid: relation, column: 0, kind, schema: row.get(2), name: row.get(3) };
            let (here, there): (Vec<String>, Vec<String>) = (row.get(5), row.get(6));
            let filter = referring(parent, copy, here.iter().zip(&there));
            let object = tasks::object_name(&source, None);
            if row.get::<_, &str>(4) == "c" {
                let task = tasks::rows(client, &source, object, Kind::Rows, Some(filter)).await?;
                found.push(CopyTask { passes_on: relation != parent.detail.relation, ..task });
                continue;
            }
            let columns = columns::columns(client, relation).await?;
            for column in columns.iter().filter(|described| here.contains(&described.column.name)) {
                let object = tasks::object_name(&source, Some(&column.column.name));
                let number = column.column.number;
                found.push(tasks::values(client, &source, &columns, number, object, Some(filter.clone())).await?);
            }
        }
        Ok(found)
    }
}

/// The refusal where copies do not fit, with the ways on.
pub(in crate::engine) fn limit_exceeded(message: String) -> Error {
    Error::new(message).hint("raise keep_limit under [apply], or make a backup and go on without copies: --no-keep")
}

/// The rows of a table that refer to rows of a copy.
fn referring<'a>(parent: &CopyTask, copy: &str, pairs: impl Iterator<Item = (&'a String, &'a String)>) -> RowFilter {
    let same = pairs.filter_map(|(here, there)| {
        let place = parent.detail.columns.iter().position(|column| column.name == *there)?;
        let plain = parent.detail.columns.get(place)?.plain;
        let here = format!("t.{}{}", quote(here), if plain { "" } else { "::text" });
        Some(format!("{here} = k.v{}", place + 1))
    });
    let condition = same.collect::<Vec<_>>().join(" AND ");
    RowFilter { alias: Some("t".to_owned()), from: Some(format!("{copy} AS k")), condition, only: false }
}

fn made(copy: &str, task: &CopyTask, filter: Option<&RowFilter>) -> String {
    let from = columns::named(&task.schema, &task.table, !task.detail.only);
    let table = (from.as_str(), task.table.as_str());
    match task.kind {
        Kind::Column | Kind::Values => values(copy, table, &task.detail, filter, task.kind == Kind::Values),
        _ => rows(copy, table, &task.detail, filter),
    }
}

/// Nobody changes what is copied until the statement has run.
async fn lock(client: &Client, task: &CopyTask) -> Result<(), CopyError> {
    if task.kind == Kind::Sequence {
        return Ok(());
    }
    let table = columns::named(&task.schema, &task.table, !task.detail.only);
    let mode = if task.goes || task.detail.retyped { "ACCESS EXCLUSIVE" } else { "SHARE ROW EXCLUSIVE" };
    Ok(client.batch_execute(&format!("LOCK TABLE {table} IN {mode} MODE")).await?)
}

/// A copy holds people's data: only its owner, the role that migrates, reads it, whatever privileges new tables get.
pub(super) async fn keep_private(client: &Client, copy: &str) -> Result<(), CopyError> {
    let query = "SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_class c CROSS JOIN aclexplode(c.relacl) a WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner";
    for row in client.query(query, &[&copy]).await? {
        client.batch_execute(&format!("REVOKE ALL ON {copy} FROM {}", row.get::<_, &str>(0))).await?;
    }
    Ok(())
}

/// What a copy takes on the disk.
pub(super) async fn bytes(client: &Client, copy: &str) -> Result<u64, CopyError> {
    let row = client.query_one("SELECT pg_total_relation_size(to_regclass($1))", &[&copy]).await?;
    Ok(row.get::<_, Option<i64>>(0).unwrap_or_default().unsigned_abs())
}

/// Whether an error may come from how we read the statement, and not from the server's state.
fn may_be_ours(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|answer| answer.code().code().starts_with("42"))
}
