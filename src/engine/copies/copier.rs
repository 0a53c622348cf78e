//! Makes copies before a statement runs, in its transaction.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::copy_table::{read_copy_size, revoke_privileges};
use super::relations::Relation;
use super::settings::OwnSettings;
use super::store::{CopyStore, NewCopy};
use super::tasks::{self, CopyTask};
use super::{CopyError, columns};
use crate::core::copies::{CopyKind, Loss, copy_rows, copy_values, losses};
use crate::core::graph::Direction;
use crate::core::hazard::{Code, Hazard};
use crate::core::sql::qualify_names;
use crate::core::statement::RowFilter;
use crate::core::text::size;
use crate::engine::Error;
use crate::engine::connection::identifier::quote;

/// Makes the copies of one run.
#[derive(Debug)]
pub(in crate::engine) struct Copier {
    pub(super) store: CopyStore,
    /// The project's role.
    pub(super) role: Option<String>,
    /// The allowed size of all copies of the run, in bytes.
    limit: u64,
    /// The size of the copies made so far, in bytes.
    used: AtomicU64,
}

/// A copy that was made for a statement that has not run yet.
#[derive(Debug)]
pub(in crate::engine) struct PendingCopy {
    pub(super) id: i64,
    pub(super) task: CopyTask,
    /// The number of rows in the copy.
    pub(super) copied: u64,
    /// The index of the loss that requires it.
    pub(super) loss: usize,
    pub(super) code: Code,
}

/// The step for which copies are made.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct CopyOwner<'a> {
    pub revision: &'a str,
    pub direction: Direction,
    pub log: Option<i64>,
}

impl PendingCopy {
    /// Whether another copy is not required because of this one.
    fn makes_unnecessary(&self, task: &CopyTask) -> bool {
        // Two losses of a statement may destroy the same data.
        let is_same = self.task.kind == task.kind
            && self.task.detail.relation == task.detail.relation
            && self.task.detail.columns == task.detail.columns
            && (task.kind != CopyKind::Rows || self.task.filter.is_none());
        // If a table has no rows, no number of its sequences is in use.
        let is_unused_sequence = task.kind == CopyKind::Sequence
            && self.task.kind == CopyKind::Table
            && self.copied == 0
            && (&self.task.schema, &self.task.table) == (&task.schema, &task.table);
        is_same || is_unused_sequence
    }
}

impl Copier {
    /// Creates a copier that writes to a store. `limit` is in bytes.
    pub fn new(store: CopyStore, role: Option<String>, limit: u64) -> Self {
        Self { store, role, limit, used: AtomicU64::new(0) }
    }

    /// Copies the data that a statement will destroy according to its hazards.
    pub async fn copy_losses(
        &self,
        client: &Client,
        owner: CopyOwner<'_>,
        hazards: &[Hazard],
    ) -> Result<Vec<PendingCopy>, CopyError> {
        let losses = losses(hazards);
        if losses.iter().all(|loss| loss.not_copied().is_some()) {
            return Ok(Vec::new());
        }
        let settings = OwnSettings::begin(client, self.role.as_deref()).await?;
        let mut pending: Vec<PendingCopy> = Vec::new();
        for (number, loss) in losses.iter().enumerate() {
            self.copy_loss(client, &settings, owner, (number, loss), &mut pending)
                .await
                .map_err(|error| error.with_object(&format!("cannot copy {}", loss.object)))?;
        }
        settings.end(client).await?;
        Ok(pending)
    }

    /// The size of the copies made so far, in bytes.
    pub fn bytes_used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Sets the size of the copies made so far, in bytes, after a rollback.
    pub fn reset_bytes_used(&self, bytes: u64) {
        self.used.store(bytes, Ordering::Relaxed);
    }

    /// Makes the copies that one loss requires.
    async fn copy_loss(
        &self,
        client: &Client,
        settings: &OwnSettings,
        owner: CopyOwner<'_>,
        (number, loss): (usize, &Loss),
        pending: &mut Vec<PendingCopy>,
    ) -> Result<(), CopyError> {
        settings.use_script_path(client).await?;
        let found = tasks::find_relations(client, loss).await?;
        settings.use_catalog_path(client).await?;
        let mut planned = tasks::plan_copies(client, loss, &found).await?;
        planned.tasks.sort_by_key(|task| task.kind == CopyKind::Sequence);
        let mut queue: VecDeque<CopyTask> = planned.tasks.into();
        while let Some(mut task) = queue.pop_front() {
            if pending.iter().any(|other| other.makes_unnecessary(&task)) {
                continue;
            }
            lock_table(client, &task).await?;
            let (id, copied) = self.make_copy(client, settings, owner, loss, &mut task).await?;
            if task.follows_foreign_keys {
                queue.extend(self.find_referencing_rows(client, &task, &self.store.table_of_copy(id)).await?);
            }
            pending.push(PendingCopy { id, task, copied, loss: number, code: loss.code });
        }
        Ok(())
    }

    /// Makes one copy. Returns its id and the number of its rows.
    async fn make_copy(
        &self,
        client: &Client,
        settings: &OwnSettings,
        owner: CopyOwner<'_>,
        loss: &Loss,
        task: &mut CopyTask,
    ) -> Result<(i64, u64), CopyError> {
        let database = "SELECT oid FROM pg_database WHERE datname = current_database()";
        task.detail.database = Some(client.query_one(&qualify_names(database), &[]).await?.get(0));
        let new = NewCopy {
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
        self.store.discard_incomplete(client, &new).await?;
        let id = self.store.insert(client, &new).await?;
        if task.kind == CopyKind::Sequence {
            return Ok((id, 1));
        }
        let table = self.store.table_of_copy(id);
        let copied = create_copy(client, settings, &table, task).await?;
        revoke_privileges(client, &table).await?;
        self.check_limit(client, &table, &task.object).await?;
        Ok((id, copied))
    }

    /// Refuses to continue if the copies are larger than allowed.
    async fn check_limit(&self, client: &Client, table: &str, object: &str) -> Result<(), CopyError> {
        let bytes = read_copy_size(client, table).await?;
        let used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if used <= self.limit {
            return Ok(());
        }
        let (used, limit) = (size(used), size(self.limit));
        Err(limit_exceeded(format!("with {object}, the copies take {used}, more than keep_limit = {limit}")).into())
    }

    /// Plans the copies of the rows that foreign keys delete together with the copied rows, and of the columns that
    /// they set to NULL or to their default.
    async fn find_referencing_rows(
        &self,
        client: &Client,
        parent: &CopyTask,
        copy: &str,
    ) -> Result<Vec<CopyTask>, CopyError> {
        let query = "SELECT c.oid, c.relkind::text, n.nspname::text, c.relname::text, k.confdeltype::text,
                ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS x (number, ordinal)
                    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.number ORDER BY x.ordinal),
                ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS x (number, ordinal)
                    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.number ORDER BY x.ordinal)
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE k.confrelid = $1 AND k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd')
              AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.confrelid = k.confrelid)
            ORDER BY k.oid";
        let mut tasks = Vec::new();
        for row in client.query(&qualify_names(query), &[&parent.detail.relation]).await? {
            let relation: Oid = row.get(0);
            let kind = row.get::<_, &str>(1).chars().next().unwrap_or('r');
            let source = Relation { oid: relation, column: 0, kind, schema: row.get(2), name: row.get(3) };
            let (referencing, referenced): (Vec<String>, Vec<String>) = (row.get(5), row.get(6));
            let filter = referencing_rows(parent, copy, referencing.iter().zip(&referenced));
            let object = tasks::object_name(&source, None);
            if row.get::<_, &str>(4) == "c" {
                let task = tasks::plan_row_copy(client, &source, object, CopyKind::Rows, Some(filter)).await?;
                tasks.push(CopyTask { follows_foreign_keys: relation != parent.detail.relation, ..task });
                continue;
            }
            let columns = columns::read_columns(client, relation).await?;
            for column in columns.iter().filter(|column| referencing.contains(&column.copied.name)) {
                let object = tasks::object_name(&source, Some(&column.copied.name));
                let number = column.copied.number;
                let filter = Some(filter.clone());
                tasks.push(tasks::plan_value_copy(client, &source, &columns, number, object, filter).await?);
            }
        }
        Ok(tasks)
    }
}

/// The error if copies are larger than allowed.
pub(in crate::engine) fn limit_exceeded(message: String) -> Error {
    Error::new(message).hint("raise keep_limit under [apply], or make a backup and continue without copies: --no-keep")
}

/// The rows of a table that reference the rows of a copy.
fn referencing_rows<'a>(
    parent: &CopyTask,
    copy: &str,
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
) -> RowFilter {
    let equal = pairs.filter_map(|(referencing, referenced)| {
        let index = parent.detail.columns.iter().position(|column| column.name == *referenced)?;
        let builtin = parent.detail.columns.get(index)?.builtin;
        let column = format!("t.{}{}", quote(referencing), if builtin { "" } else { "::pg_catalog.text" });
        Some(format!("{column} OPERATOR(pg_catalog.=) k.v{}", index + 1))
    });
    let condition = equal.collect::<Vec<_>>().join(" AND ");
    RowFilter { alias: Some("t".to_owned()), from: Some(format!("{copy} AS k")), condition, only: false }
}

/// Creates the table of a copy and returns the number of its rows. If the condition is not valid outside its statement,
/// all rows are copied and the task's filter is removed.
async fn create_copy(
    client: &Client,
    settings: &OwnSettings,
    table: &str,
    task: &mut CopyTask,
) -> Result<u64, CopyError> {
    let Some(filter) = task.filter.clone() else {
        return Ok(client.execute(&create_copy_sql(table, task, None), &[]).await?);
    };
    settings.use_script_path(client).await?;
    client.batch_execute("SAVEPOINT limbeck_copy").await?;
    let copied = match client.execute(&create_copy_sql(table, task, Some(&filter)), &[]).await {
        Ok(copied) => copied,
        Err(error) if is_condition_error(&error) => {
            client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_copy").await?;
            (task.filter, task.is_direct) = (None, false);
            client.execute(&create_copy_sql(table, task, None), &[]).await?
        }
        Err(error) => return Err(error.into()),
    };
    client.batch_execute("RELEASE SAVEPOINT limbeck_copy").await?;
    settings.use_catalog_path(client).await?;
    Ok(copied)
}

/// The SQL that creates the table of a copy.
fn create_copy_sql(copy: &str, task: &CopyTask, filter: Option<&RowFilter>) -> String {
    let from = columns::table_sql(&task.schema, &task.table, !task.detail.only);
    let table = (from.as_str(), task.table.as_str());
    match task.kind {
        CopyKind::Column | CopyKind::Values => {
            copy_values(copy, table, &task.detail, filter, task.kind == CopyKind::Values)
        }
        _ => copy_rows(copy, table, &task.detail, filter),
    }
}

/// Locks the copied table, so that no other session changes it before the statement runs.
async fn lock_table(client: &Client, task: &CopyTask) -> Result<(), CopyError> {
    if task.kind == CopyKind::Sequence {
        return Ok(());
    }
    let table = columns::table_sql(&task.schema, &task.table, !task.detail.only);
    let mode = if task.is_dropped || task.detail.type_changed { "ACCESS EXCLUSIVE" } else { "SHARE ROW EXCLUSIVE" };
    Ok(client.batch_execute(&format!("LOCK TABLE {table} IN {mode} MODE")).await?)
}

/// Whether the server rejected the condition (SQLSTATE class 42). It may not be valid outside its statement.
fn is_condition_error(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|answer| answer.code().code().starts_with("42"))
}
