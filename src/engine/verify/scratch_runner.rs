//! Runs scripts on a scratch database in the same way as on a target.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::core::graph::{Direction, Path, RevisionId};
use crate::core::hazard::Class;
use crate::core::plan::{Approval, ApprovalOptions, Plan, TransactionMode};
use crate::engine::apply::{ApplyOptions, ReportProgress, apply};
use crate::engine::prepare::{PlanRequest, build_plan};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::script_process::UnsavedScript;
use crate::engine::{Error, ErrorKind, Result, Target};

/// Runs paths of the graph on a scratch database.
pub(in crate::engine) struct ScratchRunner<'a> {
    pub project: &'a Project,
    pub tree: &'a ScriptTree,
    /// The scratch database.
    pub target: &'a Target,
    /// Python scripts whose text is not the one of their file.
    pub unsaved: &'a [UnsavedScript],
    pub progress: ReportProgress<'a>,
    pub cancel: &'a CancellationToken,
}

impl ScratchRunner<'_> {
    /// Applies a path. `target` is the revision identifier that the path leads to. Returns the heads after it.
    ///
    /// # Errors
    /// When a script fails; of kind `Interrupted` when it was cancelled.
    pub async fn run_path(&self, direction: Direction, target_name: &str, path: Path) -> Result<Vec<RevisionId>> {
        if self.cancel.is_cancelled() {
            return Err(Error::of(ErrorKind::Interrupted, "cancelled; the scratch database is dropped"));
        }
        let request = PlanRequest {
            direction: direction.into(),
            target: target_name.to_owned(),
            only_branch: false,
            mode: Some(TransactionMode::Each),
        };
        let plan = Arc::new(build_plan(self.project, self.tree, self.target, &request, path)?);
        let approval = approve(plan)?;
        // Rows of a scratch database need no copies.
        let unsaved = self.unsaved.to_vec();
        let options = ApplyOptions { no_keep: true, own_database: true, unsaved, ..ApplyOptions::default() };
        Box::pin(apply(self.project, self.target, &approval, &options, self.progress, self.cancel)).await?;
        Ok(approval.plan().to.clone())
    }
}

/// Approves all hazards, because a scratch database contains no data.
fn approve(plan: Arc<Plan>) -> Result<Approval> {
    let granted = ApprovalOptions { classes: &Class::ALL, ..ApprovalOptions::default() };
    Approval::from_options(plan, granted).map_err(|error| Error::new(error.to_string()))
}
