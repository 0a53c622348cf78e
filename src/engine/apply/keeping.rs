//! Copies around the statements of a run: made before what destroys, put back by what brings back.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::error::SqlState;

use super::failure::{Stop, stop};
use super::run::Run;
use super::{ApplyOptions, Kept, Progress, Tell};
use crate::core::copies::{What, losses, size};
use crate::core::graph::Direction;
use crate::core::plan::{Plan, PlannedStatement, Step};
use crate::engine::connection::Session;
use crate::engine::copies::{self, Keeper, Made, Pending, Place, Restored, Trouble};
use crate::engine::project::config::ApplyConfig;
use crate::engine::state::ledger::{Entry, Ledger};
use crate::engine::{Error, Result};

/// What a run keeps and puts back.
pub(super) struct Keeping {
    keeper: Option<Keeper>,
    /// The revisions that have copies, with the direction in which they were lost.
    waiting: HashSet<(String, Direction)>,
    role: Option<String>,
}

impl Keeping {
    /// Makes ready, and refuses before anything runs where copies would not fit.
    pub async fn start(
        guard: &Session,
        ledger: &Ledger,
        plan: &Plan,
        apply: &ApplyConfig,
        options: &ApplyOptions,
        tell: Tell<'_>,
    ) -> Result<Self> {
        let role = apply.role.clone();
        if options.no_keep {
            return Ok(Self { keeper: None, waiting: HashSet::new(), role });
        }
        let waiting = copies::waiting(guard.client()).await?.into_iter().collect();
        if !apply.keep || !plan.keeping.wanted || plan.blank || !destroys(plan) {
            return Ok(Self { keeper: None, waiting, role });
        }
        let limit = copies::limit(apply)?;
        if plan.keeping.is_over() {
            let (bytes, limit) = (size(plan.keeping.bytes), size(limit));
            return Err(copies::no_room(format!(
                "copies of what is lost would take {bytes}, more than keep_limit = {limit}"
            ))
            .because("nothing was run"));
        }
        if plan.keeping.bytes > 0 {
            let message = format!("copies of what is lost take at most {}", size(plan.keeping.bytes));
            tell(Progress::Notice { severity: "NOTE".into(), message });
        }
        let place = Place::ensure(guard.client(), ledger).await?;
        let keeper = Keeper { place, role: role.clone(), limit, used: AtomicU64::new(0) };
        Ok(Self { keeper: Some(keeper), waiting, role })
    }
}

impl Keeping {
    /// Nothing is kept and nothing put back, as in a rehearsal.
    pub fn none() -> Self {
        Self { keeper: None, waiting: HashSet::new(), role: None }
    }

    /// What the copies made so far take, in bytes.
    pub fn used(&self) -> u64 {
        self.keeper.as_ref().map_or(0, |keeper| keeper.used.load(Ordering::Relaxed))
    }

    /// Copies that were rolled back take no room.
    pub fn rewind(&self, used: u64) {
        if let Some(keeper) = &self.keeper {
            keeper.used.store(used, Ordering::Relaxed);
        }
    }
}

/// Whether a plan destroys something of which copies can be made.
fn destroys(plan: &Plan) -> bool {
    let statements = plan.steps.iter().flat_map(|step| &step.statements);
    statements.into_iter().any(|statement| {
        losses(&statement.sql, &statement.hazards).iter().any(|loss| !matches!(loss.what, What::Nothing(_)))
    })
}

impl Run<'_> {
    /// Copies what a statement is about to destroy.
    pub(super) async fn copy_first(
        &self,
        index: usize,
        step: &Step,
        entry: Option<Entry>,
        statement: &PlannedStatement,
    ) -> Result<Vec<Made>, Stop> {
        let Some(keeper) = &self.keeping.keeper else { return Ok(Vec::new()) };
        let work = Box::pin(keeper.before(self.worker.client(), step, entry.map(Entry::number), statement));
        self.watched(index, work).await.map_err(|trouble| self.trouble(trouble, step))
    }

    /// Writes down what the statement has destroyed.
    pub(super) async fn settle(
        &self,
        index: usize,
        step: &Step,
        made: Vec<Made>,
        affected: Option<u64>,
    ) -> Result<Vec<Kept>, Stop> {
        let Some(keeper) = self.keeping.keeper.as_ref().filter(|_| !made.is_empty()) else { return Ok(Vec::new()) };
        let work = Box::pin(keeper.after(self.worker.client(), made, affected));
        let kept = self.watched(index, work).await.map_err(|trouble| self.trouble(trouble, step))?;
        for kept in &kept {
            (self.tell)(Progress::Kept { step: index, kept: kept.clone() });
        }
        Ok(kept)
    }

    /// The copies that a step puts back, looked at before its first statement.
    pub(super) async fn pending(&self, index: usize, step: &Step, resumed: bool) -> Result<Option<Pending>, Stop> {
        let lost = opposite(step.direction);
        if !self.keeping.waiting.contains(&(step.revision.to_string(), lost)) {
            return Ok(None);
        }
        let client = self.worker.client();
        let work = Box::pin(async {
            let role = self.keeping.role.as_deref();
            let mut pending = Pending::load(client, &self.ledger, role, step.revision.as_str(), lost).await?;
            if let Some(pending) = &mut pending {
                pending.start(client, resumed).await?;
            }
            Ok(pending)
        });
        self.watched(index, work).await.map_err(|trouble| self.trouble(trouble, step))
    }

    /// Puts values back whose column a statement has brought back.
    pub(super) async fn put_back_early(
        &self,
        index: usize,
        step: &Step,
        pending: Option<&mut Pending>,
        statement: &PlannedStatement,
    ) -> Result<(), Stop> {
        let Some(pending) = pending else { return Ok(()) };
        let work = Box::pin(pending.early(self.worker.client(), &statement.sql));
        self.watched(index, work).await.map_err(|trouble| self.trouble(trouble, step))
    }

    /// Puts back what is left at the end of a step.
    pub(super) async fn put_back(
        &self,
        index: usize,
        step: &Step,
        pending: Option<&Pending>,
    ) -> Result<Vec<Restored>, Stop> {
        let Some(pending) = pending else { return Ok(Vec::new()) };
        let work = Box::pin(pending.finish(self.worker.client()));
        let finished = self.watched(index, work).await.map_err(|trouble| self.trouble(trouble, step))?;
        for restored in &finished.restored {
            (self.tell)(Progress::Restored { step: index, restored: restored.clone() });
        }
        for (object, why) in finished.stays {
            (self.tell)(Progress::CopyStays { step: index, object, why });
        }
        Ok(finished.restored)
    }

    fn trouble(&self, trouble: Trouble, step: &Step) -> Stop {
        let failed = |error: Error| {
            let mut error = Error { message: format!("revision {}: {}", step.revision, error.message), ..error };
            error.revision = Some(step.revision.to_string());
            if error.hint.is_none() {
                error.hint = Some("to go on without copies add --no-keep: those that were made before stay".to_owned());
            }
            Stop::Failed(error)
        };
        match trouble {
            Trouble::Refused(error) => failed(error),
            Trouble::Server(error, about) => match stop(&error, step, None, self.cancel.is_cancelled()) {
                Stop::Failed(_) => failed(Trouble::Server(error, about).into_error()),
                other => other,
            },
        }
    }

    /// Runs work on copies in a transaction of its own, unless the script has one open.
    pub(super) async fn alone<T>(&self, work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
        let client = self.worker.client();
        // Only inside a transaction a savepoint can be set.
        if client.batch_execute("SAVEPOINT limbeck_inside; RELEASE SAVEPOINT limbeck_inside").await.is_ok() {
            return work.await;
        }
        let failed = |error: tokio_postgres::Error| Stop::from(crate::engine::connection::database_error(&error));
        client.batch_execute("BEGIN").await.map_err(failed)?;
        let done = work.await;
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        client.batch_execute(end).await.map_err(failed)?;
        done
    }
}

const fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Upgrade => Direction::Downgrade,
        Direction::Downgrade => Direction::Upgrade,
    }
}

/// Says of a value that was refused as NULL that a copy would have brought it.
pub(super) fn with_copies_in_mind(error: &tokio_postgres::Error, pending: bool, reason: Stop) -> Stop {
    match reason {
        Stop::Failed(error_told) if pending && error.code() == Some(&SqlState::NOT_NULL_VIOLATION) => {
            Stop::Failed(error_told.because("copies of lost values come back once their column is there").hint(
                "add the column without NOT NULL first, and SET NOT NULL in a statement after it: the values are back by then",
            ))
        }
        other => other,
    }
}
