//! Counts on the target what a plan may cost. It only reads, has a time limit, and says when it estimates.

mod cascade;
mod cast;
mod counting;
mod foreign_keys;
mod measure;
mod permanent;
mod query;
mod replay;
mod side_effects;

use tokio_postgres::Client;

pub use self::cascade::cascades;
use self::counting::Counting;
pub use self::measure::{count_in_transaction, count_now};
pub use self::permanent::permanent_functions;
pub use self::query::{Written, table_of};
use super::connection::database_error;
use super::project::Project;
use super::state::VersionTable;
use super::{Result, Target};
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::Plan;
use crate::core::statement::{Effect, Footprint, ScriptState, Statement};

/// Where a plan will run.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    pub project: &'a Project,
    pub target: &'a Target,
    /// A session on the target.
    pub client: &'a Client,
    pub version_table: &'a VersionTable,
}

/// Adds evidence to every hazard of the plan that can be counted; the others remain uncounted. Removes hazards that cannot
/// occur on the target: a cast that is safe, a check of an empty table. Objects that earlier statements of the plan create
/// or rename are followed on a scratch copy of the target's schema.
///
/// # Errors
/// If the server cannot be queried at all.
pub async fn count(site: Site<'_>, plan: &mut Plan) -> Result<()> {
    let client = site.client;
    plan.blank = is_blank(client, site.version_table).await?;
    let mut counting = Counting::new(client);
    if !plan.blank {
        let replayed = if replay::is_needed(plan) { Box::pin(replay::replay(site, plan)).await } else { 0 };
        counting.find_on_target(plan, replayed).await.map_err(|error| database_error(&error))?;
    }
    // What may be lost is counted first, in case the time runs out.
    for lost in [true, false] {
        let mut footprint = Footprint::default();
        for planned in plan.steps.iter_mut().flat_map(|step| &mut step.statements) {
            let hazards = std::mem::take(&mut planned.hazards);
            for mut hazard in hazards {
                let is_counted_now = (hazard.class == Class::DataLoss) == lost && hazard.evidence.is_none();
                if is_counted_now && !counting.count(&mut hazard, plan.blank, &footprint).await {
                    continue;
                }
                hazard.bound(&planned.statement);
                if !is_empty_cascade(&hazard) {
                    planned.hazards.push(hazard);
                }
            }
            footprint.add(&planned.statement);
        }
    }
    Ok(())
}

/// Whether a foreign key would change rows, but no row refers to the affected ones.
fn is_empty_cascade(hazard: &Hazard) -> bool {
    matches!(hazard.effect, Effect::Cascades(_)) && hazard.subject.has_condition() && hazard.affects_nothing()
}

/// The hazards of a statement that is about to run in the transaction at hand, counted there: its own, and those of what
/// it calls, fires and drops by CASCADE. `written` are rows that do not count, because the same run wrote them.
///
/// # Errors
/// If the server rejects a query; the transaction is then aborted.
pub async fn assess(
    client: &Client,
    statement: &Statement,
    hazards: Vec<Hazard>,
    written: &Written,
) -> Result<Vec<Hazard>, tokio_postgres::Error> {
    let mut hazards = hazards;
    let names = side_effects::Names::read(client).await?;
    if statement.mentions_any(names.as_set()) {
        hazards.extend(side_effects::find(client, statement, &hazards).await?);
    }
    hazards.extend(foreign_keys::find(client, &hazards).await?);
    hazards.extend(cascades(client, statement, &hazards).await);
    for hazard in hazards.iter_mut().filter(|hazard| hazard.class == Class::DataLoss && hazard.evidence.is_none()) {
        hazard.evidence = count_in_transaction(client, &hazard.subject, written).await?;
        hazard.bound(statement);
    }
    hazards.retain(|hazard| !is_empty_cascade(hazard));
    Ok(hazards)
}

/// The hazards of a statement by itself, if nothing is known of the script around it.
#[must_use]
pub fn examine(statement: &Statement, state: &ScriptState) -> Vec<Hazard> {
    crate::core::hazard::examine(statement, state)
}

/// Whether nobody has created a table yet: then there is nothing to lose.
///
/// # Errors
/// If the server cannot be queried.
pub async fn is_blank(client: &Client, version_table: &VersionTable) -> Result<bool> {
    let query = "SELECT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm', 'f', 'S') AND n.nspname NOT LIKE 'pg\\_%'
          AND n.nspname NOT IN ('information_schema', 'limbeck')
          AND c.oid IS DISTINCT FROM to_regclass($1)
          AND c.relname !~ '^limbeck_(log|kept)')";
    let row = client.query_one(query, &[&version_table.sql()]).await.map_err(|error| database_error(&error))?;
    Ok(row.get(0))
}
