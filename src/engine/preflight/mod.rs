//! Counts on the target what a hazard would cost. Reads only, bounded in time, and says when it only estimates.

mod along;
mod bodies;
mod cast;
mod counting;
mod earlier;
mod measure;
mod query;
mod references;
mod trail;

use tokio_postgres::Client;

pub(super) use self::along::along;
pub(super) use self::bodies::words;
use self::counting::Counting;
use self::earlier::Earlier;
pub use self::measure::{exactly, look};
pub use self::query::{Written, table_of};
use super::connection::database_error;
use super::project::Project;
use super::state::VersionTable;
use super::{Result, Target};
use crate::core::hazard::{Class, Hazard, Question, Subject, narrow, takes_all};
use crate::core::plan::Plan;
use crate::core::sql::leading_words;

/// Where a plan is to run.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    pub project: &'a Project,
    pub target: &'a Target,
    /// A session on the target.
    pub client: &'a Client,
    pub version_table: &'a VersionTable,
}

/// Puts evidence on every hazard of the plan that can be counted; the others stay as they are, which counts as lost.
/// What cannot happen on the target after all is taken out: a cast that is safe, a refusal where no row is. Objects that
/// earlier statements of the plan make or rename are followed on a scratch copy of the target's schema.
///
/// # Errors
/// When the server cannot be asked at all.
pub async fn count(site: Site<'_>, plan: &mut Plan) -> Result<()> {
    let client = site.client;
    plan.blank = is_blank(client, site.version_table).await?;
    let mut counting = Counting::new(client);
    if !plan.blank {
        let followed = if trail::is_wanted(plan) { Box::pin(trail::follow(site, plan)).await } else { 0 };
        counting.follow_on_target(plan, followed).await.map_err(|error| database_error(&error))?;
    }
    // What may be lost has the first claim on the time.
    for lost in [true, false] {
        let mut earlier = Earlier::default();
        for statement in plan.steps.iter_mut().flat_map(|step| &mut step.statements) {
            let hazards = std::mem::take(&mut statement.hazards);
            for mut hazard in hazards {
                let wanted = (hazard.class == Class::DataLoss) == lost && hazard.evidence.is_none();
                if wanted && let Some(taken) = taken(&hazard, &statement.sql) {
                    hazard.subject = taken;
                }
                if wanted && !counting.look_at(&mut hazard, plan.blank, &earlier).await {
                    continue;
                }
                spare(&mut hazard, &statement.sql);
                // What foreign keys would pass on and do not is no news.
                if !(hazard.code == ALONG && is_asked(&hazard) && hazard.touches_nothing()) {
                    statement.hazards.push(hazard);
                }
            }
            earlier.add(&statement.sql);
        }
    }
    Ok(())
}

/// The rows that a DELETE or UPDATE takes by its own condition.
fn taken(hazard: &Hazard, sql: &str) -> Option<Subject> {
    let (table, column) = match &hazard.subject {
        Subject::Table { name, .. } if hazard.code == "DL106" => (name, None),
        Subject::Column { table, column, .. } if hazard.code == "DL107" => (table, Some(column.clone())),
        _ => return None,
    };
    let (schema, _) = hazard.subject.table()?;
    let rows = narrow(sql, schema, table)?;
    let question = Question::Taken { column, rows };
    Some(Subject::Rows { schema: schema.map(str::to_owned), table: table.clone(), question })
}

/// The rule for what goes along.
const ALONG: &str = "DL124";

/// Whether it is counted by a condition.
fn is_asked(hazard: &Hazard) -> bool {
    matches!(hazard.subject, Subject::Rows { question: Question::Taken { .. }, .. })
}

/// Where a condition could not be asked all rows of the table are counted, of which it may spare some; of none it
/// spares none.
fn spare(hazard: &mut Hazard, sql: &str) {
    let deletes =
        || leading_words(sql).first().is_none_or(|word| !["drop", "alter", "truncate"].contains(&word.as_str()));
    let may_spare = match hazard.code {
        "DL106" | "DL107" => true,
        ALONG => deletes(),
        _ => false,
    };
    if !may_spare || is_asked(hazard) {
        return;
    }
    let is_whole = hazard.subject.table().is_some_and(|(schema, table)| takes_all(sql, schema, table));
    if let Some(evidence) = hazard.evidence.as_mut().filter(|evidence| evidence.values > 0 && !is_whole) {
        evidence.exact = false;
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
          AND c.relname !~ '^limbeck_(log|kept)')";
    let row = client.query_one(query, &[&version_table.sql()]).await.map_err(|error| database_error(&error))?;
    Ok(row.get(0))
}
