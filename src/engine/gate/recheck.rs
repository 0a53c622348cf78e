//! What needed no approval because nothing of it was there: nothing may be there still when its statement comes. What the
//! run itself has made or written does not count, for it was not there before.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::failure::{Stop, stop};
use super::run::Run;
use crate::core::hazard::{Class, Hazard, Origin, Question, Subject};
use crate::core::plan::{Plan, PlannedStatement, Step};
use crate::engine::connection::database_error;
use crate::engine::preflight::{self, Written};
use crate::engine::{Error, Result};

/// The hazards of a plan that nobody had to approve, and what is known of them.
#[derive(Debug, Default)]
pub(super) struct Spared {
    /// Where in the plan they are, by the last part of their tables' names, in lower case.
    by_name: HashMap<String, Vec<Later>>,
    /// What stood, as the run began, under names of what the plan itself is to make.
    stood: HashMap<Named, Stood>,
    written: Mutex<Transactions>,
}

/// A hazard of a later statement, with a name that its object has on the way there.
#[derive(Debug)]
struct Later {
    step: usize,
    statement: usize,
    hazard: Hazard,
    subject: Subject,
}

/// A table as SQL, and a column.
type Named = (String, Option<String>);
/// Numbers of the table and the column.
type Stood = (Option<Oid>, Option<i16>);

/// The transactions of the run.
#[derive(Debug, Default)]
struct Transactions {
    past: Written,
    /// With the one that is about to commit.
    current: Option<Written>,
}

impl Spared {
    /// Looks through a plan.
    pub async fn of(client: &Client, plan: &Plan) -> Result<Self> {
        let mut spared = Self::default();
        if plan.blank {
            return Ok(spared);
        }
        for (step, planned) in plan.steps.iter().enumerate() {
            for (statement, planned) in planned.statements.iter().enumerate() {
                let hazards = planned.hazards.iter().filter(|hazard| is_spared(plan, hazard));
                for hazard in hazards {
                    spared.add(client, (step, statement), hazard).await?;
                }
            }
        }
        Ok(spared)
    }

    async fn add(&mut self, client: &Client, (step, statement): (usize, usize), hazard: &Hazard) -> Result<()> {
        let mut subjects = vec![hazard.subject.clone()];
        match &hazard.origin {
            Some(Origin::Made) => {
                if let Some(named) = named(&hazard.subject) {
                    let stood = standing(client, &named).await.map_err(|error| database_error(&error))?;
                    self.stood.insert(named, stood);
                }
                return Ok(());
            }
            _ if *hazard.before() != hazard.subject => subjects.push(hazard.before().clone()),
            _ => {}
        }
        for subject in subjects {
            let Some((_, table)) = subject.table() else { continue };
            let later = Later { step, statement, hazard: hazard.clone(), subject: subject.clone() };
            self.by_name.entry(table.to_lowercase()).or_default().push(later);
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// A transaction begins; one before it may have been rolled back.
    pub fn begin(&self) {
        self.transactions(|transactions| transactions.current = None);
    }

    /// What the transaction has written stands.
    pub fn committed(&self) {
        self.transactions(|transactions| {
            if let Some(mut written) = transactions.current.take() {
                written.commit();
                transactions.past = written;
            }
        });
    }

    /// The transactions of the run that have committed.
    pub fn past(&self) -> Written {
        self.transactions(|transactions| transactions.past.clone())
    }

    fn transactions<T>(&self, change: impl FnOnce(&mut Transactions) -> T) -> T {
        change(&mut self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the run has made the object, as the plan foresaw: another stood, or none, under its name.
    pub async fn is_made(&self, client: &Client, hazard: &Hazard) -> bool {
        let Some(named) = named(&hazard.subject).filter(|_| hazard.origin == Some(Origin::Made)) else { return false };
        let Some(stood) = self.stood.get(&named) else { return false };
        standing(client, &named).await.is_ok_and(|now| now != *stood)
    }
}

fn named(subject: &Subject) -> Option<Named> {
    let column = if let Subject::Column { column, .. } = subject { Some(column.clone()) } else { None };
    Some((preflight::table_of(subject)?, column))
}

async fn standing(client: &Client, (table, column): &Named) -> Result<Stood, tokio_postgres::Error> {
    let query = "SELECT to_regclass($1)::oid, (SELECT attnum FROM pg_attribute
        WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped)";
    let row = client.query_one(query, &[table, column]).await?;
    Ok((row.get(0), row.get(1)))
}

fn is_spared(plan: &Plan, hazard: &Hazard) -> bool {
    hazard.touches_nothing() && plan.confirm.contains(&hazard.class)
}

impl Run<'_> {
    /// Before a statement may touch a table of which a later one destroys what is nothing as yet: looks that it still is
    /// nothing, and keeps others from changing that while this transaction lasts.
    pub(super) async fn nothing_yet(
        &self,
        index: usize,
        number: usize,
        statement: &PlannedStatement,
    ) -> Result<(), Stop> {
        if self.spared.is_empty() {
            return Ok(());
        }
        for word in preflight::words(&statement.sql) {
            for later in self.spared.by_name.get(&word).into_iter().flatten() {
                if (later.step, later.statement) > (index, number) {
                    self.look_again(
                        index,
                        &self.plan.steps[index],
                        &later.hazard,
                        &later.subject,
                        Some("SHARE ROW EXCLUSIVE"),
                    )
                    .await?;
                }
            }
        }
        Ok(())
    }

    /// What was counted as nothing, and so needed no approval, is locked and counted again before it goes.
    pub(super) async fn still_nothing(
        &self,
        index: usize,
        step: &Step,
        hazard: &Hazard,
        subject: &Subject,
    ) -> Result<(), Stop> {
        if !is_spared(self.plan, hazard) || self.spared.is_made(self.worker.client(), hazard).await {
            return Ok(());
        }
        self.look_again(index, step, hazard, subject, None).await
    }

    async fn look_again(
        &self,
        index: usize,
        step: &Step,
        hazard: &Hazard,
        subject: &Subject,
        mode: Option<&str>,
    ) -> Result<(), Stop> {
        let Some(table) = preflight::table_of(subject) else { return Ok(()) };
        let client = self.worker.client();
        let failed = |error: tokio_postgres::Error| stop(&error, step, None, self.cancel.is_cancelled());
        let column = if let Subject::Column { column, .. } = subject { Some(column) } else { None };
        let kind = "SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1) AND ($2::text IS NULL
            OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped))";
        let kind = client.query_opt(kind, &[&table, &column]).await.map_err(failed)?.map(|row| row.get::<_, String>(0));
        // In a database that was blank the plan itself has made what it now drops.
        let (Some(kind), false) = (kind, self.plan.blank) else { return Ok(()) };
        // Rows go while the table stays: its readers need not wait.
        let takes_rows = matches!(subject, Subject::Rows { question: Question::Taken { .. }, .. });
        let mode = mode.unwrap_or(if takes_rows { "SHARE ROW EXCLUSIVE" } else { "ACCESS EXCLUSIVE" });
        // A materialized view cannot be locked; its rows only change when it is refreshed.
        let lock = if kind == "m" { String::new() } else { format!("LOCK TABLE {table} IN {mode} MODE; ") };
        let lock = lock + "SET LOCAL row_security = off";
        self.watched(index, client.batch_execute(&lock)).await.map_err(failed)?;
        // Only what is stored here tells who wrote it.
        let written =
            if ["r", "p", "m"].contains(&kind.as_str()) { self.written(step).await? } else { Written::default() };
        let found = preflight::exactly(client, subject, &written).await.map_err(failed)?;
        client.batch_execute("SET LOCAL row_security TO DEFAULT").await.map_err(failed)?;
        match found {
            Some(found) if found.values > 0 => Err(Stop::Failed(no_longer_nothing(hazard, found.values))),
            _ => Ok(()),
        }
    }

    /// A DELETE that was to take no row has taken none.
    pub(super) fn nothing_taken(&self, statement: &PlannedStatement, rows: Option<u64>) -> Result<(), Stop> {
        let takes_rows = |hazard: &&Hazard| {
            matches!(hazard.subject, Subject::Rows { question: Question::Taken { column: None, .. }, .. })
        };
        // In a database that was blank the plan itself has put the rows there.
        let mut spared = statement.hazards.iter().filter(|hazard| is_spared(self.plan, hazard) && !self.plan.blank);
        match (spared.find(takes_rows), rows) {
            (Some(hazard), Some(rows)) if rows > 0 => Err(Stop::Failed(no_longer_nothing(hazard, rows))),
            _ => Ok(()),
        }
    }

    /// Where nobody had to approve a statement, what CASCADE takes along by now has to be empty, too.
    pub(super) async fn nothing_more(&self, step: &Step, statement: &PlannedStatement) -> Result<(), Stop> {
        let mut losses = statement.hazards.iter().filter(|hazard| hazard.class == Class::DataLoss);
        if self.plan.blank || !self.plan.confirm.contains(&Class::DataLoss) || !losses.all(Hazard::touches_nothing) {
            return Ok(());
        }
        let client = self.worker.client();
        for hazard in preflight::along(client, &statement.sql, &statement.hazards).await {
            let written = self.written(step).await?;
            let found = preflight::exactly(client, &hazard.subject, &written).await;
            let found = found.map_err(|error| stop(&error, step, None, self.cancel.is_cancelled()))?;
            if found.is_none_or(|found| found.values > 0) {
                return Err(Stop::Failed(goes_along(&hazard)));
            }
        }
        Ok(())
    }

    /// The transactions of the run, the one at hand among them.
    async fn written(&self, step: &Step) -> Result<Written, Stop> {
        let here = Written::here(self.worker.client(), self.guard.client()).await;
        let here = here.map_err(|error| stop(&error, step, None, self.cancel.is_cancelled()))?;
        Ok(here.after(self.spared.past()))
    }

    /// Remembers the transaction at hand, where later ones may have to know what it wrote.
    pub(super) async fn note_transaction(&self, step: &Step) -> Result<(), Stop> {
        if !self.spared.is_empty() {
            let written = self.written(step).await?;
            self.spared.transactions(|transactions| transactions.current = Some(written));
        }
        Ok(())
    }
}

/// What needed no approval when the plan was made would need one now.
pub(super) fn no_longer_nothing(hazard: &Hazard, values: u64) -> Error {
    let object = &hazard.object;
    let many = |word: &str| if values == 1 { format!("1 {word}") } else { format!("{values} {word}s") };
    let message = match &hazard.subject {
        Subject::Rows { question: question @ Question::Taken { .. }, .. } => {
            format!(
                "the condition took nothing of {object} when the plan was made and now takes {}",
                many(question.noun())
            )
        }
        _ => format!("{object} was empty when the plan was made and now holds {}", many("value")),
    };
    Error::new(message).because("what would be lost has to be approved").hint("look at the new plan and start again")
}

fn goes_along(hazard: &Hazard) -> Error {
    Error::new(format!("{} would go along by CASCADE, and did not when the plan was made", hazard.object))
        .because("what would be lost has to be approved")
        .hint("look at the new plan and start again; what the script itself makes is better dropped by name")
}
