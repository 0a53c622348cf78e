//! Runs Python scripts on the target: one pass of the project's Alembic, whose statements go through the gate.

mod failure;
mod observer;
mod side;
mod statement;
mod step;

use std::time::Duration;

use super::failure::Stop;
use super::run::Run;
use super::transaction::{MAX_ATTEMPTS, retry_pause};
use super::{Progress, StepOutcome};
use crate::core::plan::TransactionMode;
use crate::engine::Result;
use crate::engine::connection::Session;
use crate::engine::script_process::{PassRequest, PassSessions, ScriptProcess, new_token, run_pass};
pub(super) use failure::{PassFailure, describe_pass_end};
use observer::ScriptObserver;
use side::SideObserver;

impl Run<'_> {
    /// Runs all steps. After a conflict with another session, the step that was rolled back and those after it are run again.
    pub(super) async fn run_python(&self, process: &mut ScriptProcess) -> Result<Vec<StepOutcome>> {
        let mut outcomes = Vec::new();
        let mut attempt = 1;
        loop {
            let first = outcomes.len();
            let used = self.gate.bytes_used();
            let request = PassRequest {
                steps: self.plan.steps[first..].iter().map(|step| (step.direction, step.revision.clone())).collect(),
                token: new_token()?,
                allows_unseen: self.target.scripts().allows_unseen(),
                unsaved: self.options.unsaved.clone(),
            };
            let observer = ScriptObserver::new(self, first, &request.token, process.position());
            let reason = self.run_one_pass(process, &request, &observer).await;
            let _ = self.worker.client().batch_execute("ROLLBACK").await;
            let (done, failure) = observer.into_result(reason);
            outcomes.extend(done);
            let Some(failure) = failure else { return Ok(outcomes) };
            if let Stop::Conflict(conflict, _) = failure.reason
                && failure.committed == 0
                && attempt < MAX_ATTEMPTS
                && !self.options.no_wait
                && !self.cancel.is_cancelled()
            {
                (self.report)(Progress::StepRetried { step: failure.step, attempt, conflict });
                self.end_entries(&failure).await;
                self.wait_to_retry(retry_pause(attempt)).await;
                self.gate.reset_bytes_used(used);
                attempt += 1;
                // Alembic has left the session as it was when it failed.
                let _ = self.worker.client().batch_execute(&self.settings).await;
                continue;
            }
            return Err(self.fail_python(failure).await);
        }
    }

    async fn run_one_pass(
        &self,
        process: &mut ScriptProcess,
        request: &PassRequest,
        observer: &ScriptObserver<'_>,
    ) -> Option<Stop> {
        let command = process.command().to_owned();
        let side = SideObserver { run: self, main: observer };
        let open = || {
            let opened: std::pin::Pin<Box<dyn Future<Output = Result<Session>> + Send + '_>> =
                Box::pin(self.target.connect("limbeck migrate"));
            opened
        };
        let report = |line: crate::engine::script_process::OutputLine| {
            // limbeck reports the steps itself.
            if !line.is_alembic_log() {
                (self.report)(Progress::Output { text: line.text });
            }
        };
        let sessions = PassSessions { main: (&self.worker, observer), open: &open, side: &side };
        let end = Box::pin(run_pass(process, request, &sessions, &report, self.cancel)).await;
        self.reason_of(end, observer, &command)
    }

    /// Whether a step commits when it ends.
    fn commits_after(&self, step: usize) -> bool {
        self.plan.mode == TransactionMode::Each || step + 1 == self.plan.steps.len()
    }

    async fn wait_to_retry(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.cancel.cancelled() => {}
        }
    }
}
