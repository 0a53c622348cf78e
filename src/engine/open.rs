//! Opens a project's database, and upgrades a new embedded one to its first revision.

use tokio_util::sync::CancellationToken;

use super::apply::{ApplyOptions, apply};
use super::prepare::{PlanRequest, prepare};
use super::project::Project;
use super::{ConnectOptions, Error, Result, Target};
use crate::core::plan::Approval;
use crate::core::plan::PlanDirection;

/// Finds the database and starts the embedded server if the database is on it. A new embedded database is upgraded to
/// `embedded_at`.
///
/// # Errors
/// When no URL is given and the embedded server is not asked for, when a connection string cannot be read, when the
/// embedded server does not start, or when its new database cannot be upgraded.
pub async fn open(project: &Project, options: &ConnectOptions) -> Result<Target> {
    let target = Target::resolve(project, options).await?;
    if let Some(server) = target.embedded_server().filter(|server| server.is_new()) {
        if let Some(revision) = &project.config.database.embedded_at {
            Box::pin(upgrade_new(project, &target, revision)).await?;
        }
        server.mark_ready()?;
    }
    Ok(target)
}

async fn upgrade_new(project: &Project, target: &Target, revision: &str) -> Result<()> {
    let tree = project.read_scripts();
    let request =
        PlanRequest { direction: PlanDirection::Upgrade, target: revision.to_owned(), only_branch: false, mode: None };
    let never = CancellationToken::new();
    let plan = prepare(project, &tree, target, &request, &never).await?;
    let approval = Approval::not_required(plan).map_err(|error| {
        Error::new(format!("the new embedded database cannot be upgraded to embedded_at = \"{revision}\""))
            .because(error)
    })?;
    let options = ApplyOptions::default();
    let applied = Box::pin(apply(project, target, &approval, &options, &|_| {}, &never)).await;
    // Another limbeck process may have opened the project at the same time and upgraded the database.
    if applied.is_err() && prepare(project, &tree, target, &request, &never).await?.is_empty() {
        return Ok(());
    }
    applied.map(drop)
}
