//! Records the history of a project, or a part of it, on an empty scratch database.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{PlanRequest, build_plan};
use crate::core::graph::{Direction, Path, PathStep, RevisionId};
use crate::core::plan::{RecordedStep, Step, TransactionMode};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::recording::record_from_base;
use crate::engine::{Result, Target};

/// Runs steps from base on an empty scratch database. Returns them with the statements that they sent. Only reads the
/// target's properties.
///
/// # Errors
/// If no scratch database can be made, or `env.py` fails before the first script runs.
pub async fn record_history(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    steps: Vec<PathStep>,
    cancel: &CancellationToken,
) -> Result<Vec<Step>> {
    let to = steps.last().map(|step| step.heads_after.clone()).unwrap_or_default();
    let path = Path { steps, from: Vec::new(), to };
    let request =
        PlanRequest { direction: Direction::Upgrade, target: "heads".to_owned(), mode: Some(TransactionMode::Each) };
    let mut plan = build_plan(project, tree, target, &request, path)?;
    let recorded = record_from_base(project, target, &plan, cancel).await?;
    add_recorded(tree, &mut plan.steps, recorded);
    Ok(plan.steps)
}

/// The steps from base that upgrade to heads, and then downgrade to base.
///
/// # Errors
/// If the path cannot be resolved.
pub fn up_and_down(tree: &ScriptTree, heads: &[RevisionId]) -> Result<Vec<PathStep>> {
    let mut steps = Vec::new();
    let mut reached: Vec<RevisionId> = Vec::new();
    for head in heads {
        let path = tree.graph.upgrade(head.as_str(), &reached)?;
        reached = path.to;
        steps.extend(path.steps);
    }
    steps.extend(tree.graph.downgrade("base", &reached)?.steps);
    Ok(steps)
}

/// Adds recorded statements to the steps that were recorded.
pub(in crate::engine) fn add_recorded(tree: &ScriptTree, steps: &mut [Step], recorded: Vec<RecordedStep>) {
    for (step, recorded) in steps.iter_mut().zip(recorded) {
        let code = tree.script(step.revision.as_str()).map(Arc::as_ref).and_then(|file| file.script.python());
        let downgrade = code.and_then(|code| code.function(Direction::Downgrade));
        let is_one_way = step.direction == Direction::Upgrade && downgrade.is_none_or(|function| function.is_empty);
        let uses_results =
            code.and_then(|code| code.function(step.direction)).is_some_and(|function| function.uses_results);
        step.record(RecordedStep { reads: recorded.reads || uses_results, ..recorded }, is_one_way);
    }
}
