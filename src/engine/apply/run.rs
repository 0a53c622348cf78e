//! One run of a plan: its two sessions, the lock, and what must hold before the first step.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::keeping::Keeping;
use super::spared::Spared;
use super::{ApplyOptions, Kept, Progress, StepOutcome, Tell};
use crate::core::graph::RevisionId;
use crate::core::plan::{Plan, Step};
use crate::engine::connection::identifier::{literal, quote};
use crate::engine::connection::{Notice, Session, database_error};
use crate::engine::copies::Restored;
use crate::engine::project::Project;
use crate::engine::project::config::ApplyConfig;
use crate::engine::state::ledger::{Backend, Ledger};
use crate::engine::state::{VersionTable, lock};
use crate::engine::{Error, ErrorKind, Result, Target, preflight};

/// How often an orphaned statement is looked at again.
const AGAIN: Duration = Duration::from_millis(300);

/// A run that holds the lock.
pub(super) struct Run<'a> {
    pub target: &'a Target,
    pub plan: &'a Arc<Plan>,
    pub options: &'a ApplyOptions,
    pub tell: Tell<'a>,
    pub cancel: &'a CancellationToken,
    pub table: VersionTable,
    pub ledger: Ledger,
    /// Holds the lock, writes what others must see at once, looks who blocks.
    pub guard: Session,
    /// Runs the scripts.
    pub worker: Session,
    /// The worker's server process.
    pub backend: Backend,
    /// What the worker's server says while it works.
    pub notices: Mutex<UnboundedReceiver<Notice>>,
    /// SQL that gives a session the role and settings that limbeck's own statements run with.
    pub settings: String,
    pub keeping: Keeping,
    pub spared: Spared,
}

impl<'a> Run<'a> {
    /// Connects, takes the lock and makes sure that the plan still fits the database.
    pub async fn start(
        project: &Project,
        target: &'a Target,
        plan: &'a Arc<Plan>,
        options: &'a ApplyOptions,
        tell: Tell<'a>,
        cancel: &'a CancellationToken,
    ) -> Result<Self> {
        let Opened { guard, worker, table, settings } =
            open(project, target, "limbeck migrate", options, tell, cancel).await?;
        table.ensure(guard.client()).await?;
        let ledger = Ledger::ensure(guard.client()).await?;
        if let Ledger::Missing(why) = &ledger {
            let message = format!("no ledger is kept: {why}");
            tell(Progress::Notice { severity: "WARNING".into(), message });
        }
        let keeping = Keeping::start(&guard, &ledger, plan, &project.config.apply, options, tell).await?;
        let notices = Mutex::new(worker.take_notices());
        let backend = Backend::find(guard.client(), worker.server().backend_pid).await?;
        let mut run = Self {
            target,
            plan,
            options,
            tell,
            cancel,
            table,
            ledger,
            guard,
            worker,
            backend,
            notices,
            settings,
            keeping,
            spared: Spared::default(),
        };
        run.wait_for_orphans().await?;
        run.expect_heads(&plan.from).await?;
        if plan.blank && !preflight::is_blank(run.guard.client(), &run.table).await? {
            return Err(Error::new("the database has got tables since the plan was made, when it had none")
                .hint("look at the new plan and start again"));
        }
        run.spared = Spared::of(run.guard.client(), plan).await?;
        Ok(run)
    }

    /// Runs the steps that share a transaction, or the one step that has none.
    pub async fn batch(&self, batch: Range<usize>) -> Result<Vec<StepOutcome>> {
        match &self.plan.steps[batch.clone()] {
            [step] if !step.transactional => Ok(vec![self.outside(batch.start, step).await?]),
            _ => self.transaction(batch).await,
        }
    }

    /// The heads as they must be before a step.
    pub fn heads_before(&self, step: usize) -> &[RevisionId] {
        step.checked_sub(1).map_or(&self.plan.from, |before| &self.plan.steps[before].heads_after)
    }

    /// Refuses to go on when the database is not where the plan takes it to be.
    pub async fn expect_heads(&self, expected: &[RevisionId]) -> Result<()> {
        same_heads(&self.table.heads(self.worker.client()).await?, expected)
    }

    /// Told of a step by those who run it.
    pub fn done(
        &self,
        index: usize,
        step: &Step,
        elapsed: Duration,
        (kept, restored): (Vec<Kept>, Vec<Restored>),
    ) -> StepOutcome {
        (self.tell)(Progress::StepDone { step: index, elapsed });
        StepOutcome {
            revision: step.revision.clone(),
            direction: step.direction,
            seconds: elapsed.as_secs_f64(),
            kept,
            restored,
        }
    }

    /// A client that was killed leaves its statement running on the server: waits for it, then closes its row.
    async fn wait_for_orphans(&self) -> Result<()> {
        let since = Instant::now();
        loop {
            let mut alive = None;
            for row in self.ledger.unfinished(self.guard.client()).await? {
                if row.alive {
                    alive = Some(row);
                } else {
                    let why = "the run that wrote this row has died";
                    self.ledger.end(self.guard.client(), Some(row.entry), "interrupted", Some(why)).await?;
                }
            }
            let Some(row) = alive else { return Ok(()) };
            let holder = format!(
                "a run of {} by {} died, but its server process {} still works on revision {}",
                row.client, row.role, row.backend_pid, row.revision
            );
            if self.options.no_wait {
                return Err(Error::of(ErrorKind::Locked, holder)
                    .hint(format!("wait for it, or end it with SELECT pg_terminate_backend({})", row.backend_pid)));
            }
            (self.tell)(Progress::WaitingForMigrator { holder, waited: since.elapsed() });
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = self.cancel.cancelled() => return Err(cancelled_before_start()),
            }
        }
    }
}

/// The two sessions of a run, with the lock held.
pub(super) struct Opened {
    pub guard: Session,
    pub worker: Session,
    pub table: VersionTable,
    /// As [`settings`].
    pub settings: String,
}

/// Connects twice, the second time under a name of its own, and takes the lock.
pub(super) async fn open(
    project: &Project,
    target: &Target,
    worker: &str,
    options: &ApplyOptions,
    tell: Tell<'_>,
    cancel: &CancellationToken,
) -> Result<Opened> {
    let guard = target.connect("limbeck lock").await?;
    let worker = target.connect(worker).await?;
    let table = VersionTable::new(&project.config.database.version_table);
    let settings = settings(&project.config.apply);
    for session in [&guard, &worker] {
        session.client().batch_execute(&settings).await.map_err(|error| database_error(&error))?;
    }
    let waiting = |holder, waited| tell(Progress::WaitingForMigrator { holder, waited });
    lock::acquire(guard.client(), &table.sql(), !options.no_wait, &waiting, cancel).await?;
    Ok(Opened { guard, worker, table, settings })
}

/// Refuses heads that the plan does not expect.
pub(super) fn same_heads(heads: &[RevisionId], expected: &[RevisionId]) -> Result<()> {
    if heads == expected {
        return Ok(());
    }
    Err(Error::new(format!("the database has moved since the plan was made: it is at {}", names(heads)))
        .because(format!("the plan starts at {}", names(expected)))
        .hint("look at the new plan and start again"))
}

/// The heads in words.
pub(super) fn names(heads: &[RevisionId]) -> String {
    if heads.is_empty() {
        return "base".to_owned();
    }
    heads.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ")
}

fn cancelled_before_start() -> Error {
    Error::of(ErrorKind::Interrupted, "cancelled before anything was run")
}

/// What a script may have set (a role, a search path, …) is undone first.
pub(in crate::engine) fn settings(apply: &ApplyConfig) -> String {
    let role = apply.role.as_deref().map_or_else(String::new, |role| format!("; SET ROLE {}", quote(role)));
    let lock_timeout = literal(&apply.lock_timeout);
    format!("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL{role}; SET lock_timeout = {lock_timeout}")
}
