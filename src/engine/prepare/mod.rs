//! From a request to a plan: reads the heads, walks the graph, reads the scripts, finds and counts hazards.

mod behind;

use std::sync::Arc;

use crate::core::copies::Keeping;
use crate::core::graph::{Direction, Path, PathStep, RevisionId};
use crate::core::plan::{Plan, Source, Step, TransactionMode};
use crate::engine::project::{Project, ScriptFile, ScriptTree};
use crate::engine::state::VersionTable;
use crate::engine::state::ledger_scripts;
use crate::engine::{Error, Result, Target, backup, copies, preflight};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub direction: Direction,
    /// As typed: `head`, `+1`, `base`, `label@head`, an id.
    pub target: String,
    /// `None`: as the project says.
    pub mode: Option<TransactionMode>,
}

/// Makes the plan for a request. Reads only.
///
/// # Errors
/// When the target cannot be resolved, a script of the path cannot be read, or the server cannot be asked.
pub async fn prepare(project: &Project, tree: &ScriptTree, target: &Target, request: &Request) -> Result<Arc<Plan>> {
    tree.require_valid()?;
    if request.target.contains(':') {
        return Err(Error::new("Range revision not allowed").hint("a range START:END goes with --sql only"));
    }
    let session = target.connect("limbeck plan").await?;
    let table = VersionTable::new(&project.config.database.version_table);
    let heads = table.heads(session.client()).await?;
    let tree = ledger_scripts::add_missing_scripts(tree, session.client(), &heads).await?;
    let mut plan = plan(project, &tree, target, request, &heads)?;
    let site = preflight::Site { project, target, client: session.client(), version_table: &table };
    preflight::count(site, &mut plan).await?;
    plan.keeping = Box::pin(copies::forecast(session.client(), &project.config.apply, &plan)).await?;
    plan.backup_first = backup::is_required(project, &plan);
    if plan.direction == Direction::Upgrade && !plan.is_empty() {
        plan.behind = behind::look(project, &tree, &target.environment, &plan.to).await?;
    }
    Ok(Arc::new(plan))
}

fn plan(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    request: &Request,
    heads: &[RevisionId],
) -> Result<Plan> {
    along(project, tree, target, request, walk(tree, request, heads)?)
}

/// The plan of a path that was walked already; nothing is counted, and nobody is asked.
///
/// # Errors
/// When a script of the path cannot be read, or the mode forbids what one holds.
pub(in crate::engine) fn along(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    request: &Request,
    path: Path,
) -> Result<Plan> {
    let steps = path.steps.into_iter().map(|step| build(tree, step)).collect::<Result<Vec<Step>>>()?;
    let mode = request.mode.unwrap_or(project.config.apply.transaction);
    if mode == TransactionMode::All {
        refuse_outside(&steps)?;
    }
    Ok(Plan {
        direction: request.direction,
        target: request.target.clone(),
        environment: target.environment.clone(),
        place: target.conninfo().describe(),
        mode,
        from: path.from,
        to: path.to,
        steps,
        confirm: project.classes_to_confirm(&target.environment),
        blank: false,
        behind: Vec::new(),
        keeping: Keeping::default(),
        backup_first: false,
    })
}

fn walk(tree: &ScriptTree, request: &Request, heads: &[RevisionId]) -> Result<Path> {
    let walked = match request.direction {
        Direction::Upgrade => tree.graph.upgrade(&request.target, heads),
        Direction::Downgrade => tree.graph.downgrade(&request.target, heads),
    };
    walked.map_err(|error| {
        let missing = heads.iter().find(|id| tree.script(id.as_str()).is_none());
        match missing {
            Some(id) => Error::from(error).because(format!("the database is at {id}, which no script has")).hint(
                "bring the script back (another branch may hold it), or `limbeck stamp` the revision that the schema is at",
            ),
            None => error.into(),
        }
    })
}

fn build(tree: &ScriptTree, step: PathStep) -> Result<Step> {
    let id = step.revision.clone();
    let file = tree.script(id.as_str()).ok_or_else(|| Error::new(format!("no script for revision {id}")))?;
    let path = (!ledger_scripts::is_from_ledger(file)).then(|| file.path.clone());
    Step::build(step, &Source { script: &file.script, text: &file.text, path }).map_err(|error| {
        let mut report = Error::new(format!("{}:{}: {}", place(file), error.line, error.message));
        report.hint = error.hint;
        report.revision = Some(id.to_string());
        report.line = Some(error.line);
        report
    })
}

/// How a script is named in errors: its file, or that it comes from the ledger.
fn place(file: &ScriptFile) -> String {
    file.path.display().to_string()
}

fn refuse_outside(steps: &[Step]) -> Result<()> {
    let Some(step) = steps.iter().find(|step| !step.transactional) else { return Ok(()) };
    let mut error = Error::new(format!("revision {} cannot run inside a transaction", step.revision))
        .because("all revisions are to run in one transaction")
        .hint("run up to it first, or set `transaction = \"each\"` under [apply]");
    error.revision = Some(step.revision.to_string());
    Err(error)
}
