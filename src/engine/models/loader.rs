//! Loads the models into an empty database. A text is sent at once if possible. Otherwise, its statements run one by
//! one and are retried as long as more of them succeed, so their order does not matter.

use tokio_util::sync::CancellationToken;

use super::failed_statement::{self, FailedStatement, answer, explain, may_succeed_later, needs_no_transaction};
use super::model_script::ModelScript;
use super::{ModelsEvent, interrupted};
use crate::core::schema::{Schema, Scope};
use crate::core::sql::outline::{changes_setting, creates_routine};
use crate::core::sql::qualify_names;
use crate::engine::catalog;
use crate::engine::connection::identifier::{literal, quote};
use crate::engine::connection::{Session, database_error};
use crate::engine::project::Project;
use crate::engine::{Error, Result, Target};

/// Runs before a text that may fail, in a transaction. It is sent separately, because the server runs no
/// part of a message that contains a syntax error.
const SAVEPOINT: &str = "SAVEPOINT limbeck_models";
const RELEASE: &str = "\n;RELEASE SAVEPOINT limbeck_models";
const ROLLBACK_TO_SAVEPOINT: &str = "ROLLBACK TO SAVEPOINT limbeck_models; RELEASE SAVEPOINT limbeck_models";

/// A session on the scratch database, and the SQL that resets it before each text.
pub struct Loader<'a> {
    session: Session,
    reset: String,
    cancel: &'a CancellationToken,
}

/// How a run through all texts ended without a failure.
enum LoadOutcome {
    Done,
    /// A statement must run outside a transaction.
    NeedsNoTransaction,
}

/// A text whose statements run one by one, and which of them have run.
struct PendingScript<'a> {
    text: &'a ModelScript,
    done: Vec<bool>,
}

/// The result of one pass over all pending texts.
#[derive(Default)]
struct LoadPass<'a> {
    ran: usize,
    failed: Vec<FailedStatement<'a>>,
    created: Vec<UncheckedRoutine<'a>>,
    needs_no_transaction: bool,
}

/// A routine that was created without a check of its body.
struct UncheckedRoutine<'a> {
    text: &'a ModelScript,
    index: usize,
    /// SQL that checks the body.
    check: String,
}

impl<'a> Loader<'a> {
    /// Connects as the role that runs migrations.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses the connection.
    pub async fn open(project: &Project, scratch: &Target, cancel: &'a CancellationToken) -> Result<Self> {
        let role = project.config.apply.role.as_deref();
        let role = role.map_or_else(String::new, |role| format!("SET ROLE {}; ", quote(role)));
        // A file must not depend on settings of an earlier file. For example, files of pg_dump set the search path.
        let reset = format!("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; {role}SET statement_timeout = 0; ");
        Ok(Self { session: scratch.connect("limbeck models").await?, reset, cancel })
    }

    /// Loads all texts.
    ///
    /// # Errors
    /// With the file, line and position of the statement that failed; of kind `Interrupted` when it was cancelled.
    pub async fn load(
        &self,
        scripts: &'a [ModelScript],
        report_event: &(dyn Fn(ModelsEvent) + Send + Sync),
    ) -> Result<()> {
        self.execute("BEGIN").await?;
        if let LoadOutcome::Done = self.load_in_transaction(scripts, report_event).await? {
            return self.execute("COMMIT").await;
        }
        self.execute("ROLLBACK").await?;
        self.run_until_complete(scripts.iter().map(PendingScript::new).collect(), false).await.map(drop)
    }

    /// Reads the catalog after the load.
    ///
    /// # Errors
    /// As [`catalog::read`]; of kind `Interrupted` when it was cancelled.
    pub async fn read(&self, scope: &Scope) -> Result<Schema> {
        self.execute(&self.reset).await?;
        self.unless_cancelled(catalog::read(&self.session, scope)).await?
    }

    async fn load_in_transaction(
        &self,
        scripts: &'a [ModelScript],
        report_event: &(dyn Fn(ModelsEvent) + Send + Sync),
    ) -> Result<LoadOutcome> {
        let mut remaining = Vec::new();
        let open = format!("{}{SAVEPOINT}", self.reset);
        for (index, text) in scripts.iter().enumerate() {
            report_event(ModelsEvent::Loading { file: text.shown.clone(), number: index + 1, count: scripts.len() });
            if !text.whole {
                remaining.push(PendingScript::new(text));
                continue;
            }
            self.execute(&open).await?;
            let Err(error) = self.run(&format!("{}{RELEASE}", text.sql)).await? else { continue };
            if let Some((answer, "42601")) = answer(&error)
                && let Some(tokio_postgres::error::ErrorPosition::Original(_)) = answer.position()
            {
                return Err(failed_statement::syntax_error(text, answer));
            }
            if answer(&error).is_some_and(|(_, code)| needs_no_transaction(code)) {
                return Ok(LoadOutcome::NeedsNoTransaction);
            }
            self.execute(ROLLBACK_TO_SAVEPOINT).await?;
            remaining.push(PendingScript::new(text));
        }
        self.run_until_complete(remaining, true).await
    }

    /// Runs pending statements until all have run.
    async fn run_until_complete(
        &self,
        mut remaining: Vec<PendingScript<'a>>,
        in_transaction: bool,
    ) -> Result<LoadOutcome> {
        let mut unchecked = Vec::new();
        loop {
            let pass = self.pass(&mut remaining, in_transaction, true).await?;
            if pass.needs_no_transaction {
                return Ok(LoadOutcome::NeedsNoTransaction);
            }
            if pass.failed.is_empty() {
                break;
            }
            if pass.ran == 0 {
                // Routines that call each other, or that are used by their own tables, are created without a check of
                // their bodies and checked at the end.
                let unchecked_pass = self.pass(&mut remaining, in_transaction, false).await?;
                if unchecked_pass.ran == 0 {
                    return failed_statement::fail(&pass.failed, &self.session.server().version);
                }
                unchecked.extend(unchecked_pass.created);
            }
        }
        self.check_routines(&unchecked).await?;
        Ok(LoadOutcome::Done)
    }

    /// Runs all pending statements once. With `checked` false, only routines run, and their bodies are not checked.
    async fn pass(
        &self,
        remaining: &mut [PendingScript<'a>],
        in_transaction: bool,
        checked: bool,
    ) -> Result<LoadPass<'a>> {
        let mut pass = LoadPass::default();
        for pending in remaining.iter_mut().filter(|pending| pending.done.contains(&false)) {
            self.execute(&self.reset).await?;
            if !checked {
                self.execute("SET check_function_bodies = off").await?;
            }
            let text = pending.text;
            for (index, (statement, done)) in text.statements.iter().zip(&mut pending.done).enumerate() {
                let setting = changes_setting(&statement.text);
                if !setting && (*done || !(checked || creates_routine(&statement.text))) {
                    continue;
                }
                if let Err(error) = self.run_statement(&statement.text, in_transaction).await? {
                    let failed = FailedStatement { text, statement, error };
                    self.handle_failure(failed, in_transaction, &mut pass)?;
                    if pass.needs_no_transaction {
                        return Ok(pass);
                    }
                    continue;
                }
                if !std::mem::replace(done, true) {
                    pass.ran += 1;
                    if !checked && !setting {
                        pass.created.push(UncheckedRoutine { text, index, check: self.body_check_sql().await? });
                    }
                }
            }
        }
        Ok(pass)
    }

    /// Keeps a statement that may succeed later. Returns the error of any other failure.
    fn handle_failure(&self, failed: FailedStatement<'a>, in_transaction: bool, pass: &mut LoadPass<'a>) -> Result<()> {
        match answer(&failed.error) {
            Some((_, code)) if needs_no_transaction(code) && in_transaction => pass.needs_no_transaction = true,
            Some((_, code)) if may_succeed_later(code) => pass.failed.push(failed),
            _ => return Err(explain(&failed, false, &self.session.server().version)),
        }
        Ok(())
    }

    /// Runs one statement. A failed statement leaves no changes.
    async fn run_statement(&self, statement: &str, in_transaction: bool) -> Result<Result<(), tokio_postgres::Error>> {
        if !in_transaction {
            return self.run(statement).await;
        }
        self.execute(SAVEPOINT).await?;
        let result = self.run(&format!("{statement}{RELEASE}")).await?;
        if result.is_err() {
            self.execute(ROLLBACK_TO_SAVEPOINT).await?;
        }
        Ok(result)
    }

    /// Returns SQL that checks the body of the routine that was created last, with the current search path.
    async fn body_check_sql(&self) -> Result<String> {
        let query =
            "SELECT p.oid, format('%I.%I', n.nspname, v.proname), v.oid IS NOT NULL, current_setting('search_path')
            FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang LEFT JOIN pg_proc v ON v.oid = l.lanvalidator
            LEFT JOIN pg_namespace n ON n.oid = v.pronamespace ORDER BY age(p.xmin) LIMIT 1";
        let result = self.unless_cancelled(self.session.client().query_one(&qualify_names(query), &[])).await?;
        let row = result.map_err(|error| database_error(&error))?;
        let (oid, validator, validates, path): (u32, String, bool, String) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let path = format!("SELECT pg_catalog.set_config('search_path', {}, false)", literal(&path));
        Ok(if validates { format!("{path}; SELECT {validator}({oid}::pg_catalog.oid)") } else { path })
    }

    async fn check_routines(&self, unchecked: &[UncheckedRoutine<'a>]) -> Result<()> {
        for routine in unchecked {
            self.execute(&self.reset).await?;
            if let Err(error) = self.run(&routine.check).await?
                && let Some(statement) = routine.text.statements.get(routine.index)
            {
                let failed = FailedStatement { text: routine.text, statement, error };
                return Err(explain(&failed, false, &self.session.server().version));
            }
        }
        Ok(())
    }

    /// Runs SQL that must succeed.
    async fn execute(&self, sql: &str) -> Result<()> {
        self.run(sql).await?.map_err(|error| database_error(&error))
    }

    /// Runs SQL. The inner result is the server's answer.
    async fn run(&self, sql: &str) -> Result<Result<(), tokio_postgres::Error>> {
        match self.unless_cancelled(self.session.client().batch_execute(sql)).await? {
            Err(error) if error.as_db_error().is_none() => Err(self.lost(&error)),
            answered => Ok(answered),
        }
    }

    fn lost(&self, error: &tokio_postgres::Error) -> Error {
        self.session.lost().unwrap_or_else(|| database_error(error)).because("while the models were loaded")
    }

    /// Waits for an operation of the session. On cancellation it cancels the statement on the server and waits for its
    /// answer.
    async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        if self.cancel.is_cancelled() {
            return Err(interrupted());
        }
        let mut work = std::pin::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => Ok(done),
            () = self.cancel.cancelled() => {
                let _ = self.session.canceller().cancel().await;
                let _ = work.await;
                Err(interrupted())
            }
        }
    }
}

impl<'a> PendingScript<'a> {
    fn new(text: &'a ModelScript) -> Self {
        Self { text, done: vec![false; text.statements.len()] }
    }
}
