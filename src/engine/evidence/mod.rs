//! Counts on the target what a hazard would cost. Reads only, bounded in time, and says when it only estimates.

mod along;
mod bodies;
mod cast;
mod earlier;
mod query;

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Client;

pub(super) use self::along::along;
use self::along::cascades;
use self::bodies::Names;
use self::earlier::Earlier;
pub use self::query::table_of;
use super::Result;
use super::postgres::{VersionTable, database_error};
use crate::core::hazard::{Class, Evidence, Hazard, Question, Subject, unreadable};
use crate::core::plan::{Plan, PlannedStatement};

/// For all counts of a plan together; after it, statistics are asked.
const BUDGET: Duration = Duration::from_secs(2);
/// How long a count of what may be lost waits for a lock.
const PATIENCE: &str = "500ms";

/// Puts evidence on every hazard of the plan that can be counted; the others stay as they are, which counts as lost.
/// What cannot happen on the target after all is taken out: a cast that is safe, a refusal where no row is.
///
/// # Errors
/// When the server cannot be asked at all.
pub async fn count(client: &Client, version_table: &VersionTable, plan: &mut Plan) -> Result<()> {
    plan.blank = is_blank(client, version_table).await?;
    let mut counting = Counting { client, deadline: Instant::now() + BUDGET, known: Vec::new() };
    if !plan.blank {
        let names = Names::of(client).await.map_err(|error| database_error(&error))?;
        for statement in plan.steps.iter_mut().flat_map(|step| &mut step.statements) {
            counting.follow(&names, statement).await;
        }
    }
    // What may be lost has the first claim on the time.
    for lost in [true, false] {
        let mut earlier = Earlier::default();
        for statement in plan.steps.iter_mut().flat_map(|step| &mut step.statements) {
            let hazards = std::mem::take(&mut statement.hazards);
            for mut hazard in hazards {
                let wanted = (hazard.class == Class::DataLoss) == lost && hazard.evidence.is_none();
                if !wanted || counting.look_at(&mut hazard, plan.blank, &earlier).await {
                    spare(&mut hazard, &statement.sql);
                    statement.hazards.push(hazard);
                }
            }
            earlier.add(&statement.sql);
        }
    }
    Ok(())
}

/// All rows of a table are counted, of which a condition may spare some; of none it spares none.
fn spare(hazard: &mut Hazard, sql: &str) {
    let has_condition = || sql.to_ascii_lowercase().contains("where") || sql.to_ascii_lowercase().contains("conflict");
    if let Some(evidence) = &mut hazard.evidence
        && ["DL106", "DL107"].contains(&hazard.code)
        && evidence.values > 0
        && has_condition()
    {
        evidence.exact = false;
    }
}

/// The classes whose cost is a matter of size.
const WEIGHED: [Class; 3] = [Class::Lock, Class::Index, Class::ForeignKey];

/// Bytes of a table with its indexes and partitions, and sessions but this one that hold locks on it.
const WEIGHT: &str = "SELECT coalesce((SELECT sum(pg_total_relation_size(p.relid)) FROM pg_partition_tree(c.oid) p),
        pg_total_relation_size(c.oid))::int8,
    (SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE d.datname = current_database() AND l.locktype = 'relation' AND l.relation = c.oid AND l.granted
       AND l.pid <> pg_backend_pid())
    FROM pg_class c WHERE c.oid = to_regclass($1)";

/// The counts of one plan.
struct Counting<'a> {
    client: &'a Client,
    deadline: Instant,
    known: Vec<(Subject, Found)>,
}

/// What came of looking at a subject.
#[derive(Debug, Clone, Copy)]
enum Found {
    /// It cannot happen, as the types on the target are.
    Nothing,
    Counted(Option<Evidence>),
}

impl Counting<'_> {
    /// Adds what functions and triggers of the target do, and what CASCADE takes along.
    async fn follow(&self, names: &Names, statement: &mut PlannedStatement) {
        let (sets_off, cascades) = (names.concern(&statement.sql), cascades(&statement.sql));
        if !sets_off && !cascades {
            return;
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        if begin(self.client, left, PATIENCE).await.is_err() {
            return;
        }
        match bodies::set_off(self.client, &statement.sql, &statement.hazards).await {
            Ok(found) => statement.hazards.extend(found),
            Err(_) => statement.hazards.push(unreadable(String::from("what it calls"))),
        }
        let _ = self.client.batch_execute("ROLLBACK").await;
        if begin(self.client, left, PATIENCE).await.is_err() {
            return;
        }
        let found = along(self.client, &statement.sql, &statement.hazards).await;
        let _ = self.client.batch_execute("ROLLBACK").await;
        statement.hazards.extend(found);
    }

    /// Counts a hazard; whether it stays.
    async fn look_at(&mut self, hazard: &mut Hazard, blank: bool, earlier: &Earlier) -> bool {
        let is_lost = hazard.class == Class::DataLoss;
        // Only what was there before the plan can be lost, locked or refused.
        if blank && (is_lost || hazard.subject != Subject::Other) {
            hazard.evidence = Some(Evidence::counted(0, 0, 0.0));
            return true;
        }
        if earlier.disturbs(&hazard.subject) {
            hazard.subject = plainly(&hazard.subject, is_lost);
        }
        let found = self.once(&hazard.subject, is_lost).await;
        let Found::Counted(evidence) = found else { return false };
        hazard.evidence = evidence;
        if let Some(evidence) = hazard.evidence.as_mut().filter(|_| WEIGHED.contains(&hazard.class)) {
            (evidence.bytes, evidence.sessions) = self.weigh(&hazard.subject).await;
        }
        // Nothing is lost with it, so that "not counted" would say too much.
        if hazard.evidence.is_none() && !is_lost {
            hazard.subject = Subject::Other;
        }
        // Nothing is refused where nothing is, and nothing comes.
        let is_bare = evidence.is_some_and(|evidence| evidence.exact && evidence.rows == 0);
        !(hazard.class == Class::Fails && is_bare && !earlier.fills(&hazard.subject))
    }

    /// How large a table is, and how many others hold locks on it at the moment.
    async fn weigh(&self, subject: &Subject) -> (Option<u64>, Option<u64>) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let Some(table) = table_of(subject).filter(|_| !left.is_zero()) else { return (None, None) };
        if begin(self.client, left, "1ms").await.is_err() {
            return (None, None);
        }
        let row = self.client.query_opt(WEIGHT, &[&table]).await;
        let _ = self.client.batch_execute("ROLLBACK").await;
        let number = |column: usize| row.as_ref().ok()?.as_ref()?.try_get::<_, i64>(column).ok().map(i64::unsigned_abs);
        (number(0), number(1))
    }

    /// Looks at each subject once.
    async fn once(&mut self, subject: &Subject, is_lost: bool) -> Found {
        if let Some((_, found)) = self.known.iter().find(|(known, _)| known == subject) {
            return *found;
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let found = match is_lost {
            true => measure(self.client, subject, left, PATIENCE).await,
            false if left.is_zero() => Found::Counted(None),
            false => measure(self.client, subject, left, "1ms").await,
        };
        self.known.push((subject.clone(), found));
        found
    }
}

/// What can be counted without a look at the values: of a lost column all of them.
fn plainly(subject: &Subject, is_lost: bool) -> Subject {
    match subject {
        Subject::Rows { schema, table, question: Question::Cast { column, .. } } if is_lost => {
            Subject::Column { schema: schema.clone(), table: table.clone(), column: column.clone() }
        }
        Subject::Rows { .. } => Subject::Other,
        other => other.clone(),
    }
}

/// Counts one subject inside the transaction at hand.
///
/// # Errors
/// As the server says; the transaction is then lost.
pub async fn exactly(client: &Client, subject: &Subject) -> Result<Option<Evidence>, tokio_postgres::Error> {
    Ok(match found(client, subject).await? {
        Found::Nothing => Some(Evidence::counted(0, 0, 0.0)),
        Found::Counted(evidence) => evidence,
    })
}

async fn found(client: &Client, subject: &Subject) -> Result<Found, tokio_postgres::Error> {
    let since = Instant::now();
    if let (Subject::Rows { question: question @ Question::Cast { .. }, .. }, Some(table)) =
        (subject, table_of(subject))
    {
        return Ok(match cast::look_up(client, &table, question).await? {
            cast::Told::Nothing => Found::Nothing,
            cast::Told::Unknown => match plainly(subject, matches!(question, Question::Cast { refused: false, .. })) {
                Subject::Other => Found::Counted(None),
                column => counted_by(client, &column, since).await?,
            },
            cast::Told::Try(change) => {
                let (rows, values) = change.count(client).await?;
                let seconds = since.elapsed().as_secs_f64();
                Found::Counted(Some(Evidence::counted(rows, values, seconds)))
            }
        });
    }
    counted_by(client, subject, since).await
}

async fn counted_by(client: &Client, subject: &Subject, since: Instant) -> Result<Found, tokio_postgres::Error> {
    let Some(query) = query::of(client, subject).await? else { return Ok(Found::Counted(None)) };
    let row = client.query_one(&query, &[]).await?;
    let number = |column: usize| row.get::<_, i64>(column).unsigned_abs();
    let (rows, values) = (number(0), number(1));
    Ok(Found::Counted(Some(Evidence::counted(rows, values, since.elapsed().as_secs_f64()))))
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
          AND c.relname !~ '^limbeck_(log|kept)')";
    let row = client.query_one(query, &[&version_table.sql()]).await.map_err(|error| database_error(&error))?;
    Ok(row.get(0))
}

/// Counts one subject outside a transaction, within the time of a whole plan.
pub async fn look(client: &Client, subject: &Subject) -> Option<Evidence> {
    match measure(client, subject, BUDGET, PATIENCE).await {
        Found::Nothing => Some(Evidence::counted(0, 0, 0.0)),
        Found::Counted(evidence) => evidence,
    }
}

async fn measure(client: &Client, subject: &Subject, left: Duration, patience: &str) -> Found {
    if table_of(subject).is_none() {
        return Found::Counted(None);
    }
    if begin(client, left, patience).await.is_err() {
        return Found::Counted(None);
    }
    let counted = found(client, subject).await;
    let _ = client.batch_execute("ROLLBACK").await;
    match counted {
        Ok(found) => found,
        Err(_) => Found::Counted(estimate(client, subject).await),
    }
}

/// Begins a transaction that only looks, and not for long.
async fn begin(client: &Client, left: Duration, patience: &str) -> Result<(), tokio_postgres::Error> {
    let milliseconds = left.as_millis().max(1);
    // Row security would hide rows from the count; with it off the server refuses to hide any.
    let begin = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {milliseconds}; SET LOCAL lock_timeout = '{patience}'; \
         SET LOCAL row_security = off"
    );
    client.batch_execute(&begin).await
}

/// What the statistics say: never exact, so never taken for nothing.
async fn estimate(client: &Client, subject: &Subject) -> Option<Evidence> {
    let since = Instant::now();
    let table = table_of(subject)?;
    // Of what only a look at the rows can tell, there are no statistics.
    let (column, nulls_count) = match subject {
        Subject::Column { column, .. }
        | Subject::Rows { question: Question::Cast { column, refused: false, .. }, .. } => (column.as_str(), false),
        Subject::Rows { question: Question::Nulls { column }, .. } => (column.as_str(), true),
        Subject::Rows { question: Question::AllNull { .. }, .. } | Subject::Table { .. } => ("", false),
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
    Some(Evidence::estimated(whole(rows), whole(rows * share), seconds))
}
