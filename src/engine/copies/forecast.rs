//! Estimates the copies of a plan before it is approved. Changes nothing.

use tokio_postgres::Client;

use super::complete::NO_KEY;
use super::tasks::{self, CopyTask};
use super::{CopyError, columns, relations};
use crate::core::copies::{CopyForecast, CopyKind, ForecastCopy, Loss, losses_before};
use crate::core::hazard::Hazard;
use crate::core::plan::Plan;
use crate::core::statement::{Effect, Name, Statement, table_sql};
use crate::core::text::parse_size;
use crate::engine::project::config::ApplyConfig;
use crate::engine::{Error, Result};

/// Estimates which copies a plan requires, and their size. Objects that the plan itself creates or renames do not exist
/// yet. They are measured when the plan runs.
///
/// # Errors
/// If `keep_limit` is not a size.
pub(in crate::engine) async fn forecast_copies(
    client: &Client,
    apply: &ApplyConfig,
    plan: &Plan,
) -> Result<CopyForecast> {
    let limit = parse_limit(apply)?;
    let mut forecast = CopyForecast { enabled: apply.keep, limit, ..CopyForecast::default() };
    if !apply.keep || plan.blank {
        return Ok(forecast);
    }
    for (step, planned) in plan.steps.iter().enumerate() {
        for (number, statement) in planned.statements.iter().enumerate() {
            let in_transaction = planned.transactional || statement.statement.may_run_in_own_transaction();
            for loss in losses_before(&statement.hazards) {
                // An object that another session has locked is measured when the plan runs.
                if client.batch_execute(BEGIN).await.is_err() {
                    let _ = client.batch_execute("ROLLBACK").await;
                    continue;
                }
                let estimated = estimate_loss(client, (step, number), in_transaction, &loss).await;
                let _ = client.batch_execute("ROLLBACK").await;
                let copies = estimated.unwrap_or_default();
                forecast.add(copies);
            }
            for hazard in statement.hazards.iter().filter(|hazard| is_foreign_key_action(hazard, &statement.statement))
            {
                if client.batch_execute(BEGIN).await.is_ok() {
                    let estimated = estimate_referencing(client, (step, number), hazard).await;
                    forecast.add(estimated.ok().flatten());
                }
                let _ = client.batch_execute("ROLLBACK").await;
            }
        }
    }
    Ok(forecast)
}

/// Whether a hazard is about rows or values that a foreign key deletes or changes together with the rows of a statement.
fn is_foreign_key_action(hazard: &Hazard, statement: &Statement) -> bool {
    let is_data_statement = !statement.command.is_one_of(&["drop", "alter", "truncate"]);
    is_data_statement && matches!(hazard.effect, Effect::Cascades(_)) && !hazard.affects_nothing()
}

/// The copy of rows or values that a foreign key deletes or changes.
async fn estimate_referencing(
    client: &Client,
    (step, statement): (usize, usize),
    hazard: &Hazard,
) -> Result<Option<ForecastCopy>, CopyError> {
    let Some((schema, table)) = hazard.subject.table_name() else { return Ok(None) };
    let name = Name { schema: schema.map(str::to_owned), name: table.to_owned() };
    let Some(relation) = relations::find_with_children(client, &table_sql(&name)).await?.into_iter().next() else {
        return Ok(None);
    };
    let object = hazard.object.clone();
    let task = match hazard.subject.column_name() {
        None => tasks::plan_row_copy(client, &relation, object, CopyKind::Rows, None).await?,
        Some(column) => {
            let columns = columns::read_columns(client, relation.oid).await?;
            let Some(found) = columns.iter().find(|other| other.copied.name == column) else { return Ok(None) };
            tasks::plan_value_copy(client, &relation, &columns, found.copied.number, object, None).await?
        }
    };
    let share = hazard.evidence.filter(|evidence| evidence.rows > 0);
    let bytes = share.map_or(task.bytes, |evidence| {
        let part = u128::from(task.bytes) * u128::from(evidence.values.min(evidence.rows)) / u128::from(evidence.rows);
        u64::try_from(part).unwrap_or(task.bytes)
    });
    let reason = task.detail.not_restorable;
    let is_restored = reason.is_none();
    Ok(Some(ForecastCopy { step, statement, object: task.object, bytes, is_copied: true, is_restored, reason }))
}

/// The estimate must not wait for locks, and must not delay the plan.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '500ms'";

/// The copies that one loss requires.
async fn estimate_loss(
    client: &Client,
    (step, statement): (usize, usize),
    in_transaction: bool,
    loss: &Loss,
) -> Result<Vec<ForecastCopy>, CopyError> {
    let found = tasks::find_relations(client, loss).await?;
    let planned = tasks::plan_copies(client, loss, &found).await?;
    let mut copies = Vec::new();
    for task in planned.tasks.iter().filter(|task| task.kind != CopyKind::Sequence) {
        copies.push(estimate_copy(client, (step, statement), in_transaction, task).await);
    }
    copies.extend(planned.uncopied.into_iter().map(|uncopied| ForecastCopy {
        step,
        statement,
        object: uncopied.object,
        bytes: 0,
        is_copied: false,
        is_restored: false,
        reason: Some(uncopied.reason.to_owned()),
    }));
    Ok(copies)
}

/// Parses `keep_limit`. Returns bytes.
///
/// # Errors
/// If it is not a size.
pub(in crate::engine) fn parse_limit(apply: &ApplyConfig) -> Result<u64> {
    parse_size(&apply.keep_limit).ok_or_else(|| {
        Error::new(format!("keep_limit = \"{}\" under [apply] is not a size", apply.keep_limit))
            .hint("write it like 500MB or 2GB")
    })
}

/// One copy with its estimated size.
async fn estimate_copy(
    client: &Client,
    (step, statement): (usize, usize),
    in_transaction: bool,
    task: &CopyTask,
) -> ForecastCopy {
    let share = selectivity(client, task).await.unwrap_or(1.0);
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, not negative"
    )]
    let bytes = (task.bytes as f64 * share).ceil() as u64;
    let is_unknown = task.kind == CopyKind::Rows && task.detail.key.is_empty() && !in_transaction;
    let reason = match &task.detail.not_restorable {
        None if is_unknown => Some(format!("{NO_KEY}; the rows are restored only if the statement removes all rows")),
        reason => reason.clone(),
    };
    ForecastCopy {
        step,
        statement,
        object: task.object.clone(),
        bytes,
        is_copied: true,
        is_restored: reason.is_none(),
        reason,
    }
}

/// The share of a table's rows that matches the task's condition, as the planner estimates it. `None` without a
/// condition.
async fn selectivity(client: &Client, task: &CopyTask) -> Option<f64> {
    let filter = task.filter.as_ref()?;
    let from = columns::table_sql(&task.schema, &task.table, !task.detail.only);
    let alias = filter.alias.clone().unwrap_or_else(|| crate::core::sql::identifier::quote(&task.table));
    let matching =
        estimate_rows(client, &format!("SELECT FROM {from} AS {alias} WHERE {}", filter.sql())).await.ok()?;
    let all = estimate_rows(client, &format!("SELECT FROM {from} AS {alias}")).await.ok()?;
    (all > 0.0).then(|| (matching / all).clamp(0.0, 1.0))
}

/// The number of rows that the planner estimates for a query.
async fn estimate_rows(client: &Client, query: &str) -> Result<f64, CopyError> {
    let row = client.query_one(&format!("EXPLAIN (FORMAT JSON) {query}"), &[]).await;
    // The driver's JSON type would require another dependency. The text contains the same.
    let text: String = match row {
        Ok(row) => row.try_get::<_, Json>(0)?.0,
        Err(error) => return Err(error.into()),
    };
    let parsed: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(parsed.pointer("/0/Plan/Plan Rows").and_then(serde_json::Value::as_f64).unwrap_or_default())
}

/// A JSON value as text.
struct Json(String);

impl tokio_postgres::types::FromSql<'_> for Json {
    fn from_sql(_: &tokio_postgres::types::Type, raw: &[u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(std::str::from_utf8(raw)?.to_owned()))
    }

    tokio_postgres::types::accepts!(JSON);
}
