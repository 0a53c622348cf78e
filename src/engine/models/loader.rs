//! Loads the models into an empty database: each text in one go where that does it, else statement by statement and
//! over again for as long as something more comes of it, so that they may stand in any order.

use tokio_util::sync::CancellationToken;

use super::failed_statement::{self, FailedStatement, answer, explain, may_come, wants_outside};
use super::model_script::{ModelScript, first_word, is_setting};
use super::{ModelsEvent, interrupted};
use crate::core::schema::{Schema, Scope};
use crate::engine::catalog;
use crate::engine::connection::identifier::{literal, quote};
use crate::engine::connection::{Session, database_error};
use crate::engine::project::Project;
use crate::engine::{Error, Result, Target};

/// Sent before what may fail, in a transaction; by itself, since a message that cannot be parsed runs no part of itself.
const OPEN: &str = "SAVEPOINT limbeck_models";
const CLOSE: &str = "\n;RELEASE SAVEPOINT limbeck_models";
const BACK: &str = "ROLLBACK TO SAVEPOINT limbeck_models; RELEASE SAVEPOINT limbeck_models";

/// A session on the scratch database, and how it is made to begin anew for each text.
pub struct Loader<'a> {
    session: Session,
    reset: String,
    cancel: &'a CancellationToken,
}

/// How a run through all texts ended that met no failure.
enum LoadOutcome {
    Done,
    /// PostgreSQL wants no transaction around something.
    Outside,
}

/// A text that is run statement by statement, and which of them have run.
struct PendingScript<'a> {
    text: &'a ModelScript,
    done: Vec<bool>,
}

/// What one go over all that is left came to.
#[derive(Default)]
struct LoadPass<'a> {
    ran: usize,
    refused: Vec<FailedStatement<'a>>,
    made: Vec<UncheckedRoutine<'a>>,
    outside: bool,
}

/// A routine that was made without a look at its body.
struct UncheckedRoutine<'a> {
    text: &'a ModelScript,
    index: usize,
    /// SQL that looks at it.
    look: String,
}

impl<'a> Loader<'a> {
    /// Connects, as the role that migrations run as.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn open(project: &Project, scratch: &Target, cancel: &'a CancellationToken) -> Result<Self> {
        let role = project.config.apply.role.as_deref();
        let role = role.map_or_else(String::new, |role| format!("SET ROLE {}; ", quote(role)));
        // A file must not feel what the one before has set, as pg_dump's files set the search path.
        let reset = format!("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; {role}SET statement_timeout = 0; ");
        Ok(Self { session: scratch.connect("limbeck models").await?, reset, cancel })
    }

    /// Loads all of them.
    ///
    /// # Errors
    /// With the file, line and caret of the statement that failed; of kind `Interrupted` when it was cancelled.
    pub async fn load(&self, texts: &'a [ModelScript], tell: &(dyn Fn(ModelsEvent) + Send + Sync)) -> Result<()> {
        self.must("BEGIN").await?;
        if let LoadOutcome::Done = self.inside(texts, tell).await? {
            return self.must("COMMIT").await;
        }
        self.must("ROLLBACK").await?;
        self.rounds(texts.iter().map(PendingScript::new).collect(), false).await.map(drop)
    }

    /// Reads what has come of them.
    ///
    /// # Errors
    /// As [`catalog::read`]; of kind `Interrupted` when it was cancelled.
    pub async fn read(&self, scope: &Scope) -> Result<Schema> {
        self.must(&self.reset).await?;
        self.watched(catalog::read(&self.session, scope)).await?
    }

    async fn inside(
        &self,
        texts: &'a [ModelScript],
        tell: &(dyn Fn(ModelsEvent) + Send + Sync),
    ) -> Result<LoadOutcome> {
        let mut left = Vec::new();
        let open = format!("{}{OPEN}", self.reset);
        for (index, text) in texts.iter().enumerate() {
            tell(ModelsEvent::Loading { file: text.shown.clone(), number: index + 1, count: texts.len() });
            if !text.whole {
                left.push(PendingScript::new(text));
                continue;
            }
            self.must(&open).await?;
            let Err(error) = self.run(&format!("{}{CLOSE}", text.sql)).await? else { continue };
            if let Some((answer, "42601")) = answer(&error)
                && let Some(tokio_postgres::error::ErrorPosition::Original(_)) = answer.position()
            {
                return Err(failed_statement::unreadable(text, answer));
            }
            if answer(&error).is_some_and(|(_, code)| wants_outside(code)) {
                return Ok(LoadOutcome::Outside);
            }
            self.must(BACK).await?;
            left.push(PendingScript::new(text));
        }
        self.rounds(left, true).await
    }

    /// Runs what is left until nothing is.
    async fn rounds(&self, mut left: Vec<PendingScript<'a>>, inside: bool) -> Result<LoadOutcome> {
        let mut unproved = Vec::new();
        loop {
            let pass = self.pass(&mut left, inside, true).await?;
            if pass.outside {
                return Ok(LoadOutcome::Outside);
            }
            if pass.refused.is_empty() {
                break;
            }
            if pass.ran == 0 {
                // Routines that call each other, or that their own tables call, are made unseen and looked at last.
                let unseen = self.pass(&mut left, inside, false).await?;
                if unseen.ran == 0 {
                    return failed_statement::fail(&pass.refused, &self.session.server().version);
                }
                unproved.extend(unseen.made);
            }
        }
        self.prove(&unproved).await?;
        Ok(LoadOutcome::Done)
    }

    /// Goes over all that is left once; unchecked, only over routines, whose bodies are not looked at.
    async fn pass(&self, left: &mut [PendingScript<'a>], inside: bool, checked: bool) -> Result<LoadPass<'a>> {
        let mut pass = LoadPass::default();
        for pending in left.iter_mut().filter(|pending| pending.done.contains(&false)) {
            self.must(&self.reset).await?;
            if !checked {
                self.must("SET check_function_bodies = off").await?;
            }
            let text = pending.text;
            for (index, (statement, done)) in text.statements.iter().zip(&mut pending.done).enumerate() {
                let setting = is_setting(&statement.text);
                if !setting && (*done || !(checked || makes_routine(&statement.text))) {
                    continue;
                }
                if let Err(error) = self.one(&statement.text, inside).await? {
                    let refused = FailedStatement { text, statement, error };
                    self.judge(refused, inside, &mut pass)?;
                    if pass.outside {
                        return Ok(pass);
                    }
                    continue;
                }
                if !std::mem::replace(done, true) {
                    pass.ran += 1;
                    if !checked && !setting {
                        pass.made.push(UncheckedRoutine { text, index, look: self.look().await? });
                    }
                }
            }
        }
        Ok(pass)
    }

    /// Keeps what may run later; what never will ends everything.
    fn judge(&self, refused: FailedStatement<'a>, inside: bool, pass: &mut LoadPass<'a>) -> Result<()> {
        match answer(&refused.error) {
            Some((_, code)) if wants_outside(code) && inside => pass.outside = true,
            Some((_, code)) if may_come(code) => pass.refused.push(refused),
            _ => return Err(explain(&refused, false, &self.session.server().version)),
        }
        Ok(())
    }

    /// Runs one statement; one that fails leaves nothing.
    async fn one(&self, statement: &str, inside: bool) -> Result<Result<(), tokio_postgres::Error>> {
        if !inside {
            return self.run(statement).await;
        }
        self.must(OPEN).await?;
        let result = self.run(&format!("{statement}{CLOSE}")).await?;
        if result.is_err() {
            self.must(BACK).await?;
        }
        Ok(result)
    }

    /// SQL that looks at the body of the routine that was made last, with the search path of now.
    async fn look(&self) -> Result<String> {
        let query = "SELECT p.oid, l.lanvalidator::regproc::text, l.lanvalidator <> 0, current_setting('search_path')
            FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang ORDER BY age(p.xmin) LIMIT 1";
        let asked = self.watched(self.session.client().query_one(query, &[])).await?;
        let row = asked.map_err(|error| database_error(&error))?;
        let (oid, validator, validates, path): (u32, String, bool, String) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let path = format!("SELECT set_config('search_path', {}, false)", literal(&path));
        Ok(if validates { format!("{path}; SELECT {validator}({oid})") } else { path })
    }

    async fn prove(&self, unproved: &[UncheckedRoutine<'a>]) -> Result<()> {
        for routine in unproved {
            self.must(&self.reset).await?;
            if let Err(error) = self.run(&routine.look).await?
                && let Some(statement) = routine.text.statements.get(routine.index)
            {
                let refused = FailedStatement { text: routine.text, statement, error };
                return Err(explain(&refused, false, &self.session.server().version));
            }
        }
        Ok(())
    }

    /// Runs what has to work.
    async fn must(&self, sql: &str) -> Result<()> {
        self.run(sql).await?.map_err(|error| database_error(&error))
    }

    /// Runs SQL; the inner result is the server's answer.
    async fn run(&self, sql: &str) -> Result<Result<(), tokio_postgres::Error>> {
        match self.watched(self.session.client().batch_execute(sql)).await? {
            Err(error) if error.as_db_error().is_none() => Err(self.lost(&error)),
            answered => Ok(answered),
        }
    }

    fn lost(&self, error: &tokio_postgres::Error) -> Error {
        self.session.lost().unwrap_or_else(|| database_error(error)).because("the models were being loaded")
    }

    /// Waits for work on the session; a cancel reaches the server too, and its answer is waited for.
    async fn watched<T>(&self, work: impl Future<Output = T>) -> Result<T> {
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

/// Whether a statement makes a function or procedure.
fn makes_routine(statement: &str) -> bool {
    let mut words = statement.split_whitespace().take(4);
    first_word(statement) == "create"
        && words.any(|word| word.eq_ignore_ascii_case("function") || word.eq_ignore_ascii_case("procedure"))
}
