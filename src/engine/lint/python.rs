//! The hazards of Python scripts: they run on an empty scratch database, and their statements are examined.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{LintFailure, LintReport, LintedHazard, LintedRevision};
use crate::core::graph::RevisionId;
use crate::core::plan::Step;
use crate::engine::prepare::record_up_and_down;
use crate::engine::project::{Project, ScriptTree};
use crate::engine::{Error, Result, Target};

/// Runs Python scripts and the revisions below them on an empty scratch database, and finds the hazards of the statements
/// that they send. The caller has the user's consent.
///
/// # Errors
/// When the tree is not valid, no scratch database can be made, or it was cancelled.
pub async fn lint_python(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    ids: &[RevisionId],
    cancel: &CancellationToken,
) -> Result<LintReport> {
    tree.require_valid()?;
    let recorded = record_up_and_down(project, tree, target, ids, cancel).await?;
    let mut report = LintReport::default();
    for id in ids {
        let Some(file) = tree.scripts.get(id) else { continue };
        let steps: Vec<&Step> = recorded.iter().filter(|step| step.revision == *id).collect();
        let mut hazards = Vec::new();
        for step in &steps {
            for planned in &step.statements {
                let found = planned.hazards.iter().cloned();
                let (section, line) = (step.direction, planned.line);
                hazards.extend(found.map(|hazard| LintedHazard { section, line, hazard }));
            }
        }
        let file = Arc::clone(file);
        let found = LintedRevision { revision: id.clone(), hazards, remarks: Vec::new(), file: Arc::clone(&file) };
        let failure = steps.iter().find_map(|step| Some((step, step.python.as_ref()?.failure.as_ref()?)));
        let Some((step, failure)) = failure else {
            report.revisions.push(found);
            continue;
        };
        let what = format!("the {} of revision {id} did not run on an empty scratch database", step.direction.word());
        let error = Error { revision: Some(id.to_string()), ..Error::new(what).because(failure) };
        report.failures.push(LintFailure { file, error, found: Some(found) });
    }
    Ok(report)
}
