//! Counts on the target the data that a plan affects. It only reads, has a time limit, and marks estimates.

mod cascade;
mod cast;
mod counting;
mod foreign_keys;
mod measure;
mod permanent;
mod query;
mod replay;
mod side_effects;

use std::collections::BTreeSet;

use tokio_postgres::Client;

pub use self::cascade::cascades;
use self::counting::Counting;
pub use self::measure::{count_in_transaction, count_now};
pub use self::permanent::permanent_functions;
pub use self::query::{OwnTransactions, table_of};
use super::connection::database_error;
use super::project::Project;
use super::state::VersionTable;
use super::{Result, Target};
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::Plan;
use crate::core::sql::qualify_names;
use crate::core::statement::{Effect, Footprint, Statement};

/// The target of a plan, with a session on it.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    pub project: &'a Project,
    pub target: &'a Target,
    /// A session on the target.
    pub client: &'a Client,
    pub version_table: &'a VersionTable,
}

/// Adds evidence to every hazard of the plan that can be counted; the others remain uncounted. Removes hazards that cannot
/// occur on the target: a cast that is safe, a check of an empty table. If earlier statements of the plan create or rename
/// objects, the plan is replayed on a scratch copy of the target's schema to find out which objects are affected.
///
/// # Errors
/// If the server rejects the first queries. A count that fails is no error: its hazard remains uncounted.
pub async fn count(site: Site<'_>, plan: &mut Plan) -> Result<()> {
    let client = site.client;
    plan.blank = is_blank(client, site.version_table).await?;
    let mut counting = Counting::new(client);
    if !plan.blank {
        let replayed = if replay::is_needed(plan) { Box::pin(replay::replay(site, plan)).await } else { 0 };
        counting.find_on_target(plan, replayed).await.map_err(|error| database_error(&error))?;
    }
    // Lost data is counted first, because the time may run out.
    for lost in [true, false] {
        let mut footprint = Footprint::default();
        for planned in plan.steps.iter_mut().flat_map(|step| &mut step.statements) {
            let hazards = std::mem::take(&mut planned.hazards);
            for mut hazard in hazards {
                let is_counted_now = (hazard.class == Class::DataLoss) == lost && hazard.evidence.is_none();
                if is_counted_now && !counting.count(&mut hazard, plan.blank, &footprint).await {
                    continue;
                }
                hazard.mark_upper_bound(&planned.statement);
                if !is_empty_cascade(&hazard) {
                    planned.hazards.push(hazard);
                }
            }
            footprint.add(&planned.statement);
        }
    }
    Ok(())
}

/// Whether the hazard is about a foreign key, and no row refers to the affected rows.
fn is_empty_cascade(hazard: &Hazard) -> bool {
    matches!(hazard.effect, Effect::Cascades(_)) && hazard.subject.has_condition() && hazard.affects_nothing()
}

/// Completes and counts, in the current transaction, the hazards of a statement that is about to run: `hazards`, and those
/// of the functions that it calls, of triggers, of foreign keys and of CASCADE. Rows that `own` transactions wrote are not
/// counted.
///
/// # Errors
/// If the server rejects a query; the transaction is then aborted.
pub async fn assess(
    client: &Client,
    statement: &Statement,
    hazards: Vec<Hazard>,
    own: &OwnTransactions,
) -> Result<Vec<Hazard>, tokio_postgres::Error> {
    let mut hazards = hazards;
    let names = side_effects::SideEffectNames::read(client).await?;
    if statement.mentions_any(names.as_set()) {
        hazards.extend(side_effects::find(client, statement, &hazards).await?);
    }
    hazards.extend(foreign_keys::find(client, &hazards).await?);
    hazards.extend(cascades(client, statement, &hazards).await);
    for hazard in hazards.iter_mut().filter(|hazard| hazard.class == Class::DataLoss && hazard.evidence.is_none()) {
        hazard.evidence = count_in_transaction(client, &hazard.subject, own).await?;
        hazard.mark_upper_bound(statement);
    }
    hazards.retain(|hazard| !is_empty_cascade(hazard));
    Ok(hazards)
}

/// The names of functions, and of tables with triggers or rules, that may have side effects. A statement that mentions none
/// of them has no side effects.
///
/// # Errors
/// If the server rejects the query.
pub async fn side_effect_names(client: &Client) -> Result<BTreeSet<String>, tokio_postgres::Error> {
    Ok(side_effects::SideEffectNames::read(client).await?.into_set())
}

/// Whether the database contains no tables, materialized views or sequences, so nothing can be lost.
///
/// # Errors
/// If the server cannot be queried.
pub async fn is_blank(client: &Client, version_table: &VersionTable) -> Result<bool> {
    let query = "SELECT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm', 'f', 'S') AND n.nspname NOT LIKE 'pg\\_%'
          AND n.nspname NOT IN ('information_schema', 'limbeck')
          AND c.oid <> coalesce(to_regclass($1)::oid, 0)
          AND c.relname !~ '^limbeck_(log|kept)')";
    let row = client
        .query_one(&qualify_names(query), &[&version_table.sql()])
        .await
        .map_err(|error| database_error(&error))?;
    Ok(row.get(0))
}
