//! The Python process of a target. The plan, the rehearsal and the run use the same one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::ScriptProcess;
use crate::engine::project::Project;
use crate::engine::{Error, Result};

/// A Python process that is started when it is needed.
#[derive(Debug, Clone, Default)]
pub struct SharedProcess {
    process: Arc<Mutex<Option<ScriptProcess>>>,
    allows_unseen: Arc<AtomicBool>,
}

/// The use of the process. Others wait until it is dropped.
pub struct ProcessGuard(OwnedMutexGuard<Option<ScriptProcess>>);

impl SharedProcess {
    /// The running process, or a new one.
    ///
    /// # Errors
    /// As [`ScriptProcess::of_project`].
    pub async fn get(&self, project: &Project) -> Result<ProcessGuard> {
        let mut slot = Arc::clone(&self.process).lock_owned().await;
        if slot.as_mut().is_none_or(|process| !process.is_running()) {
            *slot = Some(ScriptProcess::of_project(project).await?);
        }
        Ok(ProcessGuard(slot))
    }

    /// Allows the scripts to open connections that limbeck cannot see.
    pub fn allow_unseen(&self) {
        self.allows_unseen.store(true, Ordering::Relaxed);
    }

    /// Whether the scripts may open connections that limbeck cannot see.
    #[must_use]
    pub fn allows_unseen(&self) -> bool {
        self.allows_unseen.load(Ordering::Relaxed)
    }

    /// A new process, which has read no script yet.
    ///
    /// # Errors
    /// As [`ScriptProcess::of_project`].
    pub async fn restart(&self, project: &Project) -> Result<ProcessGuard> {
        self.process.lock().await.take();
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
