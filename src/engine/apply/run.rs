//! One run of a plan: its two sessions, the lock, and the checks before the first step.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::open::{Opened, cancelled_before_start, open};
use super::restorable::{self, Restorable};
use super::{ApplyOptions, Progress, ReportProgress, StepOutcome};
use crate::core::graph::{ALEMBIC_WIDTH, RevisionId, VersionChange};
use crate::core::plan::{Approval, Plan, Step};
use crate::engine::connection::{Notice, Session};
use crate::engine::copies::{CompletedCopy, RestoredCopy};
use crate::engine::gate::{ApprovalPolicy, Gate, GateRequest, Sessions};
use crate::engine::project::Project;
use crate::engine::state::VersionTable;
use crate::engine::state::ledger::{Backend, Entry, Ledger, StartedStep};
use crate::engine::{Error, ErrorKind, Result, Target, preflight};

/// The interval at which limbeck checks whether the statement of a killed client still runs.
const CHECK_INTERVAL: Duration = Duration::from_millis(300);

/// The width of the column of the version table on a scratch database. It is longer than any file name.
const WIDTH_ON_SCRATCH: usize = 4096;

/// A run that holds the lock.
pub(super) struct Run<'a> {
    pub target: &'a Target,
    /// `None` for a rehearsal.
    pub approval: Option<&'a Approval>,
    pub plan: &'a Arc<Plan>,
    pub options: &'a ApplyOptions,
    pub report: ReportProgress<'a>,
    pub cancel: &'a CancellationToken,
    pub table: VersionTable,
    pub ledger: Ledger,
    /// Holds the lock, writes the ledger, and finds blocking sessions.
    pub guard: Session,
    /// Runs the scripts.
    pub worker: Session,
    /// The server process of the worker's session.
    pub backend: Backend,
    /// Notices of the worker's session.
    pub notices: Mutex<UnboundedReceiver<Notice>>,
    /// SQL that sets the role and settings with which limbeck's own statements run.
    pub settings: String,
    /// The role of `[apply] role`.
    pub role: Option<String>,
    /// The limit of a `CONCURRENTLY` statement, in PostgreSQL's syntax.
    pub concurrent_timeout: &'a str,
    pub gate: Gate,
    pub restorable: Restorable,
}

impl<'a> Run<'a> {
    /// Connects, takes the lock and checks that the database has not changed since the plan was made.
    pub async fn start(
        project: &'a Project,
        target: &'a Target,
        approval: &'a Approval,
        options: &'a ApplyOptions,
        report: ReportProgress<'a>,
        cancel: &'a CancellationToken,
    ) -> Result<Self> {
        let plan = approval.plan();
        let Opened { guard, worker, table, settings } =
            open(project, target, "limbeck migrate", options, report, cancel).await?;
        let changes = plan.changes_of_table(table.name());
        let fits_new = options.own_database || target.embedded_server().is_some();
        table.require_writable(guard.client(), &changes, fits_new).await?;
        table.ensure_width(guard.client(), width_of_new_table(plan, target, options)).await?;
        let table = table.with_schema(guard.client()).await?;
        let ledger = Ledger::ensure(guard.client()).await?;
        if let Ledger::Missing(why) = &ledger {
            let message = format!("limbeck runs without a ledger: {why}");
            report(Progress::Notice { severity: "WARNING".into(), message });
        }
        let (copier, restorable) =
            restorable::prepare(&guard, &ledger, plan, &project.config.apply, options, report).await?;
        let policy =
            ApprovalPolicy { confirm: plan.confirm.clone(), granted: approval.granted().to_vec(), blank: plan.blank };
        let notices = Mutex::new(worker.take_notices());
        let backend = Backend::find(guard.client(), worker.server().backend_pid).await?;
        let mut run = Self {
            target,
            approval: Some(approval),
            plan,
            options,
            report,
            cancel,
            table,
            ledger,
            guard,
            worker,
            backend,
            notices,
            settings,
            role: project.config.apply.role.clone(),
            concurrent_timeout: &project.config.apply.concurrent_timeout,
            gate: Gate::new(policy).with_copier(copier),
            restorable,
        };
        run.check_database().await?;
        Ok(run)
    }

    /// Waits for killed clients, checks that the database has not changed since the plan was made, and prepares the gate.
    async fn check_database(&mut self) -> Result<()> {
        self.wait_for_killed_clients().await?;
        self.expect_heads(&self.plan.from).await?;
        if self.plan.blank && !preflight::is_blank(self.guard.client(), &self.table).await? {
            return Err(Error::new("the database had no tables when the plan was made, and has tables now")
                .because("nothing was run")
                .hint("make a new plan, review it and run it"));
        }
        self.gate.expect_plan(self.guard.client(), self.plan).await
    }

    /// Runs the steps that share a transaction, or one step outside a transaction.
    pub async fn batch(&self, batch: Range<usize>) -> Result<Vec<StepOutcome>> {
        match &self.plan.steps[batch.clone()] {
            [step] if !step.transactional => Ok(vec![Box::pin(self.run_outside_transaction(batch.start, step)).await?]),
            _ => Box::pin(self.run_in_transaction(batch)).await,
        }
    }

    /// Inserts the row of a step into the ledger. `skipped`: the number of statements that an earlier run has completed.
    pub async fn record_start(&self, step: &Step, skipped: usize) -> Result<Option<Entry>> {
        let approved = self.approval.map(|approval| approval.classes_of(step)).unwrap_or_default();
        let started = StartedStep { step, approved: &approved, skipped };
        self.ledger.begin(self.guard.client(), started, self.backend).await
    }

    /// The sessions for the gate.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions { client: self.worker.client(), observer: self.guard.client() }
    }

    /// The request to the gate for the statement at an index of a step.
    pub fn request(
        &self,
        (step, number): (usize, usize),
        entry: Option<Entry>,
        in_transaction: bool,
    ) -> GateRequest<'_> {
        let planned = &self.plan.steps[step].statements[number];
        GateRequest {
            revision: &self.plan.steps[step].revision,
            direction: self.plan.steps[step].direction,
            entry: entry.map(Entry::number),
            position: Some((step, number)),
            in_transaction,
            statement: &planned.statement,
            hazards: &planned.hazards,
        }
    }

    /// The heads that the database must have before a step.
    pub fn heads_before(&self, step: usize) -> &[RevisionId] {
        step.checked_sub(1).map_or(&self.plan.from, |before| &self.plan.steps[before].heads_after)
    }

    /// Fails if the database has other heads.
    pub async fn expect_heads(&self, expected: &[RevisionId]) -> Result<()> {
        expect_same_heads(&self.table.heads(self.worker.client()).await?, expected)
    }

    /// Reports that a step is done, and returns its result.
    pub fn done(
        &self,
        index: usize,
        step: &Step,
        elapsed: Duration,
        (kept, restored): (Vec<CompletedCopy>, Vec<RestoredCopy>),
    ) -> StepOutcome {
        (self.report)(Progress::StepDone { step: index, elapsed });
        StepOutcome {
            revision: step.revision.clone(),
            direction: step.direction,
            seconds: elapsed.as_secs_f64(),
            kept,
            restored,
        }
    }

    /// A killed client leaves its statement running on the server. Waits for it, then closes its row in the ledger.
    async fn wait_for_killed_clients(&self) -> Result<()> {
        let since = Instant::now();
        loop {
            let mut alive = None;
            for row in self.ledger.unfinished(self.guard.client()).await? {
                if row.alive && row.backend_pid != self.backend.pid {
                    alive = Some(row);
                } else {
                    let why = "the client of this run was killed";
                    self.ledger.end(self.guard.client(), Some(row.entry), "interrupted", Some(why)).await?;
                }
            }
            let Some(row) = alive else { return Ok(()) };
            let holder = format!(
                "a run of {} by {} was killed, but its server process {} still works on revision {}",
                row.client, row.role, row.backend_pid, row.revision
            );
            if self.options.no_wait {
                return Err(Error::of(ErrorKind::Locked, holder).hint(format!(
                    "wait for it, or terminate it with SELECT pg_terminate_backend({})",
                    row.backend_pid
                )));
            }
            (self.report)(Progress::WaitingForMigrator { holder, waited: since.elapsed() });
            tokio::select! {
                () = tokio::time::sleep(CHECK_INTERVAL) => {}
                () = self.cancel.cancelled() => return Err(cancelled_before_start()),
            }
        }
    }
}

/// The width of the column of a new version table: as in Alembic, except on a database that belongs to limbeck.
pub(super) fn width_of_new_table(plan: &Plan, target: &Target, options: &ApplyOptions) -> usize {
    if options.own_database {
        return WIDTH_ON_SCRATCH;
    }
    if target.embedded_server().is_none() {
        return ALEMBIC_WIDTH;
    }
    VersionChange::width_for(plan.steps.iter().flat_map(|step| &step.changes))
}

/// Fails if the heads are not the expected ones.
pub(super) fn expect_same_heads(heads: &[RevisionId], expected: &[RevisionId]) -> Result<()> {
    if heads == expected {
        return Ok(());
    }
    Err(Error::new(format!(
        "the heads of the database have changed since the plan was made: it is at {}",
        format_heads(heads)
    ))
    .because(format!("the plan starts at {}", format_heads(expected)))
    .hint("make a new plan, review it and run it"))
}

/// The heads as text, e.g. `1975ea83b712, ae1027a6acf0`, or `base`.
pub(super) fn format_heads(heads: &[RevisionId]) -> String {
    if heads.is_empty() {
        return "base".to_owned();
    }
    heads.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ")
}
