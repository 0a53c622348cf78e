//! What a plan will keep, looked up before it is approved. Reads only.

use tokio_postgres::Client;

use super::tasks::{self, CopyTask, NO_KEY};
use super::{CopyError, columns};
use crate::core::copies::{Forecast, Keeping, Kind, Loss, losses_before};
use crate::core::plan::Plan;
use crate::core::text::parse_size;
use crate::engine::project::config::ApplyConfig;
use crate::engine::{Error, Result};

/// Looks up what copies the plan calls for, and what they take. What earlier steps of the plan make or rename is not
/// there yet, and is measured when it comes.
///
/// # Errors
/// When the server cannot be asked, or `keep_limit` is no size.
pub(in crate::engine) async fn forecast(client: &Client, apply: &ApplyConfig, plan: &Plan) -> Result<Keeping> {
    let limit = limit(apply)?;
    let mut keeping = Keeping { wanted: apply.keep, limit, ..Keeping::default() };
    if !apply.keep || plan.blank {
        return Ok(keeping);
    }
    for (step, planned) in plan.steps.iter().enumerate() {
        for (number, statement) in planned.statements.iter().enumerate() {
            for loss in losses_before(&statement.hazards) {
                // What somebody else has locked is measured when the statement comes.
                if client.batch_execute(BEGIN).await.is_err() {
                    continue;
                }
                let looked = look(client, (step, number), &loss).await;
                let _ = client.batch_execute("ROLLBACK").await;
                let copies = looked.unwrap_or_default();
                keeping.bytes += copies.iter().map(|copy| copy.bytes).sum::<u64>();
                keeping.copies.extend(copies);
            }
        }
    }
    Ok(keeping)
}

/// A look that nobody waits for.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '500ms'";

/// The copies that one loss calls for.
async fn look(client: &Client, (step, statement): (usize, usize), loss: &Loss) -> Result<Vec<Forecast>, CopyError> {
    let found = tasks::find_relations(client, loss).await?;
    let planned = tasks::plan_copies(client, loss, &found).await?;
    let mut copies = Vec::new();
    for task in planned.tasks.iter().filter(|task| task.kind != Kind::Sequence) {
        copies.push(told(client, (step, statement), task).await);
    }
    copies.extend(planned.uncopied.into_iter().map(|uncopied| Forecast {
        step,
        statement,
        object: uncopied.object,
        bytes: 0,
        kept: false,
        comes_back: false,
        reason: Some(uncopied.why.to_owned()),
    }));
    Ok(copies)
}

/// `keep_limit` in bytes.
///
/// # Errors
/// When it is no size.
pub(in crate::engine) fn limit(apply: &ApplyConfig) -> Result<u64> {
    parse_size(&apply.keep_limit).ok_or_else(|| {
        Error::new(format!("keep_limit = \"{}\" under [apply] is no size", apply.keep_limit))
            .hint("write it like 500MB or 2GB")
    })
}

async fn told(client: &Client, (step, statement): (usize, usize), task: &CopyTask) -> Forecast {
    let share = narrowed(client, task).await.unwrap_or(1.0);
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, not negative"
    )]
    let bytes = (task.bytes as f64 * share).ceil() as u64;
    let reason = task.detail.stuck.clone().map(|stuck| match task.kind {
        Kind::Rows => format!("{NO_KEY}; only where no row is left all of them come back"),
        _ => stuck,
    });
    Forecast { step, statement, object: task.object.clone(), bytes, kept: true, comes_back: reason.is_none(), reason }
}

/// The share of a table's rows that the server expects a condition to take.
async fn narrowed(client: &Client, task: &CopyTask) -> Option<f64> {
    let filter = task.filter.as_ref()?;
    let from = columns::named(&task.schema, &task.table, !task.detail.only);
    let row = filter.alias.clone().unwrap_or_else(|| crate::core::sql::identifier::quote(&task.table));
    let some = expected(client, &format!("SELECT FROM {from} AS {row} WHERE {}", filter.sql())).await.ok()?;
    let all = expected(client, &format!("SELECT FROM {from} AS {row}")).await.ok()?;
    (all > 0.0).then(|| (some / all).clamp(0.0, 1.0))
}

async fn expected(client: &Client, query: &str) -> Result<f64, CopyError> {
    let row = client.query_one(&format!("EXPLAIN (FORMAT JSON) {query}"), &[]).await;
    // A type of the driver's own for JSON would be one more dependency; the text says it as well.
    let text: String = match row {
        Ok(row) => row.try_get::<_, Json>(0)?.0,
        Err(error) => return Err(error.into()),
    };
    let parsed: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(parsed.pointer("/0/Plan/Plan Rows").and_then(serde_json::Value::as_f64).unwrap_or_default())
}

/// JSON as its text.
struct Json(String);

impl tokio_postgres::types::FromSql<'_> for Json {
    fn from_sql(_: &tokio_postgres::types::Type, raw: &[u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(std::str::from_utf8(raw)?.to_owned()))
    }

    tokio_postgres::types::accepts!(JSON);
}
