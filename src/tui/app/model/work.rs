//! Starting and cancelling background work, and the preconditions of commands.

use std::borrow::Cow;
use std::sync::Arc;

use super::action::Precondition;
use super::{Connection, Model};
use crate::engine::ErrorKind;
use crate::engine::project::ScriptTree;
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::job::{Cancelled, JobSpec, OnCancel};

impl Model {
    /// Starts a job. The caller has checked that none runs.
    pub(crate) fn start_job(&mut self, spec: JobSpec, task: Task) -> Vec<Effect> {
        vec![Effect::Run(self.jobs.start(spec, self.now), task)]
    }

    /// Starts a read, which replaces an open read of the same name.
    pub(crate) fn start_read(&mut self, name: &'static str, task: Task) -> Effect {
        Effect::Run(self.jobs.start_read(name), task)
    }

    /// Cancels the running job. A second request quits when the job has ended, a third one at
    /// once.
    pub(crate) fn cancel_job(&mut self) -> Vec<Effect> {
        let cancelled = self.jobs.cancel();
        match cancelled {
            Cancelled::Abandoned => self.notify("planning was cancelled"),
            Cancelled::WillQuit(_) => {
                self.notify("limbeck quits when the job has ended; press ^c again to quit without waiting");
            }
            Cancelled::Requested | Cancelled::NoJob | Cancelled::LeftRunning => {}
        }
        match cancelled {
            Cancelled::WillQuit(_) | Cancelled::NoJob => Vec::new(),
            Cancelled::LeftRunning => vec![Effect::Quit],
            Cancelled::Requested | Cancelled::Abandoned => vec![Effect::Cancel],
        }
    }

    /// Whether Esc cancels the running job.
    pub(crate) fn can_abandon_job(&self) -> bool {
        self.jobs.running().is_some_and(|job| job.spec.on_cancel == OnCancel::Abandon)
    }

    /// Checks that no job runs.
    pub(crate) fn require_idle(&self) -> Precondition {
        match self.jobs.running() {
            None => Ok(()),
            Some(job) => Err(format!("wait until this job has ended: {}", job.spec.doing).into()),
        }
    }

    /// Checks that the UI may write and that no job runs.
    pub(crate) fn require_writable(&self) -> Precondition {
        if self.read_only {
            return Err("limbeck was started with --read-only".into());
        }
        self.require_idle()
    }

    /// Checks that the database can be reached.
    pub(crate) fn require_connected(&self) -> Precondition {
        match &self.server.connection {
            Connection::Connected => Ok(()),
            Connection::Connecting => Err("the server has not answered yet".into()),
            Connection::Unreachable(error) if error.kind == ErrorKind::Connection => {
                Err("the server cannot be reached".into())
            }
            Connection::Unreachable(_) => Err("limbeck is not connected to a database".into()),
            Connection::NoDatabase(_) => Err("there is no database".into()),
        }
    }

    /// Checks that the scripts are loaded.
    pub(crate) fn require_tree(&self) -> Result<Arc<ScriptTree>, Cow<'static, str>> {
        self.tree.clone().ok_or_else(|| "the scripts have not been read yet".into())
    }
}
