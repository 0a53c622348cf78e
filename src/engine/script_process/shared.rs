//! The Python process of a target. The plan, the rehearsal and the run use the same one.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::ScriptProcess;
use crate::engine::project::Project;
use crate::engine::{Error, Result};

/// A Python process that is started when it is needed.
#[derive(Debug, Clone, Default)]
pub struct SharedProcess(Arc<Mutex<Option<ScriptProcess>>>);

/// The use of the process. Others wait until it is dropped.
pub struct ProcessGuard(OwnedMutexGuard<Option<ScriptProcess>>);

impl SharedProcess {
    /// The running process, or a new one.
    ///
    /// # Errors
    /// As [`ScriptProcess::of_project`].
    pub async fn get(&self, project: &Project) -> Result<ProcessGuard> {
        let mut slot = Arc::clone(&self.0).lock_owned().await;
        if slot.as_mut().is_none_or(|process| !process.is_running()) {
            *slot = Some(ScriptProcess::of_project(project).await?);
        }
        Ok(ProcessGuard(slot))
    }

    /// A new process, which has read no script yet.
    ///
    /// # Errors
    /// As [`ScriptProcess::of_project`].
    pub async fn restart(&self, project: &Project) -> Result<ProcessGuard> {
        self.0.lock().await.take();
        self.get(project).await
    }
}

impl ProcessGuard {
    /// The process.
    ///
    /// # Errors
    /// Never: the guard is made with a process.
    pub fn process(&mut self) -> Result<&mut ScriptProcess> {
        self.0.as_mut().ok_or_else(|| Error::new("the project's Python has ended"))
    }
}
