//! Compared branches as findings.

use std::collections::BTreeSet;

use super::full_message;
use crate::core::finding::{CheckCode, Finding, Severity};
use crate::core::graph::RevisionId;
use crate::engine::conflicts::{BranchComparison, OrderResult, Side, Verdict};
use crate::engine::project::ScriptTree;

/// The pairs of branches. `changed` has the revisions of a pull request: a finding about both branches is shown at the
/// branch that the pull request changes.
#[must_use]
pub fn conflict_findings(
    tree: &ScriptTree,
    compared: &[BranchComparison],
    changed: Option<&BTreeSet<RevisionId>>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for comparison in compared {
        for finding in pair_findings(tree, comparison, changed) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

fn pair_findings(
    tree: &ScriptTree,
    comparison: &BranchComparison,
    changed: Option<&BTreeSet<RevisionId>>,
) -> Vec<Finding> {
    let (left, right) = (&comparison.pair.left, &comparison.pair.right);
    let (code, severity) = match comparison.verdict {
        Verdict::Commute => (CheckCode::Heads, Severity::Warning),
        Verdict::Differ => (CheckCode::HeadsDiffer, Severity::Error),
        Verdict::Fail => {
            let failures = comparison.orders.iter().filter_map(|order| failure(tree, comparison, order));
            return failures.collect();
        }
    };
    let details: Vec<String> = comparison.difference.iter().map(|difference| difference.text.clone()).collect();
    let sentence = std::iter::once(comparison.sentence()).chain(details).collect::<Vec<_>>().join(": ");
    let finding = Finding::new(code, format!("two heads, {left} and {right}. {sentence}")).with_severity(severity);
    let branch = newest_of([(left, &comparison.pair.fork.left), (right, &comparison.pair.fork.right)], changed);
    vec![at_parents(tree, finding, branch)]
}

/// The head of the branch that a pull request changes; the second one if it changes both or none.
fn newest_of<'a>(
    branches: [(&'a RevisionId, &'a Vec<RevisionId>); 2],
    changed: Option<&BTreeSet<RevisionId>>,
) -> &'a RevisionId {
    let [left, right] = branches;
    let is_in =
        |revisions: &[RevisionId]| changed.is_some_and(|changed| revisions.iter().any(|id| changed.contains(id)));
    if is_in(left.1) && !is_in(right.1) { left.0 } else { right.0 }
}

fn at_parents(tree: &ScriptTree, finding: Finding, revision: &RevisionId) -> Finding {
    match tree.script(revision.as_str()) {
        Some(file) => finding.at(&file.path, Some(file.script.parents_line(&file.text))),
        None => finding,
    }
}

fn failure(tree: &ScriptTree, comparison: &BranchComparison, order: &OrderResult) -> Option<Finding> {
    let failure = order.failure.as_ref()?;
    let first = match order.first {
        Side::Left => &comparison.pair.left,
        Side::Right => &comparison.pair.right,
    };
    let message = format!("after {first}, revision {} fails: {}", failure.revision, full_message(&failure.error));
    let finding = Finding::new(CheckCode::HeadsFail, message);
    match (&failure.path, failure.line) {
        (Some(path), Some(line)) => Some(finding.at(path, Some(line))),
        _ => Some(at_parents(tree, finding, &failure.revision)),
    }
}
