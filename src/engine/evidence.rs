//! Counts on the target what a hazard would cost. Reads only, bounded in time, and says when it only estimates.

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Client;

use super::Result;
use super::postgres::identifier::quote;
use super::postgres::{VersionTable, database_error};
use crate::core::hazard::{Class, Evidence, Hazard, Subject};
use crate::core::plan::Plan;

/// For all counts of a plan together; after it, statistics are asked.
const BUDGET: Duration = Duration::from_secs(2);
/// How long a count of what may be lost waits for a lock.
const PATIENCE: &str = "500ms";

/// Puts evidence on every hazard of the plan that can be counted; the others stay as they are, which counts as lost.
///
/// # Errors
/// When the server cannot be asked at all.
pub async fn count(client: &Client, version_table: &VersionTable, plan: &mut Plan) -> Result<()> {
    if plan.hazards().next().is_none() {
        return Ok(());
    }
    plan.blank = is_blank(client, version_table).await?;
    let blank = plan.blank;
    let deadline = Instant::now() + BUDGET;
    let statements = plan.steps.iter_mut().flat_map(|step| &mut step.statements);
    let hazards = statements.flat_map(|statement| &mut statement.hazards).filter(|hazard| hazard.evidence.is_none());
    // What may be lost has the first claim on the time.
    let (lost, others): (Vec<&mut Hazard>, Vec<&mut Hazard>) =
        hazards.partition(|hazard| hazard.class == Class::DataLoss);
    let mut counted: Vec<(Subject, Option<Evidence>)> = Vec::new();
    for hazard in lost.into_iter().chain(others) {
        let is_lost = hazard.class == Class::DataLoss;
        let known = counted.iter().find(|(subject, _)| *subject == hazard.subject).map(|(_, known)| *known);
        // Only what was there before the plan can be lost, locked or refused.
        hazard.evidence = if blank && (is_lost || hazard.subject != Subject::Other) {
            Some(Evidence { rows: 0, values: 0, exact: true, seconds: 0.0 })
        } else if let Some(known) = known {
            known
        } else {
            let left = deadline.saturating_duration_since(Instant::now());
            let found = match is_lost {
                true => measure(client, &hazard.subject, left, PATIENCE).await,
                false if left.is_zero() => None,
                false => measure(client, &hazard.subject, left, "1ms").await,
            };
            counted.push((hazard.subject.clone(), found));
            found
        };
        // Nothing is lost with it, so that "not counted" would say too much.
        if hazard.evidence.is_none() && !is_lost {
            hazard.subject = Subject::Other;
        }
    }
    Ok(())
}

/// Counts one subject inside the transaction at hand.
///
/// # Errors
/// As the server says; the transaction is then lost.
pub async fn exactly(client: &Client, subject: &Subject) -> Result<Option<Evidence>, tokio_postgres::Error> {
    let Some(query) = query(subject) else { return Ok(None) };
    let since = Instant::now();
    let row = client.query_one(&query, &[]).await?;
    let number = |column: usize| row.get::<_, i64>(column).unsigned_abs();
    Ok(Some(Evidence { rows: number(0), values: number(1), exact: true, seconds: since.elapsed().as_secs_f64() }))
}

/// The table that a subject lies in, as SQL.
#[must_use]
pub fn table_of(subject: &Subject) -> Option<String> {
    let (schema, name) = match subject {
        Subject::Table { schema, name } => (schema, name),
        Subject::Column { schema, table, .. } => (schema, table),
        Subject::Other => return None,
    };
    Some(match schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(name)),
        None => quote(name),
    })
}

fn query(subject: &Subject) -> Option<String> {
    let table = table_of(subject)?;
    match subject {
        Subject::Column { column, .. } => Some(format!("SELECT count(*), count({}) FROM {table}", quote(column))),
        Subject::Table { .. } => Some(format!("SELECT count(*), count(*) FROM {table}")),
        Subject::Other => None,
    }
}

/// Whether nobody has made a table yet: then there is nothing to lose, whatever a plan does.
///
/// # Errors
/// When the server cannot be asked.
pub async fn is_blank(client: &Client, version_table: &VersionTable) -> Result<bool> {
    let query = "SELECT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm', 'f', 'S') AND n.nspname NOT LIKE 'pg\\_%'
          AND n.nspname NOT IN ('information_schema', 'limbeck')
          AND c.oid IS DISTINCT FROM to_regclass($1)
          AND c.relname NOT IN ('limbeck_log', 'limbeck_log_id_seq'))";
    let row = client.query_one(query, &[&version_table.sql()]).await.map_err(|error| database_error(&error))?;
    Ok(row.get(0))
}

/// Counts one subject outside a transaction, within the time of a whole plan.
pub async fn look(client: &Client, subject: &Subject) -> Option<Evidence> {
    measure(client, subject, BUDGET, PATIENCE).await
}

async fn measure(client: &Client, subject: &Subject, left: Duration, patience: &str) -> Option<Evidence> {
    query(subject)?;
    let milliseconds = left.as_millis().max(1);
    // Row security would hide rows from the count; with it off the server refuses to hide any.
    let begin = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {milliseconds}; SET LOCAL lock_timeout = '{patience}'; \
         SET LOCAL row_security = off"
    );
    client.batch_execute(&begin).await.ok()?;
    let counted = exactly(client, subject).await;
    let _ = client.batch_execute("ROLLBACK").await;
    match counted {
        Ok(evidence) => evidence,
        Err(_) => estimate(client, subject).await,
    }
}

/// What the statistics say: never exact, so never taken for nothing.
async fn estimate(client: &Client, subject: &Subject) -> Option<Evidence> {
    let since = Instant::now();
    let table = table_of(subject)?;
    let column = if let Subject::Column { column, .. } = subject { column.as_str() } else { "" };
    let query = "SELECT greatest(c.reltuples, 0)::float8, coalesce(s.null_frac, 0)::float8
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = $2
        WHERE c.oid = to_regclass($1)";
    let row = client.query_opt(query, &[&table, &column]).await.ok()??;
    let (rows, nulls): (f64, f64) = (row.get(0), row.get(1));
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count estimated by the server, not negative"
    )]
    let whole = |number: f64| number.round() as u64;
    let seconds = since.elapsed().as_secs_f64();
    Some(Evidence { rows: whole(rows), values: whole(rows * (1.0 - nulls)), exact: false, seconds })
}
