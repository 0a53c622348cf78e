//! The role that runs the statements of scripts. Default privileges and ownership depend on it.

use std::borrow::Cow;

use crate::engine::Target;
use crate::engine::project::Project;

/// The name of the role that runs scripts on the target: `[apply] role`, or the login role.
pub fn creator_role(project: &Project, target: &Target) -> String {
    project.config.apply.role.clone().unwrap_or_else(|| target.conninfo().user().to_owned())
}

/// Returns the project with that role as `[apply] role`, so that scripts run as the same role on a scratch server with
/// another login role. With `[scratch] url`, the project is returned unchanged: that server may not have the role.
pub fn with_creator_role<'a>(project: &'a Project, target: &Target) -> Cow<'a, Project> {
    if project.config.apply.role.is_some() || project.config.scratch.url.is_some() {
        return Cow::Borrowed(project);
    }
    let mut project = project.clone();
    project.config.apply.role = Some(target.conninfo().user().to_owned());
    Cow::Owned(project)
}
