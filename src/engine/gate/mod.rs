//! One statement in one session: checks what it would destroy now, whether that is approved, and copies it first.
//!
//! The caller runs the statement itself, between [`Gate::admit`] and [`Gate::complete`]. The gate needs nothing but the
//! analysed statement and its hazards: if the statement was not planned, [`Gate::assess`] finds and counts its hazards in
//! the session at hand. Bound parameters are passed as SQL literals.

mod error;
mod recheck;
mod transaction;

use tokio_postgres::Client;

use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::Plan;
use crate::core::statement::{ScriptState, Statement};
use crate::engine::copies::{CompletedCopy, Copier, CopyOwner, CopyStore, PendingCopy};
use crate::engine::preflight;
use crate::engine::state::ledger::Ledger;
use crate::engine::{Error, ErrorKind};
pub use error::GateError;
use recheck::Recheck;
pub use transaction::in_own_transaction;

/// The result of a step of the gate.
pub type Result<T> = std::result::Result<T, GateError>;

/// What may run without asking again.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The classes that need approval.
    pub confirm: Vec<Class>,
    /// The classes that were approved for statements that are not in the plan.
    pub granted: Vec<Class>,
    /// The database contained no tables when the plan was made: whatever the plan destroys, it has created itself.
    pub blank: bool,
}

/// The two sessions of a run.
#[derive(Clone, Copy)]
pub struct Sessions<'a> {
    /// The session in which statements run.
    pub client: &'a Client,
    /// A second session on the same database, which is never in a transaction.
    pub observer: &'a Client,
}

/// The gate of one run.
#[derive(Debug, Default)]
pub struct Gate {
    policy: Policy,
    recheck: Recheck,
    copier: Option<Copier>,
}

/// A statement that is about to run.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub revision: &'a RevisionId,
    pub direction: Direction,
    /// The number of the step's row in the ledger.
    pub entry: Option<i64>,
    /// Where in the plan it is: step and statement. `None`: it is not in the plan.
    pub position: Option<(usize, usize)>,
    /// Whether the caller has opened a transaction. Otherwise the gate commits what it does itself.
    pub in_transaction: bool,
    pub statement: &'a Statement,
    pub hazards: &'a [Hazard],
}

/// A statement that may run, with the copies that were made for it.
#[derive(Debug, Default)]
pub struct Admission {
    copies: Vec<PendingCopy>,
}

impl Gate {
    /// A gate that only checks: no copies are made.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, recheck: Recheck::default(), copier: None }
    }

    /// Makes copies of what its statements destroy, of at most `limit` bytes in all. Creates the table of copies, and the
    /// ledger beside it, if they do not exist.
    ///
    /// # Errors
    /// If the role may not create the table.
    pub async fn with_copies(
        self,
        client: &Client,
        role: Option<String>,
        limit: u64,
    ) -> std::result::Result<Self, Error> {
        let ledger = Ledger::ensure(client).await?;
        let store = CopyStore::ensure(client, &ledger).await?;
        Ok(self.with_copier(Some(Copier::new(store, role, limit))))
    }

    /// Makes copies with a copier.
    #[must_use]
    pub(in crate::engine) fn with_copier(self, copier: Option<Copier>) -> Self {
        Self { copier, ..self }
    }

    /// Prepares for the statements of a plan, so that objects that are empty now are protected until they are destroyed.
    ///
    /// # Errors
    /// If the server rejects a query.
    pub async fn expect_plan(&mut self, observer: &Client, plan: &Plan) -> std::result::Result<(), Error> {
        self.recheck = Recheck::of(observer, plan, &self.policy).await?;
        Ok(())
    }

    /// Finds and counts the hazards of a statement that was not planned, in the transaction at hand. `parameters` are the
    /// values of `$1`, `$2`, … as SQL literals.
    ///
    /// # Errors
    /// If the server rejects a query; the transaction is then aborted.
    pub async fn assess(
        &self,
        sessions: Sessions<'_>,
        statement: &Statement,
        state: &ScriptState,
        parameters: &[String],
    ) -> Result<Vec<Hazard>> {
        let mut hazards = crate::core::hazard::examine(statement, state);
        hazards.iter_mut().for_each(|hazard| hazard.bind(parameters));
        if self.policy.blank {
            return Ok(hazards);
        }
        let written = self.recheck.written(sessions).await?;
        Ok(preflight::assess(sessions.client, statement, hazards, &written).await?)
    }

    /// The hazards of a statement that was not planned and that nobody has approved.
    #[must_use]
    pub fn unapproved<'h>(&self, hazards: &'h [Hazard]) -> Vec<&'h Hazard> {
        let needs_approval = |hazard: &&Hazard| {
            self.policy.confirm.contains(&hazard.class)
                && !self.policy.granted.contains(&hazard.class)
                && !hazard.affects_nothing()
        };
        if self.policy.blank { Vec::new() } else { hazards.iter().filter(needs_approval).collect() }
    }

    /// Checks immediately before a statement runs that it destroys nothing that was not approved, and copies what it
    /// destroys.
    ///
    /// # Errors
    /// If something would be lost that nobody approved, if a copy cannot be made, or if the server rejects a query.
    pub async fn admit(&self, sessions: Sessions<'_>, call: &Call<'_>) -> Result<Admission> {
        if call.position.is_none() {
            self.refuse_unapproved(call)?;
        }
        match call.in_transaction {
            true => self.recheck.in_transaction(sessions, &self.policy, call).await?,
            false => self.recheck.outside(sessions, &self.policy, call).await?,
        }
        Ok(Admission { copies: self.copy(sessions.client, call).await? })
    }

    /// Completes the copies after a statement has run and affected `rows` rows.
    ///
    /// # Errors
    /// If rows were affected although none was expected, if a copy cannot be completed, or if the server rejects a query.
    pub async fn complete(
        &self,
        sessions: Sessions<'_>,
        call: &Call<'_>,
        admission: Admission,
        rows: Option<u64>,
    ) -> Result<Vec<CompletedCopy>> {
        recheck::affected_nothing(&self.policy, call, rows)?;
        let Some(copier) = self.copier.as_ref().filter(|_| !admission.copies.is_empty()) else {
            return Ok(Vec::new());
        };
        let complete = async { Ok(copier.complete_copies(sessions.client, admission.copies, rows).await?) };
        if call.in_transaction { complete.await } else { in_own_transaction(sessions.client, complete).await }
    }

    /// A transaction starts. One before it may have been rolled back.
    pub fn begin(&self) {
        self.recheck.begin();
    }

    /// Remembers the transaction that is about to commit, if later statements need to know what it wrote.
    ///
    /// # Errors
    /// If the server rejects a query.
    pub async fn before_commit(&self, sessions: Sessions<'_>) -> Result<()> {
        self.recheck.before_commit(sessions).await
    }

    /// The transaction has committed.
    pub fn committed(&self) {
        self.recheck.committed();
    }

    /// The size of the copies made so far, in bytes.
    #[must_use]
    pub fn bytes_used(&self) -> u64 {
        self.copier.as_ref().map_or(0, Copier::bytes_used)
    }

    /// Sets the size of the copies back after a rollback.
    pub fn reset_bytes_used(&self, bytes: u64) {
        if let Some(copier) = &self.copier {
            copier.reset_bytes_used(bytes);
        }
    }

    async fn copy(&self, client: &Client, call: &Call<'_>) -> Result<Vec<PendingCopy>> {
        let loses_data = call.hazards.iter().any(|hazard| hazard.class == Class::DataLoss);
        let Some(copier) = self.copier.as_ref().filter(|_| loses_data) else { return Ok(Vec::new()) };
        let owner = CopyOwner { revision: call.revision.as_str(), direction: call.direction, log: call.entry };
        let copy = async { Ok(copier.copy_losses(client, owner, call.hazards).await?) };
        if call.in_transaction { copy.await } else { in_own_transaction(client, copy).await }
    }

    fn refuse_unapproved(&self, call: &Call<'_>) -> Result<()> {
        let unapproved = self.unapproved(call.hazards);
        let Some(first) = unapproved.first() else { return Ok(()) };
        let mut error = Error::of(
            ErrorKind::Approval,
            format!("revision {}: {} {}, and the plan did not contain this", call.revision, first.title, first.object),
        );
        for hazard in &unapproved {
            error = error.because(format!("{} {} {}", hazard.code, hazard.title, hazard.object));
        }
        let mut classes: Vec<&str> = unapproved.iter().map(|hazard| hazard.class.word()).collect();
        classes.dedup();
        Err(GateError::Refused(error.hint(format!("approve it with --allow {}", classes.join(",")))))
    }
}
