//! Rehearses a plan on the target: runs it in one transaction, takes the time of each statement, and rolls back.
//!
//! Nothing is lost, so no loss needs approval; but the locks that the statements take are real, so a protected
//! environment has to be confirmed. What cannot run in a transaction, and what no rollback would take back, is left out.

mod expected_failure;
mod perform;
mod sequences;
mod watch;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::run::Run;
use super::{ApplyOptions, Blocker, Tell};
use crate::core::graph::{Direction, RevisionId};
use crate::core::plan::Plan;
use crate::engine::project::Project;
use crate::engine::{Error, ErrorKind, Result, Target};

/// A rehearsal that came to its end.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Rehearsal {
    /// Always true: this is no outcome of a run.
    pub rehearsed: bool,
    pub from: Vec<RevisionId>,
    pub to: Vec<RevisionId>,
    pub steps: Vec<RehearsedStep>,
    /// Sequences that went on in the meantime: what was drawn from a sequence is not given back.
    pub sequences: Vec<MovedSequence>,
}

/// One revision.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RehearsedStep {
    pub revision: RevisionId,
    pub direction: Direction,
    pub seconds: f64,
    pub statements: Vec<RehearsedStatement>,
    pub left_out: Vec<LeftOut>,
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
    /// `None` where the server's count says nothing.
    pub rows: Option<u64>,
    /// Who held locks that it waited for.
    pub waited_for: Vec<Blocker>,
}

/// A statement that was not rehearsed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// Index into the step's statements.
    #[serde(skip)]
    pub statement: usize,
    /// 1-based line in the script's file.
    pub line: usize,
    pub reason: String,
    /// It was tried, and failed for want of what was left out before it.
    pub tried: bool,
}

/// A sequence before and after; `None`: nothing was drawn from it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MovedSequence {
    pub sequence: String,
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// Rehearses a plan. `confirmed` is the name of a protected environment, as a person gave it. Dropping the future does
/// not stop it cleanly: use `cancel`.
///
/// # Errors
/// As [`super::apply`] fails, with the database as it was; of kind `Approval` where the environment is not confirmed.
/// A lock that is not had within `lock_timeout` is an error that names who holds it.
pub async fn rehearse(
    project: &Project,
    target: &Target,
    (plan, confirmed): (&Arc<Plan>, Option<&str>),
    no_wait: bool,
    progress: Tell<'_>,
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
    let watch = watch::Watch::new(progress);
    let tell = |progress| watch.tell(progress);
    let options = ApplyOptions { no_wait, ..ApplyOptions::default() };
    let run = Run::rehearsing(project, target, plan, &options, &tell, cancel).await?;
    let before = sequences::read(run.guard.client()).await;
    let steps = run.rehearse(&watch).await;
    rehearsal.sequences = sequences::put_back(run.guard.client(), before).await;
    rehearsal.steps = steps?;
    Ok(rehearsal)
}

fn expect_confirmed(plan: &Plan, confirmed: Option<&str>) -> Result<()> {
    let Some(name) = plan.environment_to_confirm().filter(|name| confirmed != Some(*name)) else { return Ok(()) };
    let message = format!("the environment '{name}' is protected: its name has to be confirmed; nothing was run");
    Err(Error::of(ErrorKind::Approval, message)
        .because("a rehearsal takes the locks that the plan takes, until it is rolled back")
        .hint(format!("add --confirm {name}")))
}
