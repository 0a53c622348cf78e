//! The gate through which every statement passes before it runs: it checks that the data which the statement destroys now
//! was approved, and copies the data.
//!
//! The caller runs the statement itself, between [`Gate::admit`] and [`Gate::complete`]. The gate needs only the analysed
//! statement and its hazards. If the statement is not in a plan, [`Gate::assess`] finds and counts its hazards in the
//! session of the statement. Values of parameters are passed as SQL literals.

mod error;
mod recheck;
mod transaction;

use tokio_postgres::Client;

use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::Plan;
use crate::core::statement::{ScriptState, Statement};
use crate::engine::copies::{CompletedCopy, Copier, CopyOwner, CopyStore, PendingCopy};
use crate::engine::preflight::{self, OwnTransactions};
use crate::engine::state::ledger::Ledger;
use crate::engine::{Error, ErrorKind};
pub use error::GateError;
use recheck::Recheck;
pub use transaction::in_own_transaction;

/// The result of a check of the gate.
pub type Result<T> = std::result::Result<T, GateError>;

/// Which hazards need approval, and which are already approved.
#[derive(Debug, Clone, Default)]
pub struct ApprovalPolicy {
    /// The classes that need approval.
    pub confirm: Vec<Class>,
    /// The classes that were approved for statements that are not in the plan.
    pub granted: Vec<Class>,
    /// Whether the database contained no tables when the plan was made. The plan can then destroy only what it created
    /// itself.
    pub blank: bool,
}

/// The two sessions of a run.
#[derive(Clone, Copy)]
pub struct Sessions<'a> {
    /// The session in which statements run.
    pub client: &'a Client,
    /// A second session on the same database that is never in a transaction.
    pub observer: &'a Client,
}

/// The gate of one run.
#[derive(Debug, Default)]
pub struct Gate {
    policy: ApprovalPolicy,
    recheck: Recheck,
    copier: Option<Copier>,
}

/// A statement that is about to run.
#[derive(Debug, Clone, Copy)]
pub struct GateRequest<'a> {
    pub revision: &'a RevisionId,
    pub direction: Direction,
    /// The number of the step's row in the ledger.
    pub entry: Option<i64>,
    /// The position in the plan: the indices of the step and of the statement. `None` if it is not in the plan.
    pub position: Option<(usize, usize)>,
    /// Whether the caller has started a transaction. Otherwise the gate uses a transaction of its own for the copies.
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
    /// A gate that makes no copies.
    #[must_use]
    pub fn new(policy: ApprovalPolicy) -> Self {
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

    /// Adds a copier, so that the gate makes copies.
    #[must_use]
    pub(in crate::engine) fn with_copier(self, copier: Option<Copier>) -> Self {
        Self { copier, ..self }
    }

    /// Prepares the checks for the statements of a plan: objects that were empty when the plan was made must still be empty
    /// when a statement destroys them.
    ///
    /// # Errors
    /// If the server rejects a query.
    pub async fn expect_plan(&mut self, observer: &Client, plan: &Plan) -> std::result::Result<(), Error> {
        self.recheck = Recheck::new(observer, plan, &self.policy).await?;
        Ok(())
    }

    /// Finds and counts the hazards of a statement that is not in the plan, in the current transaction. `parameters` are
    /// the values of `$1`, `$2`, … as SQL literals.
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
        for hazard in &mut hazards {
            hazard.bind(parameters);
        }
        if self.policy.blank {
            return Ok(hazards);
        }
        let own = self.recheck.own_transactions(sessions).await?;
        Ok(preflight::assess(sessions.client, statement, hazards, &own).await?)
    }

    /// As [`Self::assess`], but also counts rows that the run has written: a Python script may have computed them from data
    /// that it destroys next.
    ///
    /// # Errors
    /// As [`Self::assess`].
    pub async fn assess_all_rows(
        &self,
        sessions: Sessions<'_>,
        statement: &Statement,
        state: &ScriptState,
    ) -> Result<Vec<Hazard>> {
        let hazards = crate::core::hazard::examine(statement, state);
        if self.policy.blank {
            return Ok(hazards);
        }
        Ok(preflight::assess(sessions.client, statement, hazards, &OwnTransactions::default()).await?)
    }

    /// Selects the hazards that need approval and are not approved, of a statement that is not in the plan.
    #[must_use]
    pub fn unapproved<'h>(&self, hazards: &'h [Hazard]) -> Vec<&'h Hazard> {
        let needs_approval = |hazard: &&Hazard| {
            self.policy.confirm.contains(&hazard.class)
                && !self.policy.granted.contains(&hazard.class)
                && !hazard.affects_nothing()
        };
        if self.policy.blank { Vec::new() } else { hazards.iter().filter(needs_approval).collect() }
    }

    /// Checks immediately before a statement runs that it destroys only data whose loss was approved, and copies this data.
    ///
    /// # Errors
    /// If data would be lost without approval, if a copy cannot be made, or if the server rejects a query.
    pub async fn admit(&self, sessions: Sessions<'_>, request: &GateRequest<'_>) -> Result<Admission> {
        if request.position.is_none() {
            self.refuse_unapproved(request)?;
        }
        if request.in_transaction {
            self.recheck.check_in_transaction(sessions, &self.policy, request).await?;
        } else {
            self.recheck.check_outside_transaction(sessions, &self.policy, request).await?;
        }
        Ok(Admission { copies: Box::pin(self.copy(sessions, request)).await? })
    }

    /// Completes the copies after a statement has run and affected `rows` rows.
    ///
    /// # Errors
    /// If the statement affected rows although none were counted, if a copy cannot be completed, or if the server rejects a
    /// query.
    pub async fn complete(
        &self,
        sessions: Sessions<'_>,
        request: &GateRequest<'_>,
        admission: Admission,
        rows: Option<u64>,
    ) -> Result<Vec<CompletedCopy>> {
        recheck::expect_no_deleted_rows(&self.policy, request, rows)?;
        let Some(copier) = self.copier.as_ref().filter(|_| !admission.copies.is_empty()) else {
            return Ok(Vec::new());
        };
        let complete = async { Ok(copier.complete_copies(sessions.client, admission.copies, rows).await?) };
        if request.in_transaction { complete.await } else { in_own_transaction(sessions.client, complete).await }
    }

    /// Records that a transaction starts. An earlier one that did not commit was rolled back.
    pub fn begin(&self) {
        self.recheck.begin();
    }

    /// Records the transaction that is about to commit, if later checks must exclude the rows that it wrote.
    ///
    /// # Errors
    /// If the server rejects a query.
    pub async fn before_commit(&self, sessions: Sessions<'_>) -> Result<()> {
        self.recheck.before_commit(sessions).await
    }

    /// Records that the transaction has committed.
    pub fn committed(&self) {
        self.recheck.committed();
    }

    /// The size of the copies that were made so far, in bytes.
    #[must_use]
    pub fn bytes_used(&self) -> u64 {
        self.copier.as_ref().map_or(0, Copier::bytes_used)
    }

    /// Resets the size of the copies after a rollback, in bytes.
    pub fn reset_bytes_used(&self, bytes: u64) {
        if let Some(copier) = &self.copier {
            copier.reset_bytes_used(bytes);
        }
    }

    async fn copy(&self, sessions: Sessions<'_>, request: &GateRequest<'_>) -> Result<Vec<PendingCopy>> {
        let loses_data = request.hazards.iter().any(|hazard| hazard.class == Class::DataLoss);
        let Some(copier) = self.copier.as_ref().filter(|_| loses_data) else { return Ok(Vec::new()) };
        let owner = CopyOwner {
            revision: request.revision.as_str(),
            direction: request.direction,
            log: request.entry,
            in_transaction: request.in_transaction,
        };
        let clients = (sessions.client, sessions.observer);
        let copy = async { Ok(Box::pin(copier.copy_losses(clients, owner, request.hazards)).await?) };
        if request.in_transaction { copy.await } else { in_own_transaction(sessions.client, copy).await }
    }

    fn refuse_unapproved(&self, request: &GateRequest<'_>) -> Result<()> {
        let unapproved = self.unapproved(request.hazards);
        let Some(first) = unapproved.first() else { return Ok(()) };
        let mut error = Error::of(
            ErrorKind::Approval,
            format!(
                "revision {}: {} {}, and the plan did not contain this",
                request.revision, first.title, first.object
            ),
        );
        for hazard in &unapproved {
            error = error.because(format!("{} {} {}", hazard.code, hazard.title, hazard.object));
        }
        let mut classes: Vec<&str> = unapproved.iter().map(|hazard| hazard.class.word()).collect();
        classes.dedup();
        error.unplanned = unapproved.iter().map(|hazard| (*hazard).clone()).collect();
        Err(GateError::Refused(error.hint(format!("approve it with --allow {}", classes.join(",")))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hazard::{Evidence, examine_one};

    #[test]
    fn approval_depends_on_the_class_the_count_and_the_policy() {
        const LOSS: &[Class] = &[Class::DataLoss];
        for (sql, values, confirm, granted, blank, expected) in [
            ("DELETE FROM t", Some(3), LOSS, &[][..], false, 1),
            ("DELETE FROM t", None, LOSS, &[], false, 1),
            ("DELETE FROM t", Some(0), LOSS, &[], false, 0),
            ("DELETE FROM t", Some(3), LOSS, LOSS, false, 0),
            ("DELETE FROM t", Some(3), LOSS, &[Class::Lock], false, 1),
            ("DELETE FROM t", Some(3), &[], &[], false, 0),
            ("DELETE FROM t", Some(3), LOSS, &[], true, 0),
            ("CREATE INDEX i ON t (a)", None, LOSS, &[], false, 0),
            ("CREATE INDEX i ON t (a)", None, &[Class::Lock], &[], false, 1),
            ("INSERT INTO t VALUES (1)", None, LOSS, &[], false, 0),
        ] {
            let policy = ApprovalPolicy { confirm: confirm.to_vec(), granted: granted.to_vec(), blank };
            let mut hazards = examine_one(sql);
            for hazard in &mut hazards {
                hazard.evidence = values.map(|values| Evidence::counted(9, values, 0.0));
            }
            let unapproved = Gate::new(policy).unapproved(&hazards).len();
            assert_eq!(unapproved, expected, "{sql} {values:?} {confirm:?} {granted:?} {blank}");
        }
    }
}
