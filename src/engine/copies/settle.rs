//! After a statement has run: takes out of its copies what was not lost after all, and writes down what was.

use tokio_postgres::Client;

use super::keeper::{Keeper, Made, bytes, keep_private};
use super::quiet::Quiet;
use super::{Trouble, describe};
use crate::core::copies::{Kind, new_values, rows_that_stand, unchanged};
use crate::engine::Error;
use crate::engine::apply::Kept;

impl Keeper {
    /// Settles the copies of a statement that touched `affected` rows; gives what was lost and is kept.
    pub async fn after(&self, client: &Client, made: Vec<Made>, affected: Option<u64>) -> Result<Vec<Kept>, Trouble> {
        if made.is_empty() {
            return Ok(Vec::new());
        }
        complete(&made, affected)?;
        let quiet = Quiet::begin(client, self.role.as_deref()).await?;
        quiet.leave_path(client).await?;
        let mut kept = Vec::new();
        for one in made {
            let object = one.doomed.object.clone();
            let rows =
                self.settle(client, one).await.map_err(|trouble| trouble.about(&format!("the copy of {object}")))?;
            kept.extend(rows.filter(|rows| *rows > 0).map(|rows| Kept { object, rows }));
        }
        quiet.end(client).await?;
        Ok(kept)
    }

    /// Settles one copy; gives what it holds, `None` where nothing was lost.
    async fn settle(&self, client: &Client, mut made: Made) -> Result<Option<u64>, Trouble> {
        let copy = self.place.copy(made.id);
        let lost = if made.doomed.goes {
            gone(client, &made).await?
        } else {
            match made.doomed.kind {
                Kind::Rows => rows_lost(client, &copy, &mut made).await?,
                Kind::Values => values_lost(client, &copy, &made).await?,
                Kind::Sequence => counter_moved(client, &made).await?,
                Kind::Table | Kind::Column => true,
            }
        };
        if !lost {
            self.place.discard(client, made.id).await?;
            return Ok(None);
        }
        let (rows, size) = match made.doomed.kind {
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
            self.place.discard(client, made.id).await?;
            return Ok(None);
        }
        self.place.settle(client, made.id, rows, size, &made.doomed.detail).await?;
        Ok(Some(rows))
    }
}

/// A statement must not have taken more rows than its condition said before it ran.
fn complete(made: &[Made], affected: Option<u64>) -> Result<(), Trouble> {
    let Some(affected) = affected else { return Ok(()) };
    for one in made.iter().filter(|made| made.doomed.direct && made.doomed.narrow.is_some()) {
        let same = made.iter().filter(|other| other.loss == one.loss && other.doomed.direct);
        let copied: u64 = same.map(|made| made.copied).sum();
        if affected > copied {
            let object = &one.doomed.object;
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

async fn gone(client: &Client, made: &Made) -> Result<bool, Trouble> {
    let relation = made.doomed.detail.relation;
    let row = match made.doomed.detail.columns.first().filter(|_| made.doomed.kind == Kind::Column) {
        Some(column) => {
            let query =
                "SELECT NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1 AND attnum = $2 AND NOT attisdropped)";
            client.query_one(query, &[&relation, &column.number]).await?
        }
        None => client.query_one("SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid = $1)", &[&relation]).await?,
    };
    Ok(row.get(0))
}

async fn rows_lost(client: &Client, copy: &str, made: &mut Made) -> Result<bool, Trouble> {
    let Some(table) = standing(client, made).await? else { return Ok(true) };
    if made.doomed.detail.stuck.is_none() {
        client.batch_execute(&rows_that_stand(copy, &table, &made.doomed.detail)).await?;
        return Ok(true);
    }
    // Without a key only a whole table comes back: one of which nothing is left.
    let left = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.get::<_, i64>(0).unsigned_abs();
    if left == 0 {
        made.doomed.detail.stuck = None;
    }
    Ok(left == 0 || made.doomed.narrow.is_some() || left < made.copied)
}

async fn values_lost(client: &Client, copy: &str, made: &Made) -> Result<bool, Trouble> {
    let detail = &made.doomed.detail;
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

async fn counter_moved(client: &Client, made: &Made) -> Result<bool, Trouble> {
    let query =
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = $1";
    let sequence = made.doomed.detail.relation;
    let Some(row) = client.query_opt(query, &[&sequence]).await? else { return Ok(true) };
    let now = describe::counter(client, sequence, row.get(0)).await?;
    let was = made.doomed.detail.counter.as_ref();
    Ok(was.is_some_and(|was| (was.last, was.called) != (now.last, now.called)))
}

/// The table of a copy as it stands in FROM, under the name that it has by now; `None` when it is gone.
async fn standing(client: &Client, made: &Made) -> Result<Option<String>, Trouble> {
    let query = "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = $1";
    let row = client.query_opt(query, &[&made.doomed.detail.relation]).await?;
    Ok(row.map(|row| describe::named(row.get(0), row.get(1), !made.doomed.detail.only)))
}

/// Writes a copy anew that has lost most of its rows, so that it takes no more room than it needs.
async fn rebuild(client: &Client, copy: &str) -> Result<(), Trouble> {
    let name = copy.rsplit('.').next().unwrap_or(copy);
    let anew = format!("{copy}_anew");
    client
        .batch_execute(&format!(
            "CREATE TABLE {anew} AS TABLE {copy}; DROP TABLE {copy}; ALTER TABLE {anew} RENAME TO {name}"
        ))
        .await?;
    keep_private(client, copy).await
}
