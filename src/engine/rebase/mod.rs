//! `rebase`: moves a branch onto another revision. The new history is proved before anything is written, and no known
//! database may have the branch.

mod edit;
mod environments;

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::error::target_not_changed;
use super::project::{Project, Replacement, ScriptTree, replace_all};
use super::script_process::UnsavedScript;
use super::verify::{VerifiedRevision, VerifyOptions, VerifyReport, VerifyReporter, verify};
use super::{Error, Result, Target};
use crate::core::graph::{Rebase, RevisionId};
use crate::core::script::ScriptCode;
pub use environments::{EnvironmentCheck, EnvironmentState, find_holders, require_not_applied};

/// A branch with its new parents. Nothing is written.
#[derive(Debug, Clone)]
pub struct PlannedRebase {
    pub revision: RevisionId,
    pub onto: RevisionId,
    pub rebase: Rebase,
    /// The scripts before and after.
    pub before: Arc<ScriptTree>,
    pub after: Arc<ScriptTree>,
    pub files: Vec<Replacement>,
}

/// Determines the new parents and the texts of the scripts.
///
/// # Errors
/// If the branch cannot be moved there, or a script cannot be edited.
pub fn plan_rebase(
    project: &Project,
    tree: &Arc<ScriptTree>,
    revision: &RevisionId,
    onto: &RevisionId,
) -> Result<PlannedRebase> {
    tree.require_valid()?;
    let rebase = tree.graph.rebase(revision, onto)?;
    let mut scripts = tree.scripts.clone();
    let mut files = Vec::new();
    for change in &rebase.changes {
        let file = tree.script(change.revision.as_str());
        let file = file.ok_or_else(|| Error::new(format!("no script for revision {}", change.revision)))?;
        let edited = edit::set_parents(project, file, &change.after)?;
        let (path, before, after) = (file.path.clone(), Arc::clone(&file.text), Arc::clone(&edited.text));
        files.push(Replacement { path, before, after });
        scripts.insert(change.revision.clone(), Arc::new(edited));
    }
    let mut scripts: Vec<_> = scripts.into_values().collect();
    scripts.sort_by(|one, other| one.path.cmp(&other.path));
    let after = ScriptTree::from_scripts(scripts, Vec::new());
    after.require_valid().map_err(|error| error.because("the history would not be valid after the rebase"))?;
    let (revision, onto, before) = (revision.clone(), onto.clone(), Arc::clone(tree));
    Ok(PlannedRebase { revision, onto, rebase, before, after: Arc::new(after), files })
}

impl PlannedRebase {
    /// The revisions that the trees before and after are shown for: both branches and what is directly below them.
    #[must_use]
    pub fn shown(&self) -> BTreeSet<RevisionId> {
        let fork = self.before.graph.fork(&self.revision, &self.onto);
        fork.ancestors.into_iter().chain(fork.left).chain(fork.right).chain(self.rebase.moved.clone()).collect()
    }
}

/// Runs the moved revisions up, down and up again on a scratch database, after the revisions below them.
///
/// # Errors
/// When no scratch database can be made, an earlier revision fails, or it was cancelled. A moved revision that fails is in
/// the report.
pub async fn prove_rebase(
    project: &Project,
    planned: &PlannedRebase,
    target: &Target,
    download: bool,
    report: VerifyReporter<'_>,
    cancel: &CancellationToken,
) -> Result<VerifyReport> {
    let mut unsaved = Vec::new();
    if project.alembic.is_some() {
        // It may have read scripts before they were edited.
        drop(target.scripts().restart(project).await?);
        let script = |file: &Replacement| UnsavedScript { path: file.path.clone(), text: file.after.to_string() };
        unsaved.extend(planned.files.iter().map(script));
    }
    let revisions = planned.rebase.moved.iter().map(ToString::to_string).collect();
    let options = VerifyOptions { revisions, download, unsaved };
    Box::pin(verify(project, &planned.after, target, &options, report, cancel)).await.map_err(target_not_changed)
}

/// Checks that the moved revisions were proved. A revision without a downgrade needs no proof of it.
///
/// # Errors
/// The first revision that failed, with the reason.
pub fn require_proved(planned: &PlannedRebase, report: &VerifyReport) -> Result<()> {
    let accepted =
        |verified: &&VerifiedRevision| verified.is_proved() || (verified.up && is_one_way(planned, verified));
    let Some(failed) = report.revisions.iter().find(|verified| !accepted(verified)) else { return Ok(()) };
    let mut error = match &failed.error {
        Some(error) => error.clone(),
        None => failed.difference.iter().chain(&failed.note).fold(
            Error::new(format!("revision {} is not proved: {}", failed.revision, unproved(failed))),
            Error::because,
        ),
    };
    error.revision = Some(failed.revision.to_string());
    // The scratch database is dropped, so its state and a stamp are of no interest.
    error.causes.retain(|cause| !cause.contains("the scratch database is at "));
    error.hint = Some(format!(
        "correct the script so that it runs after {}, or merge the branches: `limbeck merge heads`",
        planned.onto
    ));
    Err(error.because(format!("{} was not rebased onto {}; no file was changed", planned.revision, planned.onto)))
}

fn unproved(verified: &VerifiedRevision) -> &'static str {
    match verified {
        VerifiedRevision { up: false, .. } => "its upgrade did not run",
        VerifiedRevision { down: false, .. } => "its downgrade does not undo the upgrade",
        _ => "its second upgrade gives a different schema",
    }
}

fn is_one_way(planned: &PlannedRebase, verified: &VerifiedRevision) -> bool {
    planned.after.script(verified.revision.as_str()).is_some_and(|file| match &file.script.code {
        ScriptCode::Sql(code) => code.downgrade.sql.trim().is_empty(),
        ScriptCode::Python(code) => code.downgrade.is_none_or(|function| function.is_empty),
    })
}

/// Writes the scripts: all of them, or none.
///
/// # Errors
/// When a script has changed since the plan was made, or cannot be written.
pub fn write_rebase(planned: &PlannedRebase) -> Result<()> {
    replace_all(&planned.files)
}
