//! Makes the copies before a statement runs, inside the transaction at hand.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::quiet::Quiet;
use super::resolve::{self, Doomed};
use super::sources::Source;
use super::store::{New, Place};
use super::{Trouble, describe};
use crate::core::copies::{Kind, Loss, What, losses, rows, size, values};
use crate::core::graph::Direction;
use crate::core::hazard::Narrow;
use crate::core::plan::{PlannedStatement, Step};
use crate::engine::Error;
use crate::engine::connection::identifier::quote;

/// Makes the copies of one run.
#[derive(Debug)]
pub(in crate::engine) struct Keeper {
    pub place: Place,
    /// The role that the project runs as.
    pub role: Option<String>,
    /// What all copies together may take, in bytes.
    pub limit: u64,
    pub used: AtomicU64,
}

/// A copy that was made, before its statement has run.
#[derive(Debug)]
pub(in crate::engine) struct Made {
    pub(super) id: i64,
    pub(super) doomed: Doomed,
    /// Rows in the copy.
    pub(super) copied: u64,
    /// Which loss of the statement it belongs to.
    pub(super) loss: usize,
    pub(super) code: &'static str,
}

/// For whom copies are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub revision: &'a str,
    pub direction: Direction,
    pub log: Option<i64>,
}

impl Keeper {
    /// Copies what a statement is about to destroy; `log` is the number of the step's row in the ledger.
    pub async fn before(
        &self,
        client: &Client,
        step: &Step,
        log: Option<i64>,
        statement: &PlannedStatement,
    ) -> Result<Vec<Made>, Trouble> {
        let losses = losses(&statement.sql, &statement.hazards);
        if losses.iter().all(|loss| matches!(loss.what, What::Nothing(_))) {
            return Ok(Vec::new());
        }
        let owner = Owner { revision: step.revision.as_str(), direction: step.direction, log };
        let quiet = Quiet::begin(client, self.role.as_deref()).await?;
        let mut made: Vec<Made> = Vec::new();
        for (number, loss) in losses.iter().enumerate() {
            self.loss(client, &quiet, owner, (number, loss), &mut made)
                .await
                .map_err(|trouble| trouble.about(&format!("no copy of {} can be made", loss.object)))?;
        }
        quiet.end(client).await?;
        Ok(made)
    }

    async fn loss(
        &self,
        client: &Client,
        quiet: &Quiet,
        owner: Owner<'_>,
        (number, loss): (usize, &Loss),
        made: &mut Vec<Made>,
    ) -> Result<(), Trouble> {
        quiet.script_path(client).await?;
        let found = resolve::look_up(client, loss).await?;
        quiet.leave_path(client).await?;
        let mut resolved = resolve::resolve(client, loss, &found).await?;
        resolved.doomed.sort_by_key(|doomed| doomed.kind == Kind::Sequence);
        let mut waiting: std::collections::VecDeque<Doomed> = resolved.doomed.into();
        while let Some(mut doomed) = waiting.pop_front() {
            // Two losses of a statement may take the same thing along.
            let is_same = |known: &&Made| {
                known.doomed.kind == doomed.kind
                    && known.doomed.detail.relation == doomed.detail.relation
                    && known.doomed.detail.columns == doomed.detail.columns
            };
            if let Some(known) = made.iter().find(is_same)
                && (doomed.kind != Kind::Rows || known.doomed.narrow.is_none())
            {
                continue;
            }
            // Of a table without rows no number is in use.
            let is_unused = |table: &Made| {
                table.doomed.kind == Kind::Table
                    && table.copied == 0
                    && (&table.doomed.schema, &table.doomed.table) == (&doomed.schema, &doomed.table)
            };
            if doomed.kind == Kind::Sequence && made.iter().any(is_unused) {
                continue;
            }
            lock(client, &doomed).await?;
            let (id, copied) = self.copy(client, quiet, owner, loss, &mut doomed).await?;
            if doomed.passes_on {
                waiting.extend(self.passed_on(client, &doomed, &self.place.copy(id)).await?);
            }
            made.push(Made { id, doomed, copied, loss: number, code: loss.code });
        }
        Ok(())
    }

    /// Makes one copy; gives its number and how many rows it has.
    async fn copy(
        &self,
        client: &Client,
        quiet: &Quiet,
        owner: Owner<'_>,
        loss: &Loss,
        doomed: &mut Doomed,
    ) -> Result<(i64, u64), Trouble> {
        let database = "SELECT oid FROM pg_database WHERE datname = current_database()";
        doomed.detail.database = Some(client.query_one(database, &[]).await?.get(0));
        let new = New {
            revision: owner.revision,
            direction: owner.direction,
            log: owner.log,
            kind: doomed.kind,
            object: &doomed.object,
            schema: &doomed.schema,
            table: &doomed.table,
            code: loss.code,
            reason: loss.title,
            detail: &doomed.detail,
        };
        self.place.forget_unsettled(client, &new).await?;
        let id = self.place.begin(client, &new).await?;
        if doomed.kind == Kind::Sequence {
            return Ok((id, 1));
        }
        let copy = self.place.copy(id);
        let copied = match doomed.narrow.clone() {
            None => client.execute(&made(&copy, doomed, None), &[]).await?,
            Some(narrow) => {
                quiet.script_path(client).await?;
                client.batch_execute("SAVEPOINT limbeck_copy").await?;
                let narrowed = client.execute(&made(&copy, doomed, Some(&narrow)), &[]).await;
                let copied = match narrowed {
                    Ok(copied) => copied,
                    // What is understood of the condition is not all: every row is copied then.
                    Err(error) if may_be_ours(&error) => {
                        client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_copy").await?;
                        (doomed.narrow, doomed.direct) = (None, false);
                        client.execute(&made(&copy, doomed, None), &[]).await?
                    }
                    Err(error) => return Err(error.into()),
                };
                client.batch_execute("RELEASE SAVEPOINT limbeck_copy").await?;
                quiet.leave_path(client).await?;
                copied
            }
        };
        keep_private(client, &copy).await?;
        self.room(client, &copy, &doomed.object).await?;
        Ok((id, copied))
    }

    /// Refuses to go on where copies take more than they may.
    async fn room(&self, client: &Client, copy: &str, object: &str) -> Result<(), Trouble> {
        let bytes = bytes(client, copy).await?;
        let used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if used <= self.limit {
            return Ok(());
        }
        let limit = size(self.limit);
        Err(no_room(format!("with {object} the copies take {}, more than keep_limit = {limit}", size(used))).into())
    }

    /// Where foreign keys delete the rows that refer to deleted ones, or empty their columns.
    async fn passed_on(&self, client: &Client, parent: &Doomed, copy: &str) -> Result<Vec<Doomed>, Trouble> {
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
            let source = Source { relation, number: 0, kind, schema: row.get(2), name: row.get(3) };
            let (here, there): (Vec<String>, Vec<String>) = (row.get(5), row.get(6));
            let narrow = referring(parent, copy, here.iter().zip(&there));
            let object = resolve::told(&source, None);
            if row.get::<_, &str>(4) == "c" {
                let doomed = resolve::rows(client, &source, object, Kind::Rows, Some(narrow)).await?;
                found.push(Doomed { passes_on: relation != parent.detail.relation, ..doomed });
                continue;
            }
            let columns = describe::columns(client, relation).await?;
            for column in columns.iter().filter(|described| here.contains(&described.column.name)) {
                let object = resolve::told(&source, Some(&column.column.name));
                let number = column.column.number;
                found.push(resolve::values(client, &source, &columns, number, object, Some(narrow.clone())).await?);
            }
        }
        Ok(found)
    }
}

/// The refusal where copies do not fit, with the ways on.
pub(in crate::engine) fn no_room(message: String) -> Error {
    Error::new(message).hint("raise keep_limit under [apply], or make a backup and go on without copies: --no-keep")
}

/// The rows of a table that refer to rows of a copy.
fn referring<'a>(parent: &Doomed, copy: &str, pairs: impl Iterator<Item = (&'a String, &'a String)>) -> Narrow {
    let same = pairs.filter_map(|(here, there)| {
        let place = parent.detail.columns.iter().position(|column| column.name == *there)?;
        let plain = parent.detail.columns.get(place)?.plain;
        let here = format!("t.{}{}", quote(here), if plain { "" } else { "::text" });
        Some(format!("{here} = k.v{}", place + 1))
    });
    let condition = same.collect::<Vec<_>>().join(" AND ");
    Narrow {
        alias: Some("t".to_owned()),
        others: Some(format!("{copy} AS k")),
        condition: Some(condition),
        only: false,
    }
}

fn made(copy: &str, doomed: &Doomed, narrow: Option<&Narrow>) -> String {
    let from = describe::named(&doomed.schema, &doomed.table, !doomed.detail.only);
    let table = (from.as_str(), doomed.table.as_str());
    match doomed.kind {
        Kind::Column | Kind::Values => values(copy, table, &doomed.detail, narrow, doomed.kind == Kind::Values),
        _ => rows(copy, table, &doomed.detail, narrow),
    }
}

/// Nobody changes what is copied until the statement has run.
async fn lock(client: &Client, doomed: &Doomed) -> Result<(), Trouble> {
    if doomed.kind == Kind::Sequence {
        return Ok(());
    }
    let table = describe::named(&doomed.schema, &doomed.table, !doomed.detail.only);
    let mode = if doomed.goes || doomed.detail.retyped { "ACCESS EXCLUSIVE" } else { "SHARE ROW EXCLUSIVE" };
    Ok(client.batch_execute(&format!("LOCK TABLE {table} IN {mode} MODE")).await?)
}

/// A copy holds people's data: only its owner, the role that migrates, reads it, whatever privileges new tables get.
pub(super) async fn keep_private(client: &Client, copy: &str) -> Result<(), Trouble> {
    let query = "SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_class c CROSS JOIN aclexplode(c.relacl) a WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner";
    for row in client.query(query, &[&copy]).await? {
        client.batch_execute(&format!("REVOKE ALL ON {copy} FROM {}", row.get::<_, &str>(0))).await?;
    }
    Ok(())
}

/// What a copy takes on the disk.
pub(super) async fn bytes(client: &Client, copy: &str) -> Result<u64, Trouble> {
    let row = client.query_one("SELECT pg_total_relation_size(to_regclass($1))", &[&copy]).await?;
    Ok(row.get::<_, Option<i64>>(0).unwrap_or_default().unsigned_abs())
}

/// Whether an error may come from how we read the statement, and not from the server's state.
fn may_be_ours(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|answer| answer.code().code().starts_with("42"))
}
