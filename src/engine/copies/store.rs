//! The table of copies: it lists each copy, what it contains and its state.

use tokio_postgres::{Client, Row};

use super::CopyError;
use super::copy_table::revoke_privileges;
use crate::core::copies::{CopyDetail, CopyKind};
use crate::core::graph::Direction;
use crate::core::sql::identifier::quote;
use crate::core::sql::qualify_names;
use crate::engine::connection::database_error;
use crate::engine::state::foreign_code::require_trusted;
use crate::engine::state::ledger::Ledger;
use crate::engine::state::table_format;
use crate::engine::{Error, Result};

const COLUMNS: &str = "(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    revision pg_catalog.text NOT NULL,
    direction pg_catalog.text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
    log bigint,
    kind pg_catalog.text NOT NULL,
    object pg_catalog.text NOT NULL,
    schema_name pg_catalog.text NOT NULL,
    table_name pg_catalog.text NOT NULL,
    code pg_catalog.text NOT NULL,
    reason pg_catalog.text NOT NULL,
    detail pg_catalog.text NOT NULL,
    copy pg_catalog.text,
    rows bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    state pg_catalog.text NOT NULL DEFAULT 'making' CHECK (state IN ('making', 'kept', 'restored', 'dropped')),
    role pg_catalog.text NOT NULL DEFAULT current_user,
    at pg_catalog.timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at pg_catalog.timestamptz
)";

/// The format of the table of copies.
const FORMAT: u32 = 1;

const SELECT: &str = "id, revision, direction, kind, object, schema_name, table_name, code, reason, detail, copy, rows, \
    bytes, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), state";

/// A copy that exists in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCopy {
    pub id: i64,
    pub revision: String,
    /// The direction of the step that destroyed the data.
    pub direction: Direction,
    pub kind: CopyKind,
    /// The copied object, as the statement names it.
    pub object: String,
    pub schema: String,
    pub table: String,
    /// The code of the rule that found the loss.
    pub code: String,
    /// The title of the rule.
    pub reason: String,
    pub rows: u64,
    pub bytes: u64,
    /// The time when it was made, in UTC, e.g. `2026-11-22T10:00:00Z`.
    pub at: String,
    /// The table of the copy, as SQL. `None` for the state of a sequence.
    pub name: Option<String>,
    pub detail: CopyDetail,
    /// Whether its statement ran and the new values were recorded. False if the run was interrupted.
    pub is_complete: bool,
}

/// The table of copies, and the tables of the copies themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct CopyStore {
    /// The table of copies, as SQL.
    pub table: String,
    /// The beginning of the names of the copies' tables, as SQL.
    prefix: String,
}

impl StoredCopy {
    /// The name of its first column. Empty if it has no columns.
    pub(super) fn column_name(&self) -> &str {
        self.detail.columns.first().map(|column| column.name.as_str()).unwrap_or_default()
    }

    /// Whether it contains whole rows.
    pub(super) const fn contains_rows(&self) -> bool {
        matches!(self.kind, CopyKind::Table | CopyKind::Rows)
    }
}

impl CopyStore {
    /// Finds the table of copies. `None` if it does not exist.
    ///
    /// # Errors
    /// If the query fails, another role has created a table with its name, or its format is newer than this version.
    pub async fn find(client: &Client) -> Result<Option<Self>> {
        require_trusted(client, &["limbeck.kept", "limbeck_kept"]).await?;
        let query = "SELECT n.nspname::text, c.relname::text, obj_description(c.oid, 'pg_class') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = coalesce(to_regclass('limbeck.kept'), to_regclass('limbeck_kept'))";
        let row = client.query_opt(&qualify_names(query), &[]).await.map_err(|error| database_error(&error))?;
        let Some(row) = row else { return Ok(None) };
        let found = Self::new(row.get(0), row.get(1));
        table_format::parse_known(&found.table, row.get(2), FORMAT)?;
        Ok(Some(found))
    }

    fn new(schema: &str, name: &str) -> Self {
        let table = format!("{}.{}", quote(schema), quote(name));
        Self { prefix: format!("{}.{name}_", quote(schema)), table }
    }

    /// Finds the table of copies, or creates it in the ledger's schema.
    ///
    /// # Errors
    /// If the role is not permitted to create it.
    pub async fn ensure(client: &Client, ledger: &Ledger) -> Result<Self> {
        if let Some(found) = Self::find(client).await? {
            return Ok(found);
        }
        let name = match ledger {
            Ledger::Table("limbeck.log") => "limbeck.kept",
            _ => "limbeck_kept",
        };
        let comment = format!("COMMENT ON TABLE {name} IS '{}'", table_format::comment(FORMAT));
        let create = format!("CREATE TABLE IF NOT EXISTS {name} {}; {comment}", qualify_names(COLUMNS));
        let explain = |error: tokio_postgres::Error| {
            let error = database_error(&error);
            Error::new("cannot copy the data that the plan destroys: cannot create the table of copies")
                .because(error.message)
                .hint(
                    "allow the role to create tables, make a backup and add --no-keep, or set `keep = false` under [apply]",
                )
        };
        client.batch_execute(&create).await.map_err(explain)?;
        revoke_privileges(client, name).await.map_err(CopyError::into_error)?;
        Self::find(client).await?.ok_or_else(|| Error::new(format!("the table {name} was created but cannot be found")))
    }

    /// The table of a copy, as SQL.
    pub fn table_of_copy(&self, id: i64) -> String {
        format!("{}{id}", self.prefix)
    }

    /// Inserts a copy that is not complete yet. Returns its id.
    pub async fn insert(&self, client: &Client, new: &NewCopy<'_>) -> Result<i64, CopyError> {
        let insert = format!(
            "INSERT INTO {} (revision, direction, log, kind, object, schema_name, table_name, code, reason, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
            self.table
        );
        let detail = to_json(new.detail)?;
        let row = client
            .query_one(
                &qualify_names(&insert),
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

    /// Records that a copy is complete, after its statement has run.
    pub async fn complete(
        &self,
        client: &Client,
        id: i64,
        rows: u64,
        bytes: u64,
        detail: &CopyDetail,
    ) -> Result<(), CopyError> {
        let update = format!(
            "UPDATE {} SET state = 'kept', rows = $2, bytes = $3, detail = $4, copy = $5 WHERE id = $1",
            self.table
        );
        let copy = detail.sequence_state.is_none().then(|| self.table_of_copy(id));
        let detail = to_json(detail)?;
        client.execute(&qualify_names(&update), &[&id, &to_signed(rows), &to_signed(bytes), &detail, &copy]).await?;
        Ok(())
    }

    /// Deletes a copy and its entry, because no data was lost.
    pub async fn discard(&self, client: &Client, id: i64) -> Result<(), CopyError> {
        self.drop_table(client, id).await?;
        let delete = format!("DELETE FROM {} WHERE id = {id}", self.table);
        Ok(client.batch_execute(&qualify_names(&delete)).await?)
    }

    /// Drops the table of a copy and records its state: `restored` or `dropped`.
    pub async fn remove(&self, client: &Client, id: i64, state: &str) -> Result<(), CopyError> {
        self.drop_table(client, id).await?;
        let update =
            format!("UPDATE {} SET state = '{state}', ended_at = clock_timestamp() WHERE id = {id}", self.table);
        Ok(client.batch_execute(&qualify_names(&update)).await?)
    }

    /// Drops the table of a copy, if it has one.
    async fn drop_table(&self, client: &Client, id: i64) -> Result<(), CopyError> {
        let table = self.table_of_copy(id);
        // DROP TABLE IF EXISTS would send a notice.
        let exists = client.query_one(&qualify_names("SELECT to_regclass($1) IS NOT NULL"), &[&table]).await?;
        if exists.get::<_, bool>(0) {
            client.batch_execute(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }

    /// Records how many rows remain in a copy after a part was restored.
    pub async fn record_remaining_rows(
        &self,
        client: &Client,
        id: i64,
        rows: u64,
        detail: &CopyDetail,
    ) -> Result<(), CopyError> {
        let update = format!(
            "UPDATE {} SET rows = $2, bytes = pg_total_relation_size(to_regclass($4)), detail = $3 WHERE id = $1",
            self.table
        );
        let detail = to_json(detail)?;
        client.execute(&qualify_names(&update), &[&id, &to_signed(rows), &detail, &self.table_of_copy(id)]).await?;
        Ok(())
    }

    /// Reads the existing copies that match a condition, the newest first. The condition may contain columns and `$1`,
    /// `$2`, ….
    pub async fn read(
        &self,
        client: &Client,
        condition: &str,
        parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Vec<StoredCopy>, CopyError> {
        let query = format!(
            "SELECT {SELECT} FROM {} WHERE state IN ('making', 'kept') AND {condition} ORDER BY id DESC",
            self.table
        );
        let rows = client.query(&qualify_names(&query), parameters).await?;
        let copies = rows.iter().map(parse_row).collect::<Result<Vec<StoredCopy>, CopyError>>()?;
        let with_name = |copy: StoredCopy| StoredCopy {
            name: copy.detail.sequence_state.is_none().then(|| self.table_of_copy(copy.id)),
            ..copy
        };
        Ok(copies.into_iter().map(with_name).collect())
    }

    /// Reads the copies that the opposite step of a revision restores: those made since that step ran last.
    pub async fn read_restorable(
        &self,
        client: &Client,
        ledger: &Ledger,
        revision: &str,
        lost: Direction,
    ) -> Result<Vec<StoredCopy>, CopyError> {
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

    /// Reads the copies of the same object from an earlier run that was interrupted before it completed them. Excludes the
    /// copies `own`.
    pub async fn read_interrupted(
        &self,
        client: &Client,
        new: &NewCopy<'_>,
        own: &[i64],
    ) -> Result<Vec<StoredCopy>, CopyError> {
        let condition = "state = 'making' AND revision = $1 AND direction = $2 AND kind = $3 AND object = $4 \
             AND schema_name = $5 AND table_name = $6 AND NOT id = ANY ($7)";
        let (direction, kind) = (new.direction.word(), new.kind.word());
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
            [&new.revision, &direction, &kind, &new.object, &new.schema, &new.table, &own];
        self.read(client, condition, &parameters).await
    }
}

/// Reads the revisions that have copies, with the direction of the step that destroyed the data.
///
/// # Errors
/// If a query fails, or the role is not permitted to read the table of copies.
pub(in crate::engine) async fn read_revisions_with_copies(client: &Client) -> Result<Vec<(String, Direction)>> {
    let Some(store) = CopyStore::find(client).await? else { return Ok(Vec::new()) };
    let query = format!("SELECT DISTINCT revision, direction FROM {} WHERE state IN ('making', 'kept')", store.table);
    let rows = client.query(&qualify_names(&query), &[]).await.map_err(|error| database_error(&error))?;
    Ok(rows.iter().map(|row| (row.get(0), parse_direction(row.get(1)))).collect())
}

/// A copy of a run in the ledger, whatever its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedCopy {
    /// The id of the row in the ledger.
    pub log: i64,
    pub kind: CopyKind,
    pub object: String,
    pub rows: u64,
    /// `kept`, `restored` or `dropped`; `making` if the run was interrupted.
    pub state: String,
}

/// Reads the copies of runs in the ledger, in the order in which they were made.
///
/// # Errors
/// If a query fails, or the role is not permitted to read the table of copies.
pub(in crate::engine) async fn read_logged_copies(client: &Client, log: &[i64]) -> Result<Vec<LoggedCopy>> {
    let Some(store) = CopyStore::find(client).await? else { return Ok(Vec::new()) };
    let query = format!("SELECT log, kind, object, rows, state FROM {} WHERE log = ANY($1) ORDER BY id", store.table);
    let rows = client.query(&qualify_names(&query), &[&log]).await.map_err(|error| database_error(&error))?;
    let copies = rows.iter().filter_map(|row| {
        let kind = CopyKind::parse(row.get(1))?;
        let rows = u64::try_from(row.get::<_, i64>(3)).unwrap_or(0);
        Some(LoggedCopy { log: row.get(0), kind, object: row.get(2), rows, state: row.get(4) })
    });
    Ok(copies.collect())
}

/// A copy that will be made.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct NewCopy<'a> {
    pub revision: &'a str,
    pub direction: Direction,
    pub log: Option<i64>,
    pub kind: CopyKind,
    pub object: &'a str,
    pub schema: &'a str,
    pub table: &'a str,
    pub code: &'a str,
    pub reason: &'a str,
    pub detail: &'a CopyDetail,
}

fn parse_row(row: &Row) -> Result<StoredCopy, CopyError> {
    let (id, kind, detail): (i64, &str, &str) = (row.get(0), row.get(3), row.get(9));
    let unreadable = || Error::new(format!("cannot read copy {id}: it was made by another version of limbeck"));
    Ok(StoredCopy {
        id,
        revision: row.get(1),
        direction: parse_direction(row.get(2)),
        kind: CopyKind::parse(kind).ok_or_else(unreadable)?,
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
        is_complete: row.get::<_, &str>(14) == "kept",
    })
}

fn to_json(detail: &CopyDetail) -> Result<String, CopyError> {
    serde_json::to_string(detail)
        .map_err(|error| Error::new("cannot write the description of a copy").because(error).into())
}

fn parse_direction(word: &str) -> Direction {
    if word == Direction::Upgrade.word() { Direction::Upgrade } else { Direction::Downgrade }
}

fn to_signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
