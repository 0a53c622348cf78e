//! Makes copies before a statement runs, in its transaction.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::copy_table::{read_copy_size, revoke_privileges};
use super::settings::OwnSettings;
use super::store::{CopyStore, NewCopy};
use super::tasks::{self, CopyTask};
use super::{CopyError, columns};
use crate::core::copies::{CopyKind, Loss, create_copy, insert_into_copy, is_not_copied, losses, row_alias};
use crate::core::graph::Direction;
use crate::core::hazard::{Code, Hazard};
use crate::core::sql::qualify_names;
use crate::core::statement::RowFilter;
use crate::core::text::size;
use crate::engine::Error;

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
    /// The index of the loss that requires it, and its code. `None` for a copy of an interrupted run.
    pub(super) loss: Option<(usize, Code)>,
    /// Whether it was made in the statement's transaction. Then rows that remain are at the same place afterwards.
    pub(super) in_transaction: bool,
}

/// The copies of one statement.
#[derive(Debug)]
pub(super) struct StatementCopies<'a> {
    settings: OwnSettings,
    owner: CopyOwner<'a>,
    store: &'a CopyStore,
    pending: Vec<PendingCopy>,
    /// The loss for which copies are made now.
    loss: (usize, &'a Loss),
}

/// The step for which copies are made.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct CopyOwner<'a> {
    pub revision: &'a str,
    pub direction: Direction,
    pub log: Option<i64>,
    /// Whether the statement runs in the same transaction as the copies are made.
    pub in_transaction: bool,
}

impl StatementCopies<'_> {
    /// The table of a copy, as SQL.
    pub fn table(&self, copy: usize) -> String {
        self.pending.get(copy).map(|pending| self.store.table_of_copy(pending.id)).unwrap_or_default()
    }

    /// The copied table of a copy, as FROM requires it.
    pub fn from(&self, copy: usize) -> String {
        self.pending.get(copy).map(|pending| from_sql(&pending.task)).unwrap_or_default()
    }

    /// The copied table of a copy.
    pub fn relation(&self, copy: usize) -> Option<Oid> {
        self.pending.get(copy).map(|pending| pending.task.detail.relation)
    }

    /// The copy of the same rows or values that an earlier loss or foreign key of the statement required.
    fn find(&self, task: &CopyTask) -> Option<usize> {
        let is_partial = matches!(task.kind, CopyKind::Rows | CopyKind::Values);
        self.pending.iter().position(|other| is_partial && other.is_of_same_data(task))
    }
}

impl PendingCopy {
    /// Whether another copy is not required because of this one.
    fn makes_unnecessary(&self, task: &CopyTask) -> bool {
        // Two losses of a statement may destroy the same data.
        let is_same = self.is_of_same_data(task) && self.task.filter.is_none();
        // If a table has no rows, no number of its sequences is in use.
        let is_unused_sequence = task.kind == CopyKind::Sequence
            && self.task.kind == CopyKind::Table
            && self.copied == 0
            && (&self.task.schema, &self.task.table) == (&task.schema, &task.table);
        is_same || is_unused_sequence
    }

    /// Whether it copies the same table or column, but perhaps other rows of it.
    fn is_of_same_data(&self, task: &CopyTask) -> bool {
        let numbers = |task: &CopyTask| task.detail.columns.iter().map(|column| column.number).collect::<Vec<_>>();
        self.task.kind == task.kind
            && self.task.detail.relation == task.detail.relation
            && numbers(&self.task) == numbers(task)
    }
}

impl Copier {
    /// Creates a copier that writes to a store. `limit` is in bytes.
    pub fn new(store: CopyStore, role: Option<String>, limit: u64) -> Self {
        Self { store, role, limit, used: AtomicU64::new(0) }
    }

    /// Copies the data that a statement will destroy according to its hazards. `observer` is a session that does not see
    /// what the current transaction has created.
    pub async fn copy_losses(
        &self,
        (client, observer): (&Client, &Client),
        owner: CopyOwner<'_>,
        hazards: &[Hazard],
    ) -> Result<Vec<PendingCopy>, CopyError> {
        let losses = losses(hazards);
        let Some(first) = losses.iter().find(|loss| loss.not_copied().is_none()) else { return Ok(Vec::new()) };
        let settings = OwnSettings::begin(client, self.role.as_deref()).await?;
        let mut copies = StatementCopies { settings, owner, store: &self.store, pending: Vec::new(), loss: (0, first) };
        for loss in losses.iter().enumerate() {
            copies.loss = loss;
            self.copy_loss(client, &mut copies)
                .await
                .map_err(|error| error.with_object(&format!("cannot copy {}", loss.1.object)))?;
        }
        let StatementCopies { settings, mut pending, .. } = copies;
        if owner.in_transaction {
            describe_before(observer, &mut pending).await?;
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
    async fn copy_loss(&self, client: &Client, copies: &mut StatementCopies<'_>) -> Result<(), CopyError> {
        let loss = copies.loss.1;
        copies.settings.use_script_path(client).await?;
        let found = tasks::find_relations(client, loss).await?;
        copies.settings.use_catalog_path(client).await?;
        let mut planned = tasks::plan_copies(client, loss, &found).await?;
        planned.tasks.sort_by_key(|task| task.kind == CopyKind::Sequence);
        for task in planned.tasks {
            if copies.pending.iter().any(|other| other.makes_unnecessary(&task)) {
                continue;
            }
            lock_table(client, &task).await?;
            let follows_foreign_keys = task.follows_foreign_keys;
            let (copy, _) = self.add(client, copies, task).await?;
            if follows_foreign_keys {
                self.follow_foreign_keys(client, copies, copy).await?;
            }
        }
        Ok(())
    }

    /// Copies the rows or values of a task that no copy of the statement contains yet. Returns the index of the copy and
    /// the number of added rows.
    pub(super) async fn add(
        &self,
        client: &Client,
        copies: &mut StatementCopies<'_>,
        mut task: CopyTask,
    ) -> Result<(usize, u64), CopyError> {
        let made: Vec<String> = copies.find(&task).map(|copy| copies.table(copy)).into_iter().collect();
        let (copy, table) = match copies.find(&task) {
            Some(copy) => (copy, copies.table(copy)),
            None => self.create(client, copies, &task).await?,
        };
        let inserted = match task.kind {
            CopyKind::Sequence => 1,
            _ => insert_rows(client, &copies.settings, &table, &mut task, &made).await?,
        };
        if task.kind != CopyKind::Sequence {
            self.check_limit(client, &table, &task.object).await?;
        }
        if let Some(pending) = copies.pending.get_mut(copy) {
            pending.copied += inserted;
            if made.is_empty() {
                pending.task = CopyTask { detail: pending.task.detail.clone(), ..task };
            } else {
                // The rows of several losses cannot be compared with the rows that the statement affects.
                (pending.task.is_direct, pending.task.filter) = (false, pending.task.filter.take().and(task.filter));
            }
        }
        Ok((copy, inserted))
    }

    /// Creates an empty copy. Returns its index and its table.
    async fn create(
        &self,
        client: &Client,
        copies: &mut StatementCopies<'_>,
        task: &CopyTask,
    ) -> Result<(usize, String), CopyError> {
        let mut task = task.clone();
        let database = "SELECT oid FROM pg_database WHERE datname = current_database()";
        task.detail.database = Some(client.query_one(database, &[]).await?.get(0));
        task.detail.batch = copies.pending.first().map(|first| first.id);
        let (owner, (number, loss)) = (copies.owner, copies.loss);
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
        let own: Vec<i64> = copies.pending.iter().map(|pending| pending.id).collect();
        self.complete_interrupted(client, &new, &own).await?;
        let id = self.store.insert(client, &new).await?;
        let table = self.store.table_of_copy(id);
        if task.kind != CopyKind::Sequence {
            client.batch_execute(&create_copy(&table, task.kind, &task.detail)).await?;
            revoke_privileges(client, &table).await?;
        }
        let in_transaction = owner.in_transaction;
        copies.pending.push(PendingCopy { id, task, copied: 0, loss: Some((number, loss.code)), in_transaction });
        Ok((copies.pending.len() - 1, table))
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
}

/// The error if copies are larger than allowed.
pub(in crate::engine) fn limit_exceeded(message: String) -> Error {
    Error::new(message).hint("raise keep_limit under [apply], or make a backup and continue without copies: --no-keep")
}

/// Copies the rows of a task that are in none of the copies `made`. If the condition is not valid outside its statement,
/// all rows are copied and the task's filter is removed.
async fn insert_rows(
    client: &Client,
    settings: &OwnSettings,
    table: &str,
    task: &mut CopyTask,
    made: &[String],
) -> Result<u64, CopyError> {
    let is_scripts = task.is_direct;
    let Some(filter) = task.filter.clone().filter(|_| is_scripts) else {
        return Ok(client.execute(&insert_sql(table, task, task.filter.as_ref(), made), &[]).await?);
    };
    settings.use_script_path(client).await?;
    client.batch_execute("SAVEPOINT limbeck_copy").await?;
    let copied = match client.execute(&insert_sql(table, task, Some(&filter), made), &[]).await {
        Ok(copied) => copied,
        Err(error) if is_condition_error(&error) => {
            client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_copy").await?;
            (task.filter, task.is_direct) = (None, false);
            client.execute(&insert_sql(table, task, None, made), &[]).await?
        }
        Err(error) => return Err(error.into()),
    };
    client.batch_execute("RELEASE SAVEPOINT limbeck_copy").await?;
    settings.use_catalog_path(client).await?;
    Ok(copied)
}

/// The SQL that copies the rows of a task.
fn insert_sql(copy: &str, task: &CopyTask, filter: Option<&RowFilter>, made: &[String]) -> String {
    let table = (&*from_sql(task), task.table.as_str());
    let conditions = is_not_copied(made, &row_alias(&task.table, filter));
    insert_into_copy(copy, task.kind, table, &task.detail, filter, &conditions)
}

/// The copied table as FROM requires it, as SQL.
fn from_sql(task: &CopyTask) -> String {
    columns::table_sql(&task.schema, &task.table, !task.detail.only)
}

/// Marks the columns that the current transaction has created, and records the names of tables that it has renamed: the
/// observer sees the state before.
async fn describe_before(observer: &Client, pending: &mut [PendingCopy]) -> Result<(), CopyError> {
    for copy in pending.iter_mut().filter(|copy| copy.task.kind != CopyKind::Sequence) {
        let relation = copy.task.detail.relation;
        if matches!(copy.task.kind, CopyKind::Rows | CopyKind::Table) {
            let query = "SELECT attnum FROM pg_catalog.pg_attribute WHERE attrelid OPERATOR(pg_catalog.=) $1";
            let rows = observer.query(query, &[&relation]).await?;
            let before: Vec<i16> = rows.iter().map(|row| row.get(0)).collect();
            for column in &mut copy.task.detail.columns {
                column.created = !before.contains(&column.number);
            }
        }
        let query =
            "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = $1";
        let row = observer.query_opt(&qualify_names(query), &[&relation]).await?;
        let before = row.map(|row| (row.get::<_, String>(0), row.get::<_, String>(1)));
        let name = (&copy.task.schema, &copy.task.table);
        copy.task.detail.name_before = before.filter(|before| (&before.0, &before.1) != name);
    }
    Ok(())
}

/// Locks the copied table, so that no other session changes it before the statement runs.
async fn lock_table(client: &Client, task: &CopyTask) -> Result<(), CopyError> {
    if task.kind == CopyKind::Sequence {
        return Ok(());
    }
    let table = from_sql(task);
    let mode = if task.is_dropped || task.detail.type_changed { "ACCESS EXCLUSIVE" } else { "SHARE ROW EXCLUSIVE" };
    Ok(client.batch_execute(&format!("LOCK TABLE {table} IN {mode} MODE")).await?)
}

/// Whether the server rejected the condition (SQLSTATE class 42). It may not be valid outside its statement.
fn is_condition_error(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|answer| answer.code().code().starts_with("42"))
}
