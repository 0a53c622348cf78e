//! Rehearses a plan on the target: runs it in one transaction, measures the time of each statement, and rolls back.
//!
//! Nothing is lost, so no hazard needs approval. The locks of the statements are real, so a protected environment must be
//! confirmed. Statements that cannot run in a transaction, or that a rollback cannot undo, are omitted.

mod expected_failure;
mod perform;
mod python;
mod recorder;
mod sequences;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::run::Run;
use super::{ApplyOptions, Blocker, ReportProgress};
use crate::core::graph::{Direction, RevisionId};
use crate::core::plan::Plan;
use crate::engine::project::Project;
use crate::engine::script_process::ProcessGuard;
use crate::engine::{Error, ErrorKind, Result, Target};

/// A completed rehearsal.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Rehearsal {
    /// Always true. It distinguishes this result from that of a real run.
    pub rehearsed: bool,
    pub from: Vec<RevisionId>,
    pub to: Vec<RevisionId>,
    pub steps: Vec<RehearsedStep>,
    /// Sequences whose last value changed: a rollback does not reset a sequence.
    pub sequences: Vec<ChangedSequence>,
}

/// The rehearsal of one revision.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RehearsedStep {
    pub revision: RevisionId,
    pub direction: Direction,
    pub seconds: f64,
    pub statements: Vec<RehearsedStatement>,
    #[serde(rename = "left_out")]
    pub omitted: Vec<OmittedStatement>,
}

/// A statement that ran.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RehearsedStatement {
    /// Index into the step's statements.
    #[serde(skip)]
    pub statement: usize,
    /// 1-based line in the script's file.
    pub line: usize,
    pub seconds: f64,
    /// The rows that it affected; `None` if its command has no row count.
    pub rows: Option<u64>,
    /// The sessions that held locks for which it waited.
    pub waited_for: Vec<Blocker>,
}

/// A statement that was not rehearsed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OmittedStatement {
    /// Index into the step's statements.
    #[serde(skip)]
    pub statement: usize,
    /// 1-based line in the script's file.
    pub line: usize,
    pub reason: String,
    /// Whether it ran and failed because of an omitted statement. Otherwise it did not run.
    pub tried: bool,
}

/// A sequence whose last value changed, with the values before and after; `None`: the sequence has not been used yet.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ChangedSequence {
    pub sequence: String,
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// Rehearses a plan. `confirmed` is the name of the environment that the user typed to confirm it. To stop the rehearsal,
/// use `cancel`: dropping the future leaves a statement running on the server.
///
/// # Errors
/// As [`super::apply`]; the database is unchanged. With kind `Approval` if a protected environment is not confirmed. A
/// lock timeout is an error that names the blocking sessions.
pub async fn rehearse(
    project: &Project,
    target: &Target,
    (plan, confirmed): (&Arc<Plan>, Option<&str>),
    no_wait: bool,
    progress: ReportProgress<'_>,
    cancel: &CancellationToken,
) -> Result<Rehearsal> {
    let mut rehearsal = Rehearsal {
        rehearsed: true,
        from: plan.from.clone(),
        to: plan.to.clone(),
        steps: Vec::new(),
        sequences: Vec::new(),
    };
    if plan.is_empty() {
        return Ok(rehearsal);
    }
    expect_confirmed(plan, confirmed)?;
    super::expect_same_database(plan, target)?;
    let recorder = recorder::StatementRecorder::new(progress);
    let report = |progress| recorder.report(progress);
    let options = ApplyOptions { no_wait, ..ApplyOptions::default() };
    let mut scripts = None;
    if plan.runs_python() {
        scripts = Some(target.scripts().get(project).await?);
    }
    let run = Run::start_rehearsal(project, target, plan, &options, &report, cancel).await?;
    let before = sequences::read(run.guard.client()).await;
    let process = scripts.as_mut().map(ProcessGuard::process).transpose()?;
    let steps = run.rehearse(&recorder, process).await;
    rehearsal.sequences = sequences::restore(run.guard.client(), before).await;
    rehearsal.steps = steps?;
    Ok(rehearsal)
}

fn expect_confirmed(plan: &Plan, confirmed: Option<&str>) -> Result<()> {
    if let Err(error) = plan.environment.check_confirmed(confirmed) {
        return Err(Error::of(ErrorKind::Approval, format!("{error}; nothing was run")));
    }
    let Some(name) = plan.environment_to_confirm().filter(|name| confirmed != Some(*name)) else { return Ok(()) };
    let message = format!("the environment '{name}' is protected and was not confirmed; nothing was run");
    Err(Error::of(ErrorKind::Approval, message)
        .because("a rehearsal takes the same locks as the plan, and holds them until it is rolled back")
        .hint(format!("add --confirm {name}")))
}
