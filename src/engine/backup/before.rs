//! The backup that comes before a plan with approved data loss, where the configuration wants one.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::{BackupRecord, BackupReporter, MakeOptions, make};
use crate::core::hazard::Class;
use crate::core::plan::{Approval, Plan};
use crate::engine::project::Project;
use crate::engine::project::config::BackupPolicy;
use crate::engine::{Error, Result, Target};

/// Whether a plan loses something, and `[apply] backup` wants a backup before it.
#[must_use]
pub fn is_required(project: &Project, plan: &Plan) -> bool {
    loses_data(plan)
        && match project.config.apply.backup {
            BackupPolicy::Always => true,
            BackupPolicy::Protected => plan.environment.protected,
            BackupPolicy::Never => false,
        }
}

/// Whether a plan loses what is there.
#[must_use]
pub fn loses_data(plan: &Plan) -> bool {
    plan.hazards().any(|(_, _, hazard)| hazard.class == Class::DataLoss && !hazard.affects_nothing())
}

/// Makes the backup that has to come before an approved plan; `None` where none has to.
///
/// # Errors
/// As [`make`] fails; nothing may run then.
pub async fn back_up_before(
    project: &Project,
    target: &Target,
    approval: &Approval,
    tell: BackupReporter<'_>,
    cancel: &CancellationToken,
) -> Result<Option<(PathBuf, BackupRecord)>> {
    if !is_required(project, approval.plan()) {
        return Ok(None);
    }
    let made = make(project, target, &MakeOptions::default(), tell, cancel).await;
    made.map(Some).map_err(|error| {
        let hint = error.hint.clone().unwrap_or_else(|| {
            "mend it, or say `backup = \"never\"` under [apply] if there is another backup".to_owned()
        });
        let error: Error = error.because("a backup has to come before what loses data; nothing was run");
        error.hint(hint)
    })
}
