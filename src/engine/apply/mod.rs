//! Runs an approved plan: takes the lock, checks the database again, sends each statement through the gate, keeps the
//! ledger.

mod copying;
mod failure;
mod outside;
pub mod rehearse;
mod run;
mod statement;
mod trace;
mod transaction;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::copies::{CompletedCopy, RestoredCopy};
use super::project::Project;
use super::{Error, Result, Target};
use crate::core::graph::{Direction, RevisionId};
use crate::core::plan::{Approval, Plan, TransactionMode};
use run::Run;

/// What happens while a plan runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Another migrator holds the lock. Reported repeatedly.
    WaitingForMigrator {
        holder: String,
        waited: Duration,
    },
    /// A step waits for a lock that other sessions hold.
    Blocked {
        step: usize,
        blockers: Vec<Blocker>,
    },
    /// Index into the plan's steps.
    StepStarted {
        step: usize,
    },
    /// Index into that step's statements.
    StatementStarted {
        step: usize,
        statement: usize,
    },
    StatementDone {
        step: usize,
        statement: usize,
        rows: Option<u64>,
        elapsed: Duration,
    },
    /// A notice or warning from the server.
    Notice {
        severity: String,
        message: String,
    },
    StepDone {
        step: usize,
        elapsed: Duration,
    },
    /// The step's transaction was rolled back and is retried.
    StepRetried {
        step: usize,
        attempt: u32,
    },
    /// Data that a statement has destroyed was copied.
    Kept {
        step: usize,
        kept: CompletedCopy,
    },
    /// A copy was restored.
    Restored {
        step: usize,
        restored: RestoredCopy,
    },
    /// A copy was not restored.
    CopyStays {
        step: usize,
        object: String,
        why: String,
    },
    /// A cancel was requested; the server has not answered yet.
    Cancelling,
}

/// A session that blocks another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Blocker {
    pub pid: i32,
    pub user: String,
    pub application: String,
    pub query: String,
    /// How long its transaction has been open.
    pub age: Duration,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Outcome {
    pub from: Vec<RevisionId>,
    pub to: Vec<RevisionId>,
    pub steps: Vec<StepOutcome>,
}

/// One step that was applied.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StepOutcome {
    pub revision: RevisionId,
    pub direction: Direction,
    pub seconds: f64,
    /// What was copied before it was destroyed.
    pub kept: Vec<CompletedCopy>,
    /// What was restored of what the opposite step had destroyed.
    pub restored: Vec<RestoredCopy>,
}

/// How to apply a plan.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// `--no-wait`: fail with kind `Locked` instead of waiting for another migrator.
    pub no_wait: bool,
    /// What to do with a statement if an earlier run crashed and nothing shows whether it took effect.
    pub resume: Option<Resume>,
    /// `--no-keep`: do not copy what is lost, and restore nothing.
    pub no_keep: bool,
}

/// After a crash in a non-transactional statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// Retry the statement.
    Again,
    /// It took effect: continue with the next one.
    After,
}

/// Called with each event.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Applies an approved plan. To stop it, use `cancel`: dropping the future leaves a statement running on the server.
///
/// # Errors
/// If a statement fails, with script, line, caret, SQLSTATE, detail and hint; with kind `Locked`, `Interrupted` or
/// `Connection` if that is the cause. The message describes the state of the database.
pub async fn apply(
    project: &Project,
    target: &Target,
    approval: &Approval,
    options: &ApplyOptions,
    progress: Tell<'_>,
    cancel: &CancellationToken,
) -> Result<Outcome> {
    let plan = approval.plan();
    let mut outcome = Outcome { from: plan.from.clone(), to: plan.to.clone(), steps: Vec::new() };
    if plan.is_empty() {
        return Ok(outcome);
    }
    expect_same_database(plan, target)?;
    let run = Run::start(project, target, plan, options, progress, cancel).await?;
    for batch in batches(plan) {
        outcome.steps.extend(run.batch(batch).await?);
    }
    Ok(outcome)
}

/// Refuses a plan that was made on another database.
fn expect_same_database(plan: &Plan, target: &Target) -> Result<()> {
    let place = target.conninfo().describe();
    if plan.environment == target.environment && plan.database == place {
        return Ok(());
    }
    Err(Error::new(format!("the plan was made on {}, not on {place}", plan.database))
        .because("nothing was run")
        .hint("make a new plan and run that"))
}

/// The steps that share a transaction: all of them, or one each.
fn batches(plan: &Plan) -> Vec<std::ops::Range<usize>> {
    match plan.mode {
        TransactionMode::All => std::iter::once(0..plan.steps.len()).collect(),
        TransactionMode::Each => (0..plan.steps.len()).map(|step| step..step + 1).collect(),
    }
}
