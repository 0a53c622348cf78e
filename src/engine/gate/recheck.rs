//! Re-checks that objects which were counted as empty are still empty. They needed no approval, so nothing of them may be
//! lost. What the run itself created or wrote does not count.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::{Call, Policy, Result, Sessions};
use crate::core::hazard::{Class, Hazard, Origin};
use crate::core::plan::Plan;
use crate::core::statement::{Question, Subject};
use crate::core::text::plural;
use crate::engine::Error;
use crate::engine::connection::database_error;
use crate::engine::preflight::{self, Written};

/// The hazards that needed no approval, and what is known about them.
#[derive(Debug, Default)]
pub(super) struct Recheck {
    /// Hazards of later statements, by the name of their table in lower case.
    later: HashMap<String, Vec<LaterHazard>>,
    /// The objects that had the names of objects which the plan creates, when the run started.
    replaced: HashMap<TableAndColumn, Identity>,
    transactions: Mutex<RunTransactions>,
}

/// A hazard of a later statement, with a name that its object has until then.
#[derive(Debug)]
struct LaterHazard {
    position: (usize, usize),
    hazard: Hazard,
    subject: Subject,
}

/// A table as SQL, and a column.
type TableAndColumn = (String, Option<String>);
/// The numbers of a table and of a column in the catalog.
type Identity = (Option<Oid>, Option<i16>);

/// The transactions of the run.
#[derive(Debug, Default)]
struct RunTransactions {
    committed: Written,
    /// All of them, including the one that is about to commit.
    with_current: Option<Written>,
}

impl Recheck {
    /// Reads the hazards of a plan.
    pub async fn of(client: &Client, plan: &Plan, policy: &Policy) -> std::result::Result<Self, Error> {
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

    /// Before a statement in a transaction: objects of its hazards, and of later ones that it may touch, are still empty,
    /// and stay empty until the transaction ends.
    pub async fn in_transaction(&self, sessions: Sessions<'_>, policy: &Policy, call: &Call<'_>) -> Result<()> {
        if policy.blank {
            return Ok(());
        }
        self.protect_later(sessions, call).await?;
        for hazard in call.hazards.iter().filter(|hazard| is_unapproved(policy, hazard)) {
            if !self.is_created(sessions.client, hazard).await {
                self.expect_empty(sessions, hazard, &hazard.subject, None).await?;
            }
        }
        self.expect_no_new_cascade(sessions, policy, call).await
    }

    /// Before a statement outside a transaction. No lock lasts until the statement runs, so that a count just before it is
    /// the best that is possible.
    pub async fn outside(&self, sessions: Sessions<'_>, policy: &Policy, call: &Call<'_>) -> Result<()> {
        if policy.blank {
            return Ok(());
        }
        let observer = sessions.observer;
        for hazard in call.hazards.iter().filter(|hazard| is_unapproved(policy, hazard)) {
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

    /// Locks the tables of later hazards that a statement mentions.
    async fn protect_later(&self, sessions: Sessions<'_>, call: &Call<'_>) -> Result<()> {
        let (false, Some(position)) = (self.later.is_empty(), call.position) else { return Ok(()) };
        for word in call.statement.words() {
            for later in self.later.get(word).into_iter().flatten().filter(|later| later.position > position) {
                self.expect_empty(sessions, &later.hazard, &later.subject, Some("SHARE ROW EXCLUSIVE")).await?;
            }
        }
        Ok(())
    }

    /// Locks a table and counts it again.
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
        let Some(kind) = client.query_opt(kind, &[&table, &column]).await?.map(|row| row.get::<_, String>(0)) else {
            return Ok(());
        };
        // If only rows are deleted, readers of the table need not wait.
        let mode = mode.unwrap_or(if subject.has_condition() { "SHARE ROW EXCLUSIVE" } else { "ACCESS EXCLUSIVE" });
        // A materialized view cannot be locked; its rows change only when it is refreshed.
        let lock = if kind == "m" { String::new() } else { format!("LOCK TABLE {table} IN {mode} MODE; ") };
        client.batch_execute(&(lock + "SET LOCAL row_security = off")).await?;
        // Only rows that are stored here show who wrote them.
        let is_stored = ["r", "p", "m"].contains(&kind.as_str());
        let written = if is_stored { self.written(sessions).await? } else { Written::default() };
        let found = preflight::count_in_transaction(client, subject, &written).await?;
        client.batch_execute("SET LOCAL row_security TO DEFAULT").await?;
        match found {
            Some(found) if found.values > 0 => Err(no_longer_empty(hazard, found.values).into()),
            _ => Ok(()),
        }
    }

    /// If nobody had to approve a statement, what its CASCADE would drop now must be empty as well.
    async fn expect_no_new_cascade(&self, sessions: Sessions<'_>, policy: &Policy, call: &Call<'_>) -> Result<()> {
        let mut losses = call.hazards.iter().filter(|hazard| hazard.class == Class::DataLoss);
        if !policy.confirm.contains(&Class::DataLoss) || !losses.all(Hazard::affects_nothing) {
            return Ok(());
        }
        let client = sessions.client;
        for hazard in preflight::cascades(client, call.statement, call.hazards).await {
            let written = self.written(sessions).await?;
            let found = preflight::count_in_transaction(client, &hazard.subject, &written).await?;
            if found.is_none_or(|found| found.values > 0) {
                return Err(new_cascade(&hazard).into());
            }
        }
        Ok(())
    }

    /// Whether the run has created the object, as planned: when the run started, its name referred to another object, or
    /// to none.
    async fn is_created(&self, client: &Client, hazard: &Hazard) -> bool {
        let is_planned = hazard.origin == Some(Origin::CreatedByPlan);
        let Some(named) = table_and_column(&hazard.subject).filter(|_| is_planned) else { return false };
        let Some(before) = self.replaced.get(&named) else { return false };
        identify(client, &named).await.is_ok_and(|now| now != *before)
    }

    /// The transactions of the run, including the current one.
    pub async fn written(&self, sessions: Sessions<'_>) -> Result<Written> {
        let current = Written::current(sessions.client, sessions.observer).await?;
        Ok(current.after(self.committed_transactions()))
    }

    /// As [`super::Gate::begin`].
    pub fn begin(&self) {
        self.with_transactions(|transactions| transactions.with_current = None);
    }

    /// As [`super::Gate::before_commit`].
    pub async fn before_commit(&self, sessions: Sessions<'_>) -> Result<()> {
        if !self.later.is_empty() {
            let written = self.written(sessions).await?;
            self.with_transactions(|transactions| transactions.with_current = Some(written));
        }
        Ok(())
    }

    /// As [`super::Gate::committed`].
    pub fn committed(&self) {
        self.with_transactions(|transactions| {
            if let Some(mut written) = transactions.with_current.take() {
                written.commit();
                transactions.committed = written;
            }
        });
    }

    fn committed_transactions(&self) -> Written {
        self.with_transactions(|transactions| transactions.committed.clone())
    }

    fn with_transactions<T>(&self, change: impl FnOnce(&mut RunTransactions) -> T) -> T {
        change(&mut self.transactions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// After a DELETE whose condition matched no row when it was counted: it must not have deleted any.
pub(super) fn affected_nothing(policy: &Policy, call: &Call<'_>, rows: Option<u64>) -> Result<()> {
    let deletes_rows = |hazard: &&Hazard| {
        matches!(hazard.subject, Subject::Rows { question: Question::Affected { column: None, .. }, .. })
    };
    // If the database was blank, the plan itself has added the rows.
    let mut unapproved = call.hazards.iter().filter(|hazard| is_unapproved(policy, hazard) && !policy.blank);
    match (unapproved.find(deletes_rows), rows) {
        (Some(hazard), Some(rows)) if rows > 0 => Err(no_longer_empty(hazard, rows).into()),
        _ => Ok(()),
    }
}

/// Whether a hazard would need approval, but was counted as affecting nothing.
fn is_unapproved(policy: &Policy, hazard: &Hazard) -> bool {
    hazard.affects_nothing() && policy.confirm.contains(&hazard.class)
}

fn table_and_column(subject: &Subject) -> Option<TableAndColumn> {
    let column = if let Subject::Column { column, .. } = subject { Some(column.clone()) } else { None };
    Some((preflight::table_of(subject)?, column))
}

async fn identify(
    client: &Client,
    (table, column): &TableAndColumn,
) -> std::result::Result<Identity, tokio_postgres::Error> {
    let query = "SELECT to_regclass($1)::oid, (SELECT attnum FROM pg_attribute
        WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped)";
    let row = client.query_one(query, &[table, column]).await?;
    Ok((row.get(0), row.get(1)))
}

/// Something needed no approval when the plan was made, and would need it now.
fn no_longer_empty(hazard: &Hazard, values: u64) -> Error {
    let object = &hazard.object;
    let message = match &hazard.subject {
        Subject::Rows { question: question @ Question::Affected { .. }, .. } => {
            let affected = plural(values, question.noun());
            format!("the condition matched nothing in {object} when the plan was made, and now matches {affected}")
        }
        _ => format!("{object} was empty when the plan was made, and now contains {}", plural(values, "value")),
    };
    Error::new(message).because("this loss was not approved").hint("review the new plan and run it again")
}

fn new_cascade(hazard: &Hazard) -> Error {
    Error::new(format!("CASCADE would now also drop {}", hazard.object))
        .because("the plan did not contain this, so it was not approved")
        .hint("review the new plan and run it again; drop objects that the script creates by name")
}
