//! Finds the environments whose databases have revisions of a branch.

use std::collections::HashSet;

use crate::core::graph::RevisionId;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::state::{VersionTable, ledger_scripts};
use crate::engine::{ConnectOptions, Error, ErrorKind, Result, Target};

/// The name of the environment of `[database]`.
const DEFAULT: &str = "default";

/// An environment, and whether it has revisions of the branch.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentCheck {
    /// `default` for the project's `[database]` table.
    pub name: String,
    pub state: EnvironmentState,
}

/// Whether a database has revisions of the branch.
#[derive(Debug, Clone, PartialEq)]
pub enum EnvironmentState {
    /// It has none of them.
    Free,
    /// It has these.
    Holds(Vec<RevisionId>),
    /// It cannot be read; the reason.
    Unknown(Error),
}

/// Reads the version table of the target and of every configured environment. `moved` are the revisions of the branch;
/// environments in `skipped` are not read.
///
/// # Errors
/// If `skipped` names an environment that does not exist.
pub async fn find_holders(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    moved: &[RevisionId],
    skipped: &[String],
) -> Result<Vec<EnvironmentCheck>> {
    let mut names: Vec<&str> = vec![DEFAULT];
    names.extend(project.config.environments.keys().map(String::as_str));
    if let Some(unknown) = skipped.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(Error::of(ErrorKind::Usage, format!("no environment '{unknown}'"))
            .hint(format!("the environments are {}", names.join(", "))));
    }
    let mut found = Vec::new();
    let own = target.environment.shown().to_owned();
    if !skipped.contains(&own) {
        let state = state_of(read_applied(project, tree, target).await, moved);
        found.push(EnvironmentCheck { name: own.clone(), state });
    }
    for name in names.into_iter().filter(|name| *name != own && !skipped.iter().any(|skipped| skipped == name)) {
        let options =
            ConnectOptions { environment: (name != DEFAULT).then(|| name.to_owned()), ..ConnectOptions::default() };
        let opened = Box::pin(Target::resolve(project, &options)).await;
        let applied = match opened {
            // The project has only named environments.
            Err(error) if name == DEFAULT && error.kind == ErrorKind::NoDatabase => continue,
            Err(error) => Err(error),
            Ok(target) => read_applied(project, tree, &target).await,
        };
        found.push(EnvironmentCheck { name: name.to_owned(), state: state_of(applied, moved) });
    }
    Ok(found)
}

/// Refuses a rebase if an environment has the branch, or cannot be read.
///
/// # Errors
/// The environments, and what to do.
pub fn require_not_applied(checks: &[EnvironmentCheck]) -> Result<()> {
    let holders = checks.iter().filter_map(|check| match &check.state {
        EnvironmentState::Holds(ids) => Some((check.name.as_str(), ids)),
        _ => None,
    });
    let mut holders = holders.peekable();
    if holders.peek().is_some() {
        let names: Vec<&str> = holders.clone().map(|(name, _)| name).collect();
        let error = Error::new(format!("the branch is applied in {}, so it cannot be rebased", names.join(", ")));
        let error = holders.fold(error, |error, (name, ids)| {
            let ids: Vec<&str> = ids.iter().map(RevisionId::as_str).collect();
            error.because(format!("{name} has {}", ids.join(", ")))
        });
        return Err(error
            .because("no file was changed")
            .hint("merge the heads instead: `limbeck merge heads`; or downgrade the branch there first"));
    }
    let unknown = checks.iter().find_map(|check| match &check.state {
        EnvironmentState::Unknown(error) => Some((check.name.as_str(), error)),
        _ => None,
    });
    let Some((name, cause)) = unknown else { return Ok(()) };
    let error = Error::new(format!("the database of {name} cannot be read, and it may have the branch"));
    let error = cause.causes.iter().fold(error.because(&cause.message), Error::because);
    Err(error.because("no file was changed").hint(format!(
        "run the command where {name} can be reached; if you know that it does not have the branch, add \
         --skip-check {name}"
    )))
}

/// The revisions that a database has.
async fn read_applied(project: &Project, tree: &ScriptTree, target: &Target) -> Result<HashSet<RevisionId>> {
    let session = target.connect("limbeck rebase").await?;
    let heads = VersionTable::new(&project.config.database.version_table).heads(session.client()).await?;
    let tree = ledger_scripts::add_missing_scripts(tree, session.client(), &heads).await?;
    let missing = heads.iter().find(|id| tree.script(id.as_str()).is_none());
    match missing {
        None => Ok(tree.graph.ancestors(&heads)),
        Some(id) => Err(Error::new(format!("it is at {id}, which no script has, so what it has is not known"))),
    }
}

fn state_of(applied: Result<HashSet<RevisionId>>, moved: &[RevisionId]) -> EnvironmentState {
    match applied {
        Err(error) => EnvironmentState::Unknown(error),
        Ok(applied) => {
            let held: Vec<RevisionId> = moved.iter().filter(|id| applied.contains(*id)).cloned().collect();
            if held.is_empty() { EnvironmentState::Free } else { EnvironmentState::Holds(held) }
        }
    }
}
