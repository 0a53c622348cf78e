//! Records the history of a project, or a part of it, on an empty scratch database.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{PlanRequest, build_plan};
use crate::core::graph::{Direction, Path, PathStep, RevisionId};
use crate::core::plan::{PlanDirection, RecordedStep, Step, TransactionMode};
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
    let request = PlanRequest {
        direction: PlanDirection::Upgrade,
        target: "heads".to_owned(),
        only_branch: false,
        mode: Some(TransactionMode::Each),
    };
    let mut plan = build_plan(project, tree, target, &request, path)?;
    let recorded = record_from_base(project, target, &plan, cancel).await?;
    add_recorded(tree, &mut plan.steps, recorded);
    Ok(plan.steps)
}

/// The path from base to heads.
///
/// # Errors
/// If it cannot be resolved.
pub fn upgrade_from_base(tree: &ScriptTree, heads: &[RevisionId]) -> Result<Path> {
    let mut whole = Path { steps: Vec::new(), from: Vec::new(), to: Vec::new() };
    for head in heads {
        let path = tree.graph.upgrade(head.as_str(), &whole.to)?;
        whole.steps.extend(path.steps);
        whole.to = path.to;
    }
    Ok(whole)
}

/// Runs the upgrades from base to heads, and then the downgrades to base, on an empty scratch database. If an upgrade
/// fails, the downgrades start at the revision before it, and the steps of the upgrades that did not run come last.
///
/// # Errors
/// As [`record_history`].
pub async fn record_up_and_down(
    project: &Project,
    tree: &ScriptTree,
    target: &Target,
    heads: &[RevisionId],
    cancel: &CancellationToken,
) -> Result<Vec<Step>> {
    let mut steps = record_history(project, tree, target, up_and_down(tree, heads)?, cancel).await?;
    let has_failed = |step: &Step| step.python.as_ref().is_some_and(|python| python.failure.is_some());
    let Some(failed) = steps.iter().position(has_failed).filter(|at| steps[*at].direction == Direction::Upgrade) else {
        return Ok(steps);
    };
    let reached = failed.checked_sub(1).map(|last| steps[last].heads_after.clone()).unwrap_or_default();
    let not_run = steps.drain(failed..).filter(|step| step.direction == Direction::Upgrade).collect::<Vec<_>>();
    let mut steps = record_history(project, tree, target, up_and_down(tree, &reached)?, cancel).await?;
    steps.extend(not_run);
    Ok(steps)
}

fn up_and_down(tree: &ScriptTree, heads: &[RevisionId]) -> Result<Vec<PathStep>> {
    let mut path = upgrade_from_base(tree, heads)?;
    path.steps.extend(tree.graph.downgrade("base", &path.to)?.steps);
    Ok(path.steps)
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
