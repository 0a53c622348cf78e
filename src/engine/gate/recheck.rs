//! Checks again that objects which were counted as empty are still empty. Because they were empty,
//! the user was not asked to approve the loss of their data. Objects that the run created, and rows that it wrote, do
//! not count.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::{ApprovalPolicy, GateRequest, Result, Sessions};
use crate::core::hazard::{Class, Hazard, Origin};
use crate::core::plan::Plan;
use crate::core::sql::qualify_names;
use crate::core::statement::{Question, Subject};
use crate::core::text::plural;
use crate::engine::Error;
use crate::engine::connection::database_error;
use crate::engine::preflight::{self, OwnTransactions};

/// The hazards that needed no approval, because their objects were empty.
#[derive(Debug, Default)]
pub(super) struct Recheck {
    /// All of these hazards, by the name of their table in lower case.
    later: HashMap<String, Vec<LaterHazard>>,
    /// The objects to which the names of objects that the plan creates referred when the run started.
    replaced: HashMap<TableAndColumn, CatalogIds>,
    transactions: Mutex<RunTransactions>,
}

/// A hazard of a later statement, with one of the names that its object has before this statement runs.
#[derive(Debug)]
struct LaterHazard {
    position: (usize, usize),
    hazard: Hazard,
    subject: Subject,
}

/// The name of a table as SQL, and of a column.
type TableAndColumn = (String, Option<String>);
/// The OID of a table, and the number of a column.
type CatalogIds = (Option<Oid>, Option<i16>);

/// The transactions of the run.
#[derive(Debug, Default)]
struct RunTransactions {
    committed: OwnTransactions,
    /// The committed transactions and the one that is about to commit.
    with_current: Option<OwnTransactions>,
}

impl Recheck {
    /// Collects the hazards of a plan that need no approval.
    ///
    /// # Errors
    /// If the server rejects a query.
    pub async fn new(client: &Client, plan: &Plan, policy: &ApprovalPolicy) -> std::result::Result<Self, Error> {
        let mut recheck = Self::default();
        if policy.blank {
            return Ok(recheck);
        }
        for (step, planned) in plan.steps.iter().enumerate() {
            for (number, planned) in planned.statements.iter().enumerate() {
                for hazard in planned.hazards.iter().filter(|hazard| is_unapproved(policy, hazard)) {
                    recheck.add(client, (step, number), hazard).await?;
                }
            }
        }
        Ok(recheck)
    }

    async fn add(
        &mut self,
        client: &Client,
        position: (usize, usize),
        hazard: &Hazard,
    ) -> std::result::Result<(), Error> {
        if hazard.origin == Some(Origin::CreatedByPlan) {
            if let Some(named) = table_and_column(&hazard.subject) {
                let identity = identify(client, &named).await.map_err(|error| database_error(&error))?;
                self.replaced.insert(named, identity);
            }
            return Ok(());
        }
        let mut subjects = vec![hazard.subject.clone()];
        if *hazard.subject_before() != hazard.subject {
            subjects.push(hazard.subject_before().clone());
        }
        for subject in subjects {
            let Some((_, table)) = subject.table_name() else { continue };
            let later = LaterHazard { position, hazard: hazard.clone(), subject: subject.clone() };
            self.later.entry(table.to_lowercase()).or_default().push(later);
        }
        Ok(())
    }

    /// Before a statement in a transaction: locks the objects of its hazards, and those of later hazards that it mentions,
    /// and fails if one of them is no longer empty. They then remain empty until the transaction ends.
    pub async fn check_in_transaction(
        &self,
        sessions: Sessions<'_>,
        policy: &ApprovalPolicy,
        request: &GateRequest<'_>,
    ) -> Result<()> {
        if policy.blank {
            return Ok(());
        }
        self.protect_later(sessions, request).await?;
        for hazard in request.hazards.iter().filter(|hazard| is_unapproved(policy, hazard)) {
            if !self.is_created(sessions.client, hazard).await {
                self.expect_empty(sessions, hazard, &hazard.subject, None).await?;
            }
        }
        self.expect_no_new_cascade(sessions, policy, request).await
    }

    /// Before a statement outside a transaction: fails if an object of its hazards is no longer empty. Without a transaction
    /// no lock can be held until the statement runs, so the objects are only counted immediately before it.
    pub async fn check_outside_transaction(
        &self,
        sessions: Sessions<'_>,
        policy: &ApprovalPolicy,
        request: &GateRequest<'_>,
    ) -> Result<()> {
        if policy.blank {
            return Ok(());
        }
        let observer = sessions.observer;
        for hazard in request.hazards.iter().filter(|hazard| is_unapproved(policy, hazard)) {
            if self.is_created(observer, hazard).await {
                continue;
            }
            let committed = self.committed_transactions();
            let found = preflight::count_now(observer, &hazard.subject, &committed).await;
            if let Some(found) = found.filter(|found| found.values > 0) {
                return Err(no_longer_empty(hazard, found.values).into());
            }
        }
        Ok(())
    }

    /// Locks and counts the tables of later hazards that a statement mentions.
    async fn protect_later(&self, sessions: Sessions<'_>, request: &GateRequest<'_>) -> Result<()> {
        let (false, Some(position)) = (self.later.is_empty(), request.position) else { return Ok(()) };
        for word in request.statement.words() {
            for later in self.later.get(word).into_iter().flatten().filter(|later| later.position > position) {
                self.expect_empty(sessions, &later.hazard, &later.subject, Some("SHARE ROW EXCLUSIVE")).await?;
            }
        }
        Ok(())
    }

    /// Locks a table, counts it again, and fails if it is no longer empty. `mode`: the lock mode; `None`: the mode that the
    /// statement itself needs.
    async fn expect_empty(
        &self,
        sessions: Sessions<'_>,
        hazard: &Hazard,
        subject: &Subject,
        mode: Option<&str>,
    ) -> Result<()> {
        let Some(table) = preflight::table_of(subject) else { return Ok(()) };
        let client = sessions.client;
        let column = if let Subject::Column { column, .. } = subject { Some(column) } else { None };
        let kind = "SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1) AND ($2::text IS NULL
            OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped))";
        let Some(kind) =
            client.query_opt(&qualify_names(kind), &[&table, &column]).await?.map(|row| row.get::<_, String>(0))
        else {
            return Ok(());
        };
        // DELETE and UPDATE do not block readers of the table.
        let mode = mode.unwrap_or(if subject.has_condition() { "SHARE ROW EXCLUSIVE" } else { "ACCESS EXCLUSIVE" });
        // A materialized view cannot be locked. Its rows change only when it is refreshed.
        let lock = if kind == "m" { String::new() } else { format!("LOCK TABLE {table} IN {mode} MODE; ") };
        client.batch_execute(&(lock + "SET LOCAL row_security = off")).await?;
        // Only relations that store rows have xmin.
        let is_stored = ["r", "p", "m"].contains(&kind.as_str());
        let own = if is_stored { self.own_transactions(sessions).await? } else { OwnTransactions::default() };
        let found = preflight::count_in_transaction(client, subject, &own).await?;
        client.batch_execute("SET LOCAL row_security TO DEFAULT").await?;
        match found {
            Some(found) if found.values > 0 => Err(no_longer_empty(hazard, found.values).into()),
            _ => Ok(()),
        }
    }

    /// If a statement needed no approval, fails if an object that its CASCADE would drop now is not empty.
    async fn expect_no_new_cascade(
        &self,
        sessions: Sessions<'_>,
        policy: &ApprovalPolicy,
        request: &GateRequest<'_>,
    ) -> Result<()> {
        let mut losses = request.hazards.iter().filter(|hazard| hazard.class == Class::DataLoss);
        if !policy.confirm.contains(&Class::DataLoss) || !losses.all(Hazard::affects_nothing) {
            return Ok(());
        }
        let client = sessions.client;
        for hazard in preflight::cascades(client, request.statement, request.hazards).await {
            let own = self.own_transactions(sessions).await?;
            let found = preflight::count_in_transaction(client, &hazard.subject, &own).await?;
            if found.is_none_or(|found| found.values > 0) {
                return Err(new_cascade(&hazard).into());
            }
        }
        Ok(())
    }

    /// Whether the run has created the object as planned: when the run started, its name referred to another object or to
    /// none.
    async fn is_created(&self, client: &Client, hazard: &Hazard) -> bool {
        let is_planned = hazard.origin == Some(Origin::CreatedByPlan);
        let Some(named) = table_and_column(&hazard.subject).filter(|_| is_planned) else { return false };
        let Some(before) = self.replaced.get(&named) else { return false };
        identify(client, &named).await.is_ok_and(|now| now != *before)
    }

    /// The transactions of the run, including the current one.
    pub async fn own_transactions(&self, sessions: Sessions<'_>) -> Result<OwnTransactions> {
        let current = OwnTransactions::current(sessions.client, sessions.observer).await?;
        Ok(current.after(self.committed_transactions()))
    }

    /// As [`super::Gate::begin`].
    pub fn begin(&self) {
        self.with_transactions(|transactions| transactions.with_current = None);
    }

    /// As [`super::Gate::before_commit`].
    pub async fn before_commit(&self, sessions: Sessions<'_>) -> Result<()> {
        if !self.later.is_empty() {
            let own = self.own_transactions(sessions).await?;
            self.with_transactions(|transactions| transactions.with_current = Some(own));
        }
        Ok(())
    }

    /// As [`super::Gate::committed`].
    pub fn committed(&self) {
        self.with_transactions(|transactions| {
            if let Some(mut own) = transactions.with_current.take() {
                own.commit();
                transactions.committed = own;
            }
        });
    }

    fn committed_transactions(&self) -> OwnTransactions {
        self.with_transactions(|transactions| transactions.committed.clone())
    }

    fn with_transactions<T>(&self, change: impl FnOnce(&mut RunTransactions) -> T) -> T {
        change(&mut self.transactions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// After a DELETE whose condition matched no rows when it was counted: fails if it has deleted rows.
pub(super) fn expect_no_deleted_rows(
    policy: &ApprovalPolicy,
    request: &GateRequest<'_>,
    rows: Option<u64>,
) -> Result<()> {
    let deletes_rows = |hazard: &&Hazard| {
        matches!(hazard.subject, Subject::Rows { question: Question::Affected { column: None, .. }, .. })
    };
    // If the database was blank, the plan itself added the rows.
    let mut unapproved = request.hazards.iter().filter(|hazard| is_unapproved(policy, hazard) && !policy.blank);
    match (unapproved.find(deletes_rows), rows) {
        (Some(hazard), Some(rows)) if rows > 0 => Err(no_longer_empty(hazard, rows).into()),
        _ => Ok(()),
    }
}

/// Whether a hazard of a class that needs approval was not approved, because it was counted as affecting nothing.
fn is_unapproved(policy: &ApprovalPolicy, hazard: &Hazard) -> bool {
    hazard.affects_nothing() && policy.confirm.contains(&hazard.class)
}

fn table_and_column(subject: &Subject) -> Option<TableAndColumn> {
    let column = if let Subject::Column { column, .. } = subject { Some(column.clone()) } else { None };
    Some((preflight::table_of(subject)?, column))
}

async fn identify(
    client: &Client,
    (table, column): &TableAndColumn,
) -> std::result::Result<CatalogIds, tokio_postgres::Error> {
    let query = "SELECT to_regclass($1)::oid, (SELECT attnum FROM pg_attribute
        WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped)";
    let row = client.query_one(&qualify_names(query), &[table, column]).await?;
    Ok((row.get(0), row.get(1)))
}

/// The error for an object that was empty when the plan was made, and now contains data.
fn no_longer_empty(hazard: &Hazard, values: u64) -> Error {
    let object = &hazard.object;
    let message = match &hazard.subject {
        Subject::Rows { question: question @ Question::Affected { .. }, .. } => {
            let affected = plural(values, question.noun());
            format!("the condition matched nothing in {object} when the plan was made, and now matches {affected}")
        }
        subject => {
            let noun = if matches!(subject, Subject::Table { .. }) { "row" } else { "value" };
            format!("{object} was empty when the plan was made, and now contains {}", plural(values, noun))
        }
    };
    Error::new(message).because("the loss of this data was not approved").hint("make a new plan, review it and run it")
}

fn new_cascade(hazard: &Hazard) -> Error {
    Error::new(format!("{} would now be {}", hazard.object, hazard.title))
        .because("the plan did not contain this, so it was not approved")
        .hint("make a new plan, review it and run it; if the script itself creates the object, drop it by name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::graph::{Direction, RevisionId};
    use crate::core::hazard::{Class, Evidence, examine_one};
    use crate::core::statement::analyse_one;

    #[test]
    fn a_delete_that_was_counted_as_empty_must_delete_nothing() {
        let revision = RevisionId::parse("a").unwrap();
        for (sql, counted, affected, blank, passes) in [
            ("DELETE FROM t WHERE a > 1", 0, Some(0), false, true),
            ("DELETE FROM t WHERE a > 1", 0, Some(2), false, false),
            ("DELETE FROM t WHERE a > 1", 0, None, false, true),
            ("DELETE FROM t WHERE a > 1", 0, Some(2), true, true),
            ("DELETE FROM t WHERE a > 1", 2, Some(3), false, true),
            ("UPDATE t SET b = 1 WHERE a > 1", 0, Some(2), false, true),
            ("INSERT INTO t VALUES (1)", 0, Some(1), false, true),
        ] {
            let policy = ApprovalPolicy { confirm: vec![Class::DataLoss], granted: Vec::new(), blank };
            let mut hazards = examine_one(sql);
            for hazard in &mut hazards {
                hazard.evidence = Some(Evidence::counted(9, counted, 0.0));
            }
            let request = GateRequest {
                revision: &revision,
                direction: Direction::Upgrade,
                entry: None,
                position: None,
                in_transaction: true,
                statement: &analyse_one(sql),
                hazards: &hazards,
            };
            let result = expect_no_deleted_rows(&policy, &request, affected);
            assert_eq!(result.is_ok(), passes, "{sql} {counted} {affected:?} {blank}");
        }
    }
}
