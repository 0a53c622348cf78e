//! Runs an approved plan: takes the lock, checks the database again, sends each statement through the gate, and writes
//! the ledger.

mod concurrent;
mod copying;
mod failure;
mod index_catalog;
mod indexes;
mod lost;
mod lost_commit;
mod open;
mod outside;
mod own_transaction;
mod python;
pub mod rehearse;
mod restorable;
mod resume;
mod run;
mod statement;
mod trace;
mod transaction;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::copies::{CompletedCopy, RestoredCopy};
use super::error::nothing_was_run;
use super::project::Project;
use super::script_process::UnsavedScript;
use super::{Error, Result, Target};
use crate::core::graph::{Direction, RevisionId};
use crate::core::plan::{Approval, Plan, TransactionMode};
use run::Run;

/// A progress event of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Another migrator holds the lock. Reported repeatedly.
    WaitingForMigrator {
        holder: String,
        waited: Duration,
    },
    /// A step waits for locks of other sessions.
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
    /// A Python script sends a statement that is not in the plan.
    Unplanned {
        step: usize,
        line: usize,
        sql: String,
    },
    /// A line that a Python script has printed.
    Output {
        text: String,
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
        conflict: Conflict,
    },
    /// Data that a statement destroyed was copied.
    Kept {
        step: usize,
        kept: CompletedCopy,
    },
    /// A copy was restored.
    Restored {
        step: usize,
        restored: RestoredCopy,
    },
    /// A copy was not restored, and still exists.
    CopyStays {
        step: usize,
        object: String,
        why: String,
    },
    /// A cancel was requested; the server has not answered yet.
    Cancelling,
}

/// A conflict with another session, after which a transaction can be retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    LockTimeout,
    Deadlock,
    SerializationFailure,
}

impl Conflict {
    /// The name of the conflict in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LockTimeout => "lock timeout",
            Self::Deadlock => "deadlock with another session",
            Self::SerializationFailure => "serialization failure",
        }
    }
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

/// The result of a run.
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
    /// The copies of the data that the step destroyed.
    pub kept: Vec<CompletedCopy>,
    /// The data that was restored from the copies of the opposite step.
    pub restored: Vec<RestoredCopy>,
}

/// Options of a run.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// `--no-wait`: fail with kind `Locked` instead of waiting for another migrator.
    pub no_wait: bool,
    /// Where to continue if an earlier run crashed during a statement and the catalog does not show whether the statement
    /// took effect.
    pub resume: Option<Resume>,
    /// `--no-keep`: make no copies and restore none.
    pub no_keep: bool,
    /// Python scripts whose text is not the one of their file.
    pub unsaved: Vec<UnsavedScript>,
    /// The database belongs to limbeck. A new version table is created wide enough for every id.
    pub own_database: bool,
}

/// Where to continue after a crash during a statement outside a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// Run the statement again.
    Again,
    /// The statement took effect: continue with the next one.
    After,
}

/// A callback that receives each progress event.
pub type ReportProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Applies an approved plan. To stop it, use `cancel`: dropping the future leaves a statement running on the server.
///
/// # Errors
/// If the plan was made on another database, if a check before the first step fails, or if a statement fails. The error
/// of a statement shows script, line, caret, SQLSTATE, detail and hint. The kind is `Locked`, `Interrupted` or
/// `Connection` if that is the cause. The error describes the state of the database.
pub async fn apply(
    project: &Project,
    target: &Target,
    approval: &Approval,
    options: &ApplyOptions,
    progress: ReportProgress<'_>,
    cancel: &CancellationToken,
) -> Result<Outcome> {
    let plan = approval.plan();
    let mut outcome = Outcome { from: plan.from.clone(), to: plan.to.clone(), steps: Vec::new() };
    if plan.is_empty() {
        return Ok(outcome);
    }
    expect_same_database(plan, target)?;
    let mut scripts = None;
    if plan.runs_python() {
        scripts = Some(target.scripts().get(project).await.map_err(nothing_was_run)?);
    }
    let started = Run::start(project, target, approval, options, progress, cancel).await;
    let run = started.map_err(nothing_was_run)?;
    if let Some(scripts) = &mut scripts {
        outcome.steps = Box::pin(run.run_python(scripts.process()?)).await?;
        return Ok(outcome);
    }
    for batch in batches(plan) {
        outcome.steps.extend(Box::pin(run.batch(batch)).await?);
    }
    Ok(outcome)
}

/// Fails if the plan was made on another database.
fn expect_same_database(plan: &Plan, target: &Target) -> Result<()> {
    let place = target.conninfo().describe();
    if plan.environment == target.environment && plan.database == place {
        return Ok(());
    }
    Err(Error::new(format!("the plan was made on {}, not on {place}", plan.database))
        .because("nothing was run")
        .hint("make a new plan for this database and run it"))
}

/// The ranges of steps that share a transaction: all steps, or one step each.
fn batches(plan: &Plan) -> Vec<std::ops::Range<usize>> {
    match plan.mode {
        TransactionMode::All => std::iter::once(0..plan.steps.len()).collect(),
        TransactionMode::Each => (0..plan.steps.len()).map(|step| step..step + 1).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::plan::fixtures::plan;

    #[test]
    fn steps_share_a_transaction_only_in_mode_all() {
        for (mode, count) in [(TransactionMode::Each, 2), (TransactionMode::All, 1)] {
            let batches = batches(&Plan { mode, ..plan(&["SELECT 1", "SELECT 2"]) });
            assert_eq!(batches.len(), count, "{mode:?}");
            assert!(batches.into_iter().flatten().eq(0..2), "{mode:?}");
        }
    }
}
