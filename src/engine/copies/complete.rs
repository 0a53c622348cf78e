//! After a statement has run: removes from its copies what was not lost, and records the rest.

use tokio_postgres::Client;

use super::copier::{Copier, MadeCopy, bytes, keep_private};
use super::settings::OwnSettings;
use super::{CopyError, KeptCopy, columns};
use crate::core::copies::{Kind, new_values, rows_that_stand, unchanged};
use crate::engine::Error;

impl Copier {
    /// Completes the copies of a statement that affected `affected` rows. Returns the copies that remain.
    pub async fn complete_copies(
        &self,
        client: &Client,
        made: Vec<MadeCopy>,
        affected: Option<u64>,
    ) -> Result<Vec<KeptCopy>, CopyError> {
        if made.is_empty() {
            return Ok(Vec::new());
        }
        check_complete(&made, affected)?;
        let settings = OwnSettings::begin(client, self.role.as_deref()).await?;
        settings.leave_path(client).await?;
        let mut kept = Vec::new();
        for one in made {
            let object = one.task.object.clone();
            let rows = self
                .complete(client, one)
                .await
                .map_err(|error| error.about(&format!("cannot complete the copy of {object}")))?;
            kept.extend(rows.filter(|rows| *rows > 0).map(|rows| KeptCopy { object, rows }));
        }
        settings.end(client).await?;
        Ok(kept)
    }

    /// Completes one copy. Returns the number of its rows, `None` if nothing was lost.
    async fn complete(&self, client: &Client, mut made: MadeCopy) -> Result<Option<u64>, CopyError> {
        let copy = self.store.copy(made.id);
        let lost = if made.task.goes {
            gone(client, &made).await?
        } else {
            match made.task.kind {
                Kind::Rows => rows_lost(client, &copy, &mut made).await?,
                Kind::Values => values_lost(client, &copy, &made).await?,
                Kind::Sequence => counter_moved(client, &made).await?,
                Kind::Table | Kind::Column => true,
            }
        };
        if !lost {
            self.store.discard(client, made.id).await?;
            return Ok(None);
        }
        let (rows, size) = match made.task.kind {
            Kind::Sequence => (1, 0),
            kind => {
                // What a column held that is NULL is kept besides, and was no value.
                let what = if kind == Kind::Column { "v1" } else { "*" };
                let row = client.query_one(&format!("SELECT count({what}), count(*) FROM {copy}"), &[]).await?;
                let (rows, all) = (row.get::<_, i64>(0).unsigned_abs(), row.get::<_, i64>(1).unsigned_abs());
                if all * 2 < made.copied {
                    rebuild(client, &copy).await?;
                }
                (rows, bytes(client, &copy).await?)
            }
        };
        if rows == 0 {
            self.store.discard(client, made.id).await?;
            return Ok(None);
        }
        self.store.settle(client, made.id, rows, size, &made.task.detail).await?;
        Ok(Some(rows))
    }
}

/// A statement must not have taken more rows than its condition said before it ran.
fn check_complete(made: &[MadeCopy], affected: Option<u64>) -> Result<(), CopyError> {
    let Some(affected) = affected else { return Ok(()) };
    for one in made.iter().filter(|made| made.task.direct && made.task.filter.is_some()) {
        let same = made.iter().filter(|other| other.loss == one.loss && other.task.direct);
        let copied: u64 = same.map(|made| made.copied).sum();
        if affected > copied {
            let object = &one.task.object;
            return Err(Error::new(format!(
                "the statement took {affected} rows of {object}, and its condition had named {copied} before it ran"
            ))
            .because(format!("{}: the copy that was made first does not hold all that is lost", one.code))
            .hint("make a backup and go on without copies: --no-keep")
            .into());
        }
    }
    Ok(())
}

async fn gone(client: &Client, made: &MadeCopy) -> Result<bool, CopyError> {
    let relation = made.task.detail.relation;
    let row = match made.task.detail.columns.first().filter(|_| made.task.kind == Kind::Column) {
        Some(column) => {
            let query =
                "SELECT NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1 AND attnum = $2 AND NOT attisdropped)";
            client.query_one(query, &[&relation, &column.number]).await?
        }
        None => client.query_one("SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid = $1)", &[&relation]).await?,
    };
    Ok(row.get(0))
}

async fn rows_lost(client: &Client, copy: &str, made: &mut MadeCopy) -> Result<bool, CopyError> {
    let Some(table) = standing(client, made).await? else { return Ok(true) };
    if made.task.detail.stuck.is_none() {
        client.batch_execute(&rows_that_stand(copy, &table, &made.task.detail)).await?;
        return Ok(true);
    }
    // Without a key only a whole table comes back: one of which nothing is left.
    let left = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.get::<_, i64>(0).unsigned_abs();
    if left == 0 {
        made.task.detail.stuck = None;
    }
    Ok(left == 0 || made.task.filter.is_some() || left < made.copied)
}

async fn values_lost(client: &Client, copy: &str, made: &MadeCopy) -> Result<bool, CopyError> {
    let detail = &made.task.detail;
    let Some(table) = standing(client, made).await? else { return Ok(true) };
    if detail.stuck.is_some() {
        return Ok(true);
    }
    client.batch_execute(&new_values(copy, &table, detail)).await?;
    // Of a cast even the values that read the same are kept: the way back may change them.
    if !detail.retyped {
        client.batch_execute(&unchanged(copy)).await?;
    }
    Ok(true)
}

async fn counter_moved(client: &Client, made: &MadeCopy) -> Result<bool, CopyError> {
    let query =
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = $1";
    let sequence = made.task.detail.relation;
    let Some(row) = client.query_opt(query, &[&sequence]).await? else { return Ok(true) };
    let now = columns::counter(client, sequence, row.get(0)).await?;
    let was = made.task.detail.counter.as_ref();
    Ok(was.is_some_and(|was| (was.last, was.called) != (now.last, now.called)))
}

/// The table of a copy as it stands in FROM, under the name that it has by now; `None` when it is gone.
async fn standing(client: &Client, made: &MadeCopy) -> Result<Option<String>, CopyError> {
    let query = "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = $1";
    let row = client.query_opt(query, &[&made.task.detail.relation]).await?;
    Ok(row.map(|row| columns::named(row.get(0), row.get(1), !made.task.detail.only)))
}

/// Writes a copy anew that has lost most of its rows, so that it takes no more room than it needs.
async fn rebuild(client: &Client, copy: &str) -> Result<(), CopyError> {
    let name = copy.rsplit('.').next().unwrap_or(copy);
    let anew = format!("{copy}_anew");
    client
        .batch_execute(&format!(
            "CREATE TABLE {anew} AS TABLE {copy}; DROP TABLE {copy}; ALTER TABLE {anew} RENAME TO {name}"
        ))
        .await?;
    keep_private(client, copy).await
}
