//! Counts one subject: exactly where the time allows, else by the server's statistics.

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::query::Written;
use super::{cast, query, table_of};
use crate::core::hazard::{Evidence, Question, Subject};
use crate::engine::Result;

/// For all counts of a plan together; after it, statistics are asked.
pub(super) const BUDGET: Duration = Duration::from_secs(2);
/// How long a count of what may be lost waits for a lock.
pub(super) const PATIENCE: &str = "500ms";

/// What came of looking at a subject.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    /// It cannot happen, as the types on the target are.
    Nothing,
    Counted(Option<Evidence>),
    /// The server does not take the question.
    Refused,
}

/// What can be counted without a look at the values: of a lost column all of them.
pub(super) fn plainly(subject: &Subject, is_lost: bool) -> Subject {
    match subject {
        Subject::Rows {
            schema,
            table,
            question: Question::Cast { column, .. } | Question::Taken { column: Some(column), .. },
        } if is_lost => Subject::Column { schema: schema.clone(), table: table.clone(), column: column.clone() },
        Subject::Rows { schema, table, question: Question::Taken { column: None, .. } } => {
            Subject::Table { schema: schema.clone(), name: table.clone() }
        }
        Subject::Rows { .. } => Subject::Other,
        other => other.clone(),
    }
}

/// Counts one subject inside the transaction at hand, without what transactions of our own have written.
///
/// # Errors
/// As the server says; the transaction is then lost.
pub async fn exactly(
    client: &Client,
    subject: &Subject,
    written: &Written,
) -> Result<Option<Evidence>, tokio_postgres::Error> {
    let plain = plainly(subject, true);
    // What a type refuses or a condition takes is asked without a look at who wrote it.
    if plain != *subject && !written.is_empty() {
        let whole = counted_by(client, &plain, written, Instant::now()).await?;
        if let Found::Counted(Some(evidence)) = whole
            && evidence.values == 0
        {
            return Ok(Some(evidence));
        }
    }
    Ok(match found(client, subject, written).await? {
        Found::Nothing => Some(Evidence::counted(0, 0, 0.0)),
        Found::Counted(evidence) => evidence,
        Found::Refused => None,
    })
}

async fn found(client: &Client, subject: &Subject, written: &Written) -> Result<Found, tokio_postgres::Error> {
    let since = Instant::now();
    if let (Subject::Rows { question: question @ Question::Cast { .. }, .. }, Some(table)) =
        (subject, table_of(subject))
    {
        return Ok(match cast::look_up(client, &table, question).await? {
            cast::Told::Nothing => Found::Nothing,
            cast::Told::Unknown => match plainly(subject, matches!(question, Question::Cast { refused: false, .. })) {
                Subject::Other => Found::Counted(None),
                column => counted_by(client, &column, written, since).await?,
            },
            cast::Told::Try(change) => {
                let (rows, values) = change.count(client).await?;
                let seconds = since.elapsed().as_secs_f64();
                Found::Counted(Some(Evidence::counted(rows, values, seconds)))
            }
        });
    }
    counted_by(client, subject, written, since).await
}

async fn counted_by(
    client: &Client,
    subject: &Subject,
    written: &Written,
    since: Instant,
) -> Result<Found, tokio_postgres::Error> {
    let Some(query) = query::of(client, subject, written).await? else { return Ok(Found::Counted(None)) };
    let row = client.query_one(&query, &[]).await?;
    let number = |column: usize| row.get::<_, i64>(column).unsigned_abs();
    let (rows, values) = (number(0), number(1));
    Ok(Found::Counted(Some(Evidence::counted(rows, values, since.elapsed().as_secs_f64()))))
}

/// Counts one subject outside a transaction, within the time of a whole plan.
pub async fn look(client: &Client, subject: &Subject, written: &Written) -> Option<Evidence> {
    match measure(client, subject, written, BUDGET, PATIENCE).await {
        Found::Nothing => Some(Evidence::counted(0, 0, 0.0)),
        Found::Counted(evidence) => evidence,
        Found::Refused => None,
    }
}

pub(super) async fn measure(
    client: &Client,
    subject: &Subject,
    written: &Written,
    left: Duration,
    patience: &str,
) -> Found {
    if table_of(subject).is_none() {
        return Found::Counted(None);
    }
    if begin(client, left, patience).await.is_err() {
        return Found::Counted(None);
    }
    let counted = found(client, subject, written).await;
    let _ = client.batch_execute("ROLLBACK").await;
    match counted {
        Ok(found) => found,
        Err(error) if is_taken(subject) && is_refused(&error) => Found::Refused,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_COLUMN) => Found::Counted(None),
        Err(error) => Found::Counted(estimate(client, subject, why(&error)).await),
    }
}

/// Begins a transaction that only looks, and not for long.
pub(super) async fn begin(client: &Client, left: Duration, patience: &str) -> Result<(), tokio_postgres::Error> {
    let milliseconds = left.as_millis().max(1);
    // Row security would hide rows from the count; with it off the server refuses to hide any.
    let begin = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {milliseconds}; SET LOCAL lock_timeout = '{patience}'; \
         SET LOCAL row_security = off"
    );
    client.batch_execute(&begin).await
}

fn is_taken(subject: &Subject) -> bool {
    matches!(subject, Subject::Rows { question: Question::Taken { .. }, .. })
}

/// Whether the server found fault with the question.
fn is_refused(error: &tokio_postgres::Error) -> bool {
    let code = error.code().map(SqlState::code);
    code.is_some_and(|code| code.starts_with("42") && code != SqlState::INSUFFICIENT_PRIVILEGE.code())
}

/// Why something could not be counted.
fn why(error: &tokio_postgres::Error) -> &'static str {
    match error.code() {
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => "a lock held the count up",
        Some(code) if *code == SqlState::QUERY_CANCELED => "counting took too long",
        _ => "counting failed",
    }
}

/// What the statistics say: never exact, so never taken for nothing.
async fn estimate(client: &Client, subject: &Subject, why: &'static str) -> Option<Evidence> {
    let since = Instant::now();
    let table = table_of(subject)?;
    // Of what only a look at the rows can tell, there are no statistics.
    let (column, nulls_count) = match subject {
        Subject::Column { column, .. }
        | Subject::Rows {
            question: Question::Cast { column, refused: false, .. } | Question::Taken { column: Some(column), .. },
            ..
        } => (column.as_str(), false),
        Subject::Rows { question: Question::Nulls { column }, .. } => (column.as_str(), true),
        Subject::Rows { question: Question::AllNull { .. } | Question::Taken { .. }, .. } | Subject::Table { .. } => {
            ("", false)
        }
        Subject::Rows { .. } | Subject::Other => return None,
    };
    let query = "SELECT greatest(c.reltuples, 0)::float8, coalesce(s.null_frac, 0)::float8
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = $2
        WHERE c.oid = to_regclass($1)";
    let row = client.query_opt(query, &[&table, &column]).await.ok()??;
    let (rows, nulls): (f64, f64) = (row.get(0), row.get(1));
    let share = if nulls_count { nulls } else { 1.0 - nulls };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count estimated by the server, not negative"
    )]
    let whole = |number: f64| number.round() as u64;
    let seconds = since.elapsed().as_secs_f64();
    Some(Evidence::estimated(whole(rows), whole(rows * share), seconds, why))
}
