//! Checks whether the environments that should be upgraded first have reached a plan's target.

use crate::core::graph::RevisionId;
use crate::core::plan::{EnvironmentName, OutdatedEnvironment};
use crate::engine::connection::{ConnInfo, Session};
use crate::engine::project::{DatabaseLocation, Project, ScriptTree, SessionSettings};
use crate::engine::state::VersionTable;
use crate::engine::{ConnectOptions, Result};

/// The environments in `after` that have not reached all revisions in `to`. An environment whose heads cannot be read
/// counts as outdated.
///
/// # Errors
/// If `after` names an environment that the project does not have.
pub async fn find_outdated(
    project: &Project,
    tree: &ScriptTree,
    environment: &EnvironmentName,
    to: &[RevisionId],
) -> Result<Vec<OutdatedEnvironment>> {
    let configured = environment.name.as_ref().and_then(|name| project.config.environments.get(name));
    let mut outdated = Vec::new();
    for name in configured.map(|environment| environment.after.as_slice()).unwrap_or_default() {
        let options = ConnectOptions { environment: Some(name.clone()), ..ConnectOptions::default() };
        project.environment_name(&options)?;
        let state = match read_heads(project, &options).await {
            Err(error) => format!("its heads cannot be read: {error}"),
            Ok(heads) => {
                let reached = tree.graph.ancestors(&heads);
                if to.iter().all(|id| reached.contains(id)) {
                    continue;
                }
                let ids: Vec<&str> = heads.iter().map(RevisionId::as_str).collect();
                format!("it is at {}", if ids.is_empty() { "base".to_owned() } else { ids.join(", ") })
            }
        };
        outdated.push(OutdatedEnvironment { environment: name.clone(), state });
    }
    Ok(outdated)
}

async fn read_heads(project: &Project, options: &ConnectOptions) -> Result<Vec<RevisionId>> {
    let text = match project.locate(options)? {
        DatabaseLocation::Url(url) => Some(url),
        DatabaseLocation::Variables | DatabaseLocation::Embedded => None,
    };
    let session = Session::open(&ConnInfo::resolve(text.as_deref(), &project.variables)?, "limbeck plan").await?;
    SessionSettings::from(&project.config.apply).apply(&session).await?;
    VersionTable::new(&project.config.database.version_table).heads(session.client()).await
}
