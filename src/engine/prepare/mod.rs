//! Makes a plan for a request: reads the heads, finds the path, reads the scripts, and finds and counts the hazards.

mod environment_order;
mod history;
mod notes;
mod switch;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::core::copies::CopyForecast;
use crate::core::graph::{GraphError, Path, PathStep, RevisionId};
use crate::core::plan::{Plan, PlanDirection, ScriptSource, Step, TransactionMode};
use crate::engine::error::nothing_was_run;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::recording::{RecordingSite, record_plan};
use crate::engine::state::VersionTable;
use crate::engine::state::ledger::Ledger;
use crate::engine::state::ledger_scripts;
use crate::engine::{Error, ErrorKind, Result, Target, backup, copies, preflight};
pub(super) use history::add_recorded;
pub use history::{record_history, record_up_and_down, upgrade_from_base};

/// The plan that the user requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRequest {
    pub direction: PlanDirection,
    /// The target as the user typed it: `head`, `+1`, `base`, `label@head`, an id.
    pub target: String,
    /// Downgrades the branch of the target, which is one of several heads of the database; the others stay.
    pub only_branch: bool,
    /// `None`: the project's mode.
    pub mode: Option<TransactionMode>,
}

/// Makes the plan for a request. Changes nothing. `cancel` also ends Python scripts that run for the plan.
///
/// # Errors
/// If the target cannot be resolved, a script of the path cannot be read, or a query fails.
pub async fn prepare(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    request: &PlanRequest,
    cancel: &CancellationToken,
) -> Result<Arc<Plan>> {
    let work = Box::pin(prepare_plan(project, tree, target, request, cancel));
    let prepared = if project.alembic.is_some() {
        // Python that runs must be ended, and its scratch database removed.
        work.await
    } else {
        let cancelled = || Err(Error::of(ErrorKind::Interrupted, "cancelled; nothing was run"));
        cancel.run_until_cancelled(work).await.unwrap_or_else(cancelled)
    };
    prepared.map_err(nothing_was_run)
}

async fn prepare_plan(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    request: &PlanRequest,
    cancel: &CancellationToken,
) -> Result<Arc<Plan>> {
    tree.require_valid()?;
    if request.target.contains(':') {
        return Err(Error::new("Range revision not allowed").hint("use a range START:END only with --sql"));
    }
    let session = target.connect("limbeck plan").await?;
    let table = VersionTable::new(&project.config.database.version_table);
    let heads = table.heads(session.client()).await?;
    let with_missing = ledger_scripts::add_missing_scripts(tree, session.client(), &heads).await?;
    let mut request = request.clone();
    let path = match request.direction {
        PlanDirection::Switch => switch::find_path(project, target, (tree, &with_missing), &heads)?,
        _ if request.only_branch => {
            let path = find_branch_path(&with_missing, &request, &heads, session.client()).await?;
            request.target = path.to.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ");
            path
        }
        _ => find_path(&with_missing, &request, &heads)?,
    };
    let tree = with_missing;
    let mut plan = build_plan(project, &tree, target, &request, path)?;
    if !plan.is_empty() {
        let changes = plan.changes_of_table(table.name());
        table.require_writable(session.client(), &changes, target.embedded_server().is_some()).await?;
    }
    if plan.runs_python() {
        Box::pin(record((project, &tree, target), &table, &mut plan, cancel)).await?;
    }
    let site = preflight::Site { project, target, client: session.client(), version_table: &table };
    preflight::count(site, &mut plan).await?;
    plan.copies = Box::pin(copies::forecast_copies(session.client(), &project.config.apply, &plan)).await?;
    if !plan.is_empty() {
        plan.notes.extend(notes::find_notes(&session).await?);
    }
    plan.backup_first = backup::is_required(project, &plan);
    if plan.direction == PlanDirection::Upgrade && !plan.is_empty() {
        plan.outdated_environments =
            environment_order::find_outdated(project, &tree, &target.environment, &plan.to).await?;
    }
    Ok(Arc::new(plan))
}

/// Adds the statements of Python scripts to a plan.
async fn record(
    (project, tree, target): (&Project, &ScriptTree, &Target),
    version_table: &VersionTable,
    plan: &mut Plan,
    cancel: &CancellationToken,
) -> Result<()> {
    let site = RecordingSite { project, target, version_table };
    let recorded = record_plan(&site, plan, cancel).await?;
    add_recorded(tree, &mut plan.steps, recorded);
    let failed = plan.steps.iter().find_map(|step| Some((step, step.python.as_ref()?.failure.as_ref()?)));
    if let Some((step, failure)) = failed {
        let cause = if target.scripts().allows_unseen() { "" } else { "it failed on a scratch copy without rows: " };
        let note = format!(
            "the statements of revision {} and of later revisions are not known: {cause}{failure}",
            step.revision
        );
        plan.notes.push(note);
    }
    Ok(())
}

/// Builds the plan for a path. The hazards have no evidence, and no database is queried.
///
/// # Errors
/// If a script of the path cannot be read, or cannot run in the transaction mode.
pub(in crate::engine) fn build_plan(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    request: &PlanRequest,
    path: Path,
) -> Result<Plan> {
    let steps = path.steps.into_iter().map(|step| build_step(tree, step)).collect::<Result<Vec<Step>>>()?;
    let mode = request.mode.unwrap_or(project.config.apply.transaction);
    if mode == TransactionMode::All {
        require_transactional(&steps)?;
    }
    Ok(Plan {
        direction: request.direction,
        target: request.target.clone(),
        environment: target.environment.clone(),
        database: target.conninfo().describe(),
        mode,
        from: path.from,
        to: path.to,
        steps,
        confirm: project.classes_to_confirm(&target.environment),
        blank: false,
        outdated_environments: Vec::new(),
        copies: CopyForecast::default(),
        backup_first: false,
        unplanned: Vec::new(),
        notes: Vec::new(),
    })
}

/// The path that downgrades the branch of one head, in the reverse of the order in which the ledger has recorded its
/// upgrades.
async fn find_branch_path(
    tree: &ScriptTree,
    request: &PlanRequest,
    heads: &[RevisionId],
    client: &tokio_postgres::Client,
) -> Result<Path> {
    let head = RevisionId::parse_existing(&request.target).map_err(|error| Error::new(error.to_string()))?;
    let applied = match Ledger::find(client).await? {
        Some(ledger) => ledger.upgrades(client).await?,
        None => Vec::new(),
    };
    Ok(tree.graph.downgrade_branch(&head, heads, &applied)?)
}

/// The path from the heads to the target. If a head has no script, the error explains it.
fn find_path(tree: &ScriptTree, request: &PlanRequest, heads: &[RevisionId]) -> Result<Path> {
    let path = match request.direction {
        PlanDirection::Downgrade => tree.graph.downgrade(&request.target, heads),
        _ => tree.graph.upgrade(&request.target, heads),
    };
    path.map_err(|error| explain_missing(tree, heads, error))
}

/// Adds to an error that a head has no script.
fn explain_missing(tree: &ScriptTree, heads: &[RevisionId], error: GraphError) -> Error {
    match heads.iter().find(|id| tree.script(id.as_str()).is_none()) {
        Some(id) => Error::from(error).because(format!("the database is at {id}, and no script has this revision")).hint(
            "restore the script (it may be on another branch), or run `limbeck stamp` with the revision that matches the schema",
        ),
        None => error.into(),
    }
}

fn build_step(tree: &ScriptTree, step: PathStep) -> Result<Step> {
    let id = step.revision.clone();
    let file = tree.script(id.as_str()).ok_or_else(|| {
        Error::new(format!("no script for revision {id}")).hint("restore the script; it may be on another branch")
    })?;
    let path = (!ledger_scripts::is_from_ledger(file)).then(|| file.path.clone());
    Step::build(step, &ScriptSource { script: &file.script, text: &file.text, path }).map_err(|error| {
        let mut report = Error::new(format!("{}:{}: {}", file.path.display(), error.line, error.message));
        report.hint = error.hint;
        report.revision = Some(id.to_string());
        report.line = Some(error.line);
        report
    })
}

/// Refuses steps that cannot run in a transaction.
fn require_transactional(steps: &[Step]) -> Result<()> {
    let Some(step) = steps.iter().find(|step| !step.transactional) else { return Ok(()) };
    let mut error = Error::new(format!("revision {} cannot run inside a transaction", step.revision))
        .because("the transaction mode is \"all\": all revisions run in one transaction")
        .hint("upgrade or downgrade to the revision before it first, or set `transaction = \"each\"` under [apply]");
    error.revision = Some(step.revision.to_string());
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::plan::fixtures::plan;

    #[test]
    fn mode_all_refuses_statements_that_cannot_run_in_a_transaction() {
        for (sections, refused) in [
            (&["SELECT 1", "CREATE TABLE t (a int)"][..], None),
            (&["SELECT 1", "VACUUM t"], Some("a1")),
            (&["CREATE INDEX CONCURRENTLY i ON t (a)"], Some("a0")),
        ] {
            let result = require_transactional(&plan(sections).steps);
            assert_eq!(result.err().and_then(|error| error.revision).as_deref(), refused, "{sections:?}");
        }
    }
}
