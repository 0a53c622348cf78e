//! Counts one subject: exactly if the time allows, else by the server's statistics.

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::query::Written;
use super::{cast, query, table_of};
use crate::core::hazard::Evidence;
use crate::core::statement::{Question, Subject};
use crate::engine::Result;

/// For all counts of a plan together. After that, statistics are used.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(2);
/// How long a count of lost data waits for a lock.
pub(super) const LOCK_TIMEOUT: &str = "500ms";

/// The result of counting a subject.
#[derive(Debug, Clone, Copy)]
pub(super) enum Measured {
    /// It cannot occur with the types on the target.
    Impossible,
    Counted(Option<Evidence>),
    /// The server rejects the question.
    Rejected,
}

/// Counts one subject in the transaction at hand, without rows that the run itself wrote.
///
/// # Errors
/// If the server rejects the query; the transaction is then aborted.
pub async fn count_in_transaction(
    client: &Client,
    subject: &Subject,
    written: &Written,
) -> Result<Option<Evidence>, tokio_postgres::Error> {
    let plain = subject.without_question(true);
    // A question about types or conditions does not consider who wrote a row.
    if plain != *subject && !written.is_empty() {
        let whole = counted_by(client, &plain, written, Instant::now()).await?;
        if let Measured::Counted(Some(evidence)) = whole
            && evidence.values == 0
        {
            return Ok(Some(evidence));
        }
    }
    Ok(match found(client, subject, written).await? {
        Measured::Impossible => Some(Evidence::counted(0, 0, 0.0)),
        Measured::Counted(evidence) => evidence,
        Measured::Rejected => None,
    })
}

async fn found(client: &Client, subject: &Subject, written: &Written) -> Result<Measured, tokio_postgres::Error> {
    let since = Instant::now();
    if let (Subject::Rows { question: question @ Question::Cast { .. }, .. }, Some(table)) =
        (subject, table_of(subject))
    {
        return Ok(match cast::read_types(client, &table, question).await? {
            cast::Conversion::Safe => Measured::Impossible,
            cast::Conversion::Unknown => {
                match subject.without_question(matches!(question, Question::Cast { rejected: false, .. })) {
                    Subject::Other => Measured::Counted(None),
                    column => counted_by(client, &column, written, since).await?,
                }
            }
            cast::Conversion::Try(change) => {
                let (rows, values) = change.count(client).await?;
                let seconds = since.elapsed().as_secs_f64();
                Measured::Counted(Some(Evidence::counted(rows, values, seconds)))
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
) -> Result<Measured, tokio_postgres::Error> {
    let Some(query) = query::of(client, subject, written).await? else { return Ok(Measured::Counted(None)) };
    let row = client.query_one(&query, &[]).await?;
    let number = |column: usize| row.get::<_, i64>(column).unsigned_abs();
    let (rows, values) = (number(0), number(1));
    Ok(Measured::Counted(Some(Evidence::counted(rows, values, since.elapsed().as_secs_f64()))))
}

/// Counts one subject outside a transaction, within the time limit of a plan.
pub async fn count_now(client: &Client, subject: &Subject, written: &Written) -> Option<Evidence> {
    match measure(client, subject, written, TIME_LIMIT, LOCK_TIMEOUT).await {
        Measured::Impossible => Some(Evidence::counted(0, 0, 0.0)),
        Measured::Counted(evidence) => evidence,
        Measured::Rejected => None,
    }
}

pub(super) async fn measure(
    client: &Client,
    subject: &Subject,
    written: &Written,
    left: Duration,
    lock_timeout: &str,
) -> Measured {
    if table_of(subject).is_none() {
        return Measured::Counted(None);
    }
    if begin(client, left, lock_timeout).await.is_err() {
        return Measured::Counted(None);
    }
    let counted = found(client, subject, written).await;
    let _ = client.batch_execute("ROLLBACK").await;
    match counted {
        Ok(found) => found,
        Err(error) if subject.has_condition() && is_rejected(&error) => Measured::Rejected,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_COLUMN) => Measured::Counted(None),
        Err(error) => Measured::Counted(estimate(client, subject, why(&error)).await),
    }
}

/// Starts a read-only transaction with time limits.
pub(super) async fn begin(client: &Client, left: Duration, lock_timeout: &str) -> Result<(), tokio_postgres::Error> {
    let milliseconds = left.as_millis().max(1);
    // Row security would hide rows from the count. With it off, the server raises an error instead.
    let begin = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {milliseconds}; SET LOCAL lock_timeout = '{lock_timeout}'; \
         SET LOCAL row_security = off"
    );
    client.batch_execute(&begin).await
}

/// Whether the question itself is invalid.
fn is_rejected(error: &tokio_postgres::Error) -> bool {
    let code = error.code().map(SqlState::code);
    code.is_some_and(|code| code.starts_with("42") && code != SqlState::INSUFFICIENT_PRIVILEGE.code())
}

/// Why nothing was counted.
fn why(error: &tokio_postgres::Error) -> &'static str {
    match error.code() {
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => "the table is locked",
        Some(code) if *code == SqlState::QUERY_CANCELED => "counting took too long",
        _ => "counting failed",
    }
}

/// The estimate from statistics. It is never exact, so never proof that nothing is affected.
async fn estimate(client: &Client, subject: &Subject, why: &'static str) -> Option<Evidence> {
    let since = Instant::now();
    let table = table_of(subject)?;
    // Statistics do not answer questions about single rows.
    let (column, nulls_count) = match subject {
        Subject::Column { column, .. }
        | Subject::Rows {
            question: Question::Cast { column, rejected: false, .. } | Question::Affected { column: Some(column), .. },
            ..
        } => (column.as_str(), false),
        Subject::Rows { question: Question::Nulls { column }, .. } => (column.as_str(), true),
        Subject::Rows { question: Question::AllNull { .. } | Question::Affected { .. }, .. }
        | Subject::Table { .. } => ("", false),
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
