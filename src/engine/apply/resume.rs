//! Continues a step outside a transaction where an earlier run of it stopped.

use super::failure::{Stop, stop};
use super::run::Run;
use super::trace::Verdict;
use super::{Progress, Resume};
use crate::core::plan::{PlannedStatement, Step};
use crate::core::statement::{Action, Statement};
use crate::engine::Error;
use crate::engine::connection::database_error;

impl Run<'_> {
    /// Returns how many statements of a step need not run again. Removes an invalid index that the interrupted statement
    /// left, and sets the session parameters that the completed statements had set.
    ///
    /// # Errors
    /// If it is unknown whether the statement that was running took effect.
    pub(super) async fn resume(&self, index: usize, step: &Step) -> Result<usize, Stop> {
        let Some(cursor) = self.ledger.cursor(self.guard.client(), step).await? else { return Ok(0) };
        let finished = cursor.finished.min(step.statements.len());
        self.repeat_settings(&step.statements[..finished]).await?;
        let Some(statement) = step.statements.get(finished).filter(|_| cursor.begun > finished) else {
            return Ok(finished);
        };
        if self.options.resume == Some(Resume::After) {
            return Ok(finished + 1);
        }
        match self.find_trace(statement).await? {
            Verdict::InvalidIndexes(names) => {
                self.drop_invalid(index, &names).await?;
                Ok(finished)
            }
            Verdict::PendingDetach(finalize) => {
                let message = format!("an interrupted run has started to detach a partition; runs {finalize}");
                (self.report)(Progress::Notice { severity: "note".into(), message });
                self.run_concurrent(index, &finalize).await?;
                Ok(finished + 1)
            }
            _ if self.options.resume == Some(Resume::Again) => Ok(finished),
            Verdict::Done => Ok(finished + 1),
            Verdict::NotDone => Ok(finished),
            Verdict::Unknown => Err(Stop::Failed(unknown_effect(step, statement).hint(
                "check whether the statement took effect; if it did, run again with `--resume after`, otherwise with \
                 `--resume again`",
            ))),
        }
    }

    /// Drops invalid indexes that an interrupted run of this step left.
    async fn drop_invalid(&self, index: usize, names: &[String]) -> Result<(), Stop> {
        for name in names {
            let message = format!("drops the invalid index {name}, which an interrupted run left, and builds it again");
            (self.report)(Progress::Notice { severity: "note".into(), message });
            self.run_concurrent(index, &format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")).await?;
        }
        Ok(())
    }

    /// Runs a statement of limbeck's own that waits for older transactions (`CONCURRENTLY`).
    async fn run_concurrent(&self, index: usize, sql: &str) -> Result<(), Stop> {
        let timeouts = self.begin_concurrent_timeouts().await?;
        let ran = self.watched(index, self.worker.client().batch_execute(sql)).await.map_err(|error| {
            let reason = stop(&error, &self.plan.steps[index], None, self.cancel.is_cancelled());
            self.explain_concurrent_timeout(&error, reason)
        });
        let restored = self.end_concurrent_timeouts(timeouts).await;
        ran.and(restored)
    }

    /// Runs the statements again that only change parameters of the session.
    pub(super) async fn repeat_settings(&self, completed: &[PlannedStatement]) -> Result<(), Stop> {
        for planned in completed.iter().filter(|planned| changes_session(&planned.statement)) {
            let ran = self.worker.client().batch_execute(planned.sql()).await;
            ran.map_err(|error| Stop::from(database_error(&error)))?;
        }
        Ok(())
    }
}

/// Whether a statement changes nothing but parameters of the session.
fn changes_session(statement: &Statement) -> bool {
    let sets = |action: &Action| matches!(action, Action::SetParameter { .. } | Action::ResetSession);
    let only_sets = !statement.actions.is_empty() && statement.actions.iter().all(sets);
    statement.command.is_one_of(&["set", "reset"])
        || (statement.command.first() == "select"
            && only_sets
            && statement.calls.iter().all(|call| call.name == "set_config"))
}

fn unknown_effect(step: &Step, statement: &PlannedStatement) -> Error {
    let mut error = Error::new(format!(
        "an earlier run of revision {} crashed during the statement on line {}; limbeck cannot find out whether it took effect",
        step.revision, statement.line
    ));
    error.revision = Some(step.revision.to_string());
    error.line = Some(statement.line);
    error.excerpt = Some(format!("{} | {}", statement.line, statement.sql().lines().next().unwrap_or_default()));
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::plan::fixtures::plan;

    #[test]
    fn only_statements_about_the_session_are_repeated() {
        for (sql, expected) in [
            ("SET search_path = s", true),
            ("SET ROLE r", true),
            ("RESET ALL", true),
            ("SELECT set_config('search_path', 's', false)", true),
            ("SELECT pg_catalog.set_config('search_path', 's', false)", true),
            ("SELECT set_config('a.b', nextval('q')::text, false)", false),
            ("SELECT 1", false),
            ("INSERT INTO t VALUES (1)", false),
            ("VACUUM t", false),
        ] {
            assert_eq!(changes_session(&plan(&[sql]).steps[0].statements[0].statement), expected, "{sql}");
        }
    }
}
