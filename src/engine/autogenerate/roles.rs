//! Who runs the statements: default privileges and ownership depend on it.

use std::borrow::Cow;

use crate::engine::Target;
use crate::engine::project::Project;

/// The role that scripts run as on the target.
pub fn creator(project: &Project, target: &Target) -> String {
    project.config.apply.role.clone().unwrap_or_else(|| target.conninfo().user().to_owned())
}

/// The project with that role named, so that scripts run as it on a scratch server, too, where another logs in.
pub fn as_creator<'a>(project: &'a Project, target: &Target) -> Cow<'a, Project> {
    if project.config.apply.role.is_some() || project.config.scratch.url.is_some() {
        return Cow::Borrowed(project);
    }
    let mut project = project.clone();
    project.config.apply.role = Some(target.conninfo().user().to_owned());
    Cow::Owned(project)
}
