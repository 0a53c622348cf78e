//! Counts one subject: exactly if there is enough time, otherwise from the server's statistics.

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::query::OwnTransactions;
use super::{cast, query, table_of};
use crate::core::hazard::Evidence;
use crate::core::sql::qualify_names;
use crate::core::statement::{Question, Subject};
use crate::engine::Result;
use crate::engine::connection::is_row_security_error;

/// The time limit for all counts of a plan together. After that, statistics are used.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(2);
/// The lock timeout of a count of lost data.
pub(super) const LOCK_TIMEOUT: &str = "500ms";

/// The result of counting a subject.
#[derive(Debug, Clone, Copy)]
pub(super) enum CountResult {
    /// The hazard cannot occur with the column types of the target.
    Impossible,
    /// `None` if nothing could be counted.
    Counted(Option<Evidence>),
    /// The server rejects the query.
    Rejected,
}

/// Counts one subject in the current transaction, without rows that `own` transactions wrote.
///
/// # Errors
/// If the server rejects the query; the transaction is then aborted.
pub async fn count_in_transaction(
    client: &Client,
    subject: &Subject,
    own: &OwnTransactions,
) -> Result<Option<Evidence>, tokio_postgres::Error> {
    let plain = subject.without_question(true);
    // The queries for casts and conditions do not exclude rows of the run itself.
    if plain != *subject && !own.is_empty() {
        let whole = count_with_query(client, &plain, own, Instant::now()).await?;
        if let CountResult::Counted(Some(evidence)) = whole
            && evidence.values == 0
        {
            return Ok(Some(evidence));
        }
    }
    Ok(match count_in_current_transaction(client, subject, own).await? {
        CountResult::Impossible => Some(Evidence::counted(0, 0, 0.0)),
        CountResult::Counted(evidence) => evidence,
        CountResult::Rejected => None,
    })
}

async fn count_in_current_transaction(
    client: &Client,
    subject: &Subject,
    own: &OwnTransactions,
) -> Result<CountResult, tokio_postgres::Error> {
    let since = Instant::now();
    if let (Subject::Rows { question: question @ Question::Cast { .. }, .. }, Some(table)) =
        (subject, table_of(subject))
    {
        return Ok(match cast::read_types(client, &table, question).await? {
            cast::Conversion::Safe => CountResult::Impossible,
            cast::Conversion::Unknown => {
                match subject.without_question(matches!(question, Question::Cast { rejected: false, .. })) {
                    Subject::Other => CountResult::Counted(None),
                    column => count_with_query(client, &column, own, since).await?,
                }
            }
            cast::Conversion::Try(change) => {
                let (rows, values) = change.count(client).await?;
                let seconds = since.elapsed().as_secs_f64();
                CountResult::Counted(Some(Evidence::counted(rows, values, seconds)))
            }
        });
    }
    count_with_query(client, subject, own, since).await
}

async fn count_with_query(
    client: &Client,
    subject: &Subject,
    own: &OwnTransactions,
    since: Instant,
) -> Result<CountResult, tokio_postgres::Error> {
    let Some(query) = query::of(client, subject, own).await? else { return Ok(CountResult::Counted(None)) };
    let row = client.query_one(&query, &[]).await?;
    let number = |column: usize| row.get::<_, i64>(column).unsigned_abs();
    let (rows, values) = (number(0), number(1));
    Ok(CountResult::Counted(Some(Evidence::counted(rows, values, since.elapsed().as_secs_f64()))))
}

/// Counts one subject in a transaction of its own, within the time limit of a plan.
pub async fn count_now(client: &Client, subject: &Subject, own: &OwnTransactions) -> Option<Evidence> {
    match measure(client, subject, own, TIME_LIMIT, LOCK_TIMEOUT).await {
        CountResult::Impossible => Some(Evidence::counted(0, 0, 0.0)),
        CountResult::Counted(evidence) => evidence,
        CountResult::Rejected => None,
    }
}

/// Counts one subject in a read-only transaction. Estimates it if the count fails or takes longer than `left`.
pub(super) async fn measure(
    client: &Client,
    subject: &Subject,
    own: &OwnTransactions,
    left: Duration,
    lock_timeout: &str,
) -> CountResult {
    if table_of(subject).is_none() {
        return CountResult::Counted(None);
    }
    if begin(client, left, lock_timeout).await.is_err() {
        return CountResult::Counted(None);
    }
    let counted = count_in_current_transaction(client, subject, own).await;
    let _ = client.batch_execute("ROLLBACK").await;
    match counted {
        Ok(found) => found,
        Err(error) if subject.has_condition() && is_rejected(&error) => CountResult::Rejected,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_COLUMN) => CountResult::Counted(None),
        Err(error) => CountResult::Counted(estimate(client, subject, failure_reason(&error)).await),
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
    let result = client.batch_execute(&begin).await;
    if result.is_err() {
        // The time limit may already have ended one of the SET statements, after BEGIN.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    result
}

/// Whether the server rejects the query itself, e.g. because a column does not exist.
fn is_rejected(error: &tokio_postgres::Error) -> bool {
    let code = error.code().map(SqlState::code);
    code.is_some_and(|code| code.starts_with("42") && code != SqlState::INSUFFICIENT_PRIVILEGE.code())
}

/// Why the count failed.
fn failure_reason(error: &tokio_postgres::Error) -> &'static str {
    match error.code() {
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => "the table is locked",
        Some(code) if *code == SqlState::QUERY_CANCELED => "counting took too long",
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            if is_row_security_error(error) {
                "row security hides rows from the role, which lacks BYPASSRLS"
            } else {
                "the role may not read the table"
            }
        }
        _ => "counting failed",
    }
}

/// Estimates a subject from statistics. An estimate is never exact, so it never proves that nothing is affected.
async fn estimate(client: &Client, subject: &Subject, why: &'static str) -> Option<Evidence> {
    let since = Instant::now();
    let table = table_of(subject)?;
    // Statistics show only the number of rows and the fraction of NULLs.
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
    let row = client.query_opt(&qualify_names(query), &[&table, &column]).await.ok()??;
    let (rows, nulls): (f64, f64) = (row.get(0), row.get(1));
    let share = if nulls_count { nulls } else { 1.0 - nulls };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimated count is not negative")]
    let whole = |number: f64| number.round() as u64;
    let seconds = since.elapsed().as_secs_f64();
    Some(Evidence::estimated(whole(rows), whole(rows * share), seconds, why))
}
