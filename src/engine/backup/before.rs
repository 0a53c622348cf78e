//! The backup before a plan with approved data loss, if the configuration requires it.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::{BackupRecord, BackupReporter, MakeOptions, make};
use crate::core::hazard::Class;
use crate::core::plan::{Approval, Plan};
use crate::engine::project::Project;
use crate::engine::project::config::BackupPolicy;
use crate::engine::{Error, Result, Target};

/// Whether a plan loses data and `[apply] backup` requires a backup before it.
#[must_use]
pub fn is_required(project: &Project, plan: &Plan) -> bool {
    loses_data(plan)
        && match project.config.apply.backup {
            BackupPolicy::Always => true,
            BackupPolicy::Protected => plan.environment.protected,
            BackupPolicy::Never => false,
        }
}

/// Whether a plan loses existing data.
#[must_use]
pub fn loses_data(plan: &Plan) -> bool {
    plan.hazards().any(|(_, _, hazard)| hazard.class == Class::DataLoss && !hazard.affects_nothing())
}

/// Makes the backup that must exist before an approved plan runs. `None` when none is required.
///
/// # Errors
/// When the backup fails. The plan must not run then.
pub async fn back_up_before(
    project: &Project,
    target: &Target,
    approval: &Approval,
    report_event: BackupReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Option<(PathBuf, BackupRecord)>> {
    if !is_required(project, approval.plan()) {
        return Ok(None);
    }
    let made = make(project, target, &MakeOptions::default(), report_event, cancel).await;
    made.map(Some).map_err(|error| {
        let hint = error.hint.clone().unwrap_or_else(|| {
            "fix the problem, or set `backup = \"never\"` under [apply] if you have another backup".to_owned()
        });
        let error: Error = error.because("a backup is required before a plan that loses data; nothing was run");
        error.hint(hint)
    })
}
