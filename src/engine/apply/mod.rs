//! Runs an approved plan: takes the lock, looks again, runs statement by statement, keeps the ledger.

mod failure;
mod judge;
mod keeping;
mod outside;
pub mod rehearse;
mod run;
mod spared;
mod statement;
mod transaction;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::copies::Restored;
use super::project::Project;
use super::{Error, Result, Target};
use crate::core::graph::{Direction, RevisionId};
use crate::core::plan::{Approval, Plan, TransactionMode};
use run::Run;
pub(in crate::engine) use run::settings;

/// What happens while a plan runs, told as it happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Another migrator holds the lock; told again while it lasts.
    WaitingForMigrator {
        holder: String,
        waited: Duration,
    },
    /// A step waits for a lock on the target that others hold.
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
    /// The step's transaction was rolled back and starts again.
    StepRetried {
        step: usize,
        attempt: u32,
    },
    /// A copy was made of what a statement has destroyed.
    Kept {
        step: usize,
        kept: Kept,
    },
    /// A copy was put back.
    Restored {
        step: usize,
        restored: Restored,
    },
    /// A copy was not put back.
    CopyStays {
        step: usize,
        object: String,
        why: String,
    },
    /// Cancelling was asked for; the server has not answered yet.
    Cancelling,
}

/// A session that stands in the way.
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
    /// What was kept before it was destroyed.
    pub kept: Vec<Kept>,
    /// What came back of what the opposite step had destroyed.
    pub restored: Vec<Restored>,
}

/// A copy made before a loss.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Kept {
    pub object: String,
    /// Rows, or values of a column.
    pub rows: u64,
}

/// How to apply.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// `--no-wait`: fail with kind `Locked` instead of waiting for another migrator.
    pub no_wait: bool,
    /// What to do about a statement of which an earlier run, that died, cannot tell whether it took effect.
    pub resume: Option<Resume>,
    /// `--no-keep`: make no copies of what is lost, and put none back.
    pub no_keep: bool,
}

/// Where a run outside a transaction goes on that died in the middle of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// The statement runs once more.
    Again,
    /// It took effect; the next one runs.
    After,
}

/// Where progress is told.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Applies an approved plan. Dropping the future does not stop it cleanly: use `cancel`.
///
/// # Errors
/// With the script, line, caret, SQLSTATE, detail and hint when a statement fails; kind `Locked`,
/// `Interrupted` or `Connection` as it happened; the message says how the database was left.
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
    expect_place(plan, target)?;
    let run = Run::start(project, target, plan, options, progress, cancel).await?;
    for batch in batches(plan) {
        outcome.steps.extend(run.batch(batch).await?);
    }
    Ok(outcome)
}

/// Refuses a plan that was made on another database.
fn expect_place(plan: &Plan, target: &Target) -> Result<()> {
    let place = target.conninfo().describe();
    if plan.environment == target.environment && plan.place == place {
        return Ok(());
    }
    Err(Error::new(format!("the plan was made on {}, not on {place}", plan.place))
        .hint("look at the new plan and start again"))
}

/// The steps that share a transaction: all, or one each.
fn batches(plan: &Plan) -> Vec<std::ops::Range<usize>> {
    match plan.mode {
        TransactionMode::All => std::iter::once(0..plan.steps.len()).collect(),
        TransactionMode::Each => (0..plan.steps.len()).map(|step| step..step + 1).collect(),
    }
}
