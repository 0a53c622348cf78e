//! The table of copies: which there are, of what, and what became of them.

use tokio_postgres::{Client, Row};

use super::CopyError;
use super::copier::keep_private;
use crate::core::copies::{Detail, Kind};
use crate::core::graph::Direction;
use crate::core::sql::identifier::quote;
use crate::engine::connection::database_error;
use crate::engine::state::ledger::Ledger;
use crate::engine::{Error, Result};

const COLUMNS: &str = "(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    revision text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
    log bigint,
    kind text NOT NULL,
    object text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    copy text,
    rows bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'making' CHECK (state IN ('making', 'kept', 'restored', 'dropped')),
    role text NOT NULL DEFAULT current_user,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
)";

const SELECT: &str = "id, revision, direction, kind, object, schema_name, table_name, code, reason, detail, copy, rows, \
    bytes, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), state";

/// A copy that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub id: i64,
    pub revision: String,
    /// The direction in which it was lost.
    pub direction: Direction,
    pub kind: Kind,
    /// What it is a copy of, as the statement named it.
    pub object: String,
    pub schema: String,
    pub table: String,
    /// The rule that found the loss, and its words.
    pub code: String,
    pub reason: String,
    pub rows: u64,
    pub bytes: u64,
    /// When it was made, in UTC, e.g. `2026-11-22T10:00:00Z`.
    pub at: String,
    /// The table that holds it, as SQL; none for the state of a sequence.
    pub name: Option<String>,
    pub detail: Detail,
    /// Whether the run that made it told what came in the place of the values.
    pub settled: bool,
}

/// Where copies lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct CopyStore {
    /// The table of copies, as SQL.
    pub table: String,
    /// What the names of copies begin with, as SQL.
    prefix: String,
}

impl CopyStore {
    /// Finds the table of copies, without making one.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn find(client: &Client) -> Result<Option<Self>> {
        let query =
            "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = coalesce(to_regclass('limbeck.kept'), to_regclass('limbeck_kept'))";
        let row = client.query_opt(query, &[]).await.map_err(|error| database_error(&error))?;
        Ok(row.map(|row| Self::named(row.get(0), row.get(1))))
    }

    fn named(schema: &str, name: &str) -> Self {
        let table = format!("{}.{}", quote(schema), quote(name));
        Self { prefix: format!("{}.{name}_", quote(schema)), table }
    }

    /// Finds the table or makes it beside the ledger.
    ///
    /// # Errors
    /// When the role may not make it.
    pub async fn ensure(client: &Client, ledger: &Ledger) -> Result<Self> {
        if let Some(found) = Self::find(client).await? {
            return Ok(found);
        }
        let name = match ledger {
            Ledger::Table("limbeck.log") => "limbeck.kept",
            _ => "limbeck_kept",
        };
        let create = format!("CREATE TABLE IF NOT EXISTS {name} {COLUMNS}");
        let refused = |error: tokio_postgres::Error| {
            let error = database_error(&error);
            Error::new("what the plan destroys cannot be copied first: the role may make no table for copies")
                .because(error.message)
                .hint(
                    "let the role create tables, make a backup and add --no-keep, or set `keep = false` under [apply]",
                )
        };
        client.batch_execute(&create).await.map_err(refused)?;
        keep_private(client, name).await.map_err(CopyError::into_error)?;
        Self::find(client).await?.ok_or_else(|| Error::new(format!("{name} was made and is not there")))
    }

    /// The table that holds a copy.
    pub fn copy(&self, id: i64) -> String {
        format!("{}{id}", self.prefix)
    }

    /// Writes that a copy is being made; gives its number.
    pub async fn begin(&self, client: &Client, new: &New<'_>) -> Result<i64, CopyError> {
        let insert = format!(
            "INSERT INTO {} (revision, direction, log, kind, object, schema_name, table_name, code, reason, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
            self.table
        );
        let detail = text_of(new.detail)?;
        let row = client
            .query_one(
                &insert,
                &[
                    &new.revision,
                    &new.direction.word(),
                    &new.log,
                    &new.kind.word(),
                    &new.object,
                    &new.schema,
                    &new.table,
                    &new.code,
                    &new.reason,
                    &detail,
                ],
            )
            .await?;
        Ok(row.get(0))
    }

    /// Writes what a copy holds, now that the statement has run.
    pub async fn settle(
        &self,
        client: &Client,
        id: i64,
        rows: u64,
        bytes: u64,
        detail: &Detail,
    ) -> Result<(), CopyError> {
        let update = format!(
            "UPDATE {} SET state = 'kept', rows = $2, bytes = $3, detail = $4, copy = $5 WHERE id = $1",
            self.table
        );
        let copy = detail.counter.is_none().then(|| self.copy(id));
        let detail = text_of(detail)?;
        client.execute(&update, &[&id, &signed(rows), &signed(bytes), &detail, &copy]).await?;
        Ok(())
    }

    /// Takes a copy away of which nothing was lost.
    pub async fn discard(&self, client: &Client, id: i64) -> Result<(), CopyError> {
        let delete = format!("DROP TABLE IF EXISTS {}; DELETE FROM {} WHERE id = {id}", self.copy(id), self.table);
        Ok(client.batch_execute(&delete).await?)
    }

    /// Takes a copy away and writes what became of it: `restored` or `dropped`.
    pub async fn end(&self, client: &Client, id: i64, state: &str) -> Result<(), CopyError> {
        let end = format!(
            "DROP TABLE IF EXISTS {}; UPDATE {} SET state = '{state}', ended_at = clock_timestamp() WHERE id = {id}",
            self.copy(id),
            self.table
        );
        Ok(client.batch_execute(&end).await?)
    }

    /// Writes that only a part of a copy is left in it.
    pub async fn shrink(&self, client: &Client, id: i64, rows: u64, detail: &Detail) -> Result<(), CopyError> {
        let update = format!(
            "UPDATE {} SET rows = $2, bytes = pg_total_relation_size(to_regclass($4)), detail = $3 WHERE id = $1",
            self.table
        );
        let detail = text_of(detail)?;
        client.execute(&update, &[&id, &signed(rows), &detail, &self.copy(id)]).await?;
        Ok(())
    }

    /// The copies that are there, the newest first; `condition` may name the columns and `$1`, `$2`, ….
    pub async fn read(
        &self,
        client: &Client,
        condition: &str,
        parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Vec<Copy>, CopyError> {
        let query = format!(
            "SELECT {SELECT} FROM {} WHERE state IN ('making', 'kept') AND {condition} ORDER BY id DESC",
            self.table
        );
        let rows = client.query(&query, parameters).await?;
        let copies = rows.iter().map(read).collect::<Result<Vec<Copy>, CopyError>>()?;
        let named = |copy: Copy| Copy { name: copy.detail.counter.is_none().then(|| self.copy(copy.id)), ..copy };
        Ok(copies.into_iter().map(named).collect())
    }

    /// The copies that the opposite step of a revision puts back: those made since it last ran.
    pub async fn pending(
        &self,
        client: &Client,
        ledger: &Ledger,
        revision: &str,
        lost: Direction,
    ) -> Result<Vec<Copy>, CopyError> {
        let since = match ledger {
            Ledger::Table(table) => format!(
                "at > coalesce((SELECT max(l.ended_at) FROM {table} l WHERE l.revision = $1 AND l.direction <> $2 \
                 AND l.state = 'done'), '-infinity')"
            ),
            Ledger::Missing(_) => "true".to_owned(),
        };
        let condition = format!("revision = $1 AND direction = $2 AND {since}");
        self.read(client, &condition, &[&revision, &lost.word()]).await
    }

    /// Takes away what a run that died before its statement has copied of the same object.
    pub async fn forget_unsettled(&self, client: &Client, new: &New<'_>) -> Result<(), CopyError> {
        let query = format!(
            "SELECT id FROM {} WHERE state = 'making' AND revision = $1 AND direction = $2 AND kind = $3 AND object = $4 \
             AND schema_name = $5 AND table_name = $6",
            self.table
        );
        let (direction, kind) = (new.direction.word(), new.kind.word());
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&new.revision, &direction, &kind, &new.object, &new.schema, &new.table];
        for row in client.query(&query, &parameters).await? {
            self.discard(client, row.get(0)).await?;
        }
        Ok(())
    }
}

/// The revisions that have copies, with the direction in which they were lost; none where there is no table of copies.
///
/// # Errors
/// When the server cannot be asked, or the role may not read the table.
pub(in crate::engine) async fn revisions_with_copies(client: &Client) -> Result<Vec<(String, Direction)>> {
    let Some(place) = CopyStore::find(client).await? else { return Ok(Vec::new()) };
    let query = format!("SELECT DISTINCT revision, direction FROM {} WHERE state IN ('making', 'kept')", place.table);
    let rows = client.query(&query, &[]).await.map_err(|error| database_error(&error))?;
    Ok(rows.iter().map(|row| (row.get(0), direction(row.get(1)))).collect())
}

/// A copy that is about to be made.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct New<'a> {
    pub revision: &'a str,
    pub direction: Direction,
    pub log: Option<i64>,
    pub kind: Kind,
    pub object: &'a str,
    pub schema: &'a str,
    pub table: &'a str,
    pub code: &'a str,
    pub reason: &'a str,
    pub detail: &'a Detail,
}

fn read(row: &Row) -> Result<Copy, CopyError> {
    let (id, kind, detail): (i64, &str, &str) = (row.get(0), row.get(3), row.get(9));
    let unreadable = || Error::new(format!("the copy {id} was made by another version of limbeck and cannot be read"));
    Ok(Copy {
        id,
        revision: row.get(1),
        direction: direction(row.get(2)),
        kind: Kind::parse(kind).ok_or_else(unreadable)?,
        object: row.get(4),
        schema: row.get(5),
        table: row.get(6),
        code: row.get(7),
        reason: row.get(8),
        detail: serde_json::from_str(detail).map_err(|_| unreadable())?,
        name: None,
        rows: row.get::<_, i64>(11).unsigned_abs(),
        bytes: row.get::<_, i64>(12).unsigned_abs(),
        at: row.get(13),
        settled: row.get::<_, &str>(14) == "kept",
    })
}

fn text_of(detail: &Detail) -> Result<String, CopyError> {
    serde_json::to_string(detail).map_err(|error| Error::new("a copy cannot be described").because(error).into())
}

fn direction(word: &str) -> Direction {
    if word == Direction::Upgrade.word() { Direction::Upgrade } else { Direction::Downgrade }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
