//! Problems of a graph, and errors of requests.

use super::RevisionId;

/// A problem in the scripts. The rest of the graph is usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphProblem {
    #[error("revision {0} is present more than once")]
    Duplicate(RevisionId),
    #[error("revision {parent} referenced from {revision} is not present")]
    MissingParent { revision: RevisionId, parent: RevisionId },
    #[error("dependency '{dependency}' of {revision} cannot be found")]
    MissingDependency { revision: RevisionId, dependency: String },
    #[error("branch name '{label}' in revision {revision} already used by revision {other}")]
    DuplicateLabel { label: String, revision: RevisionId, other: RevisionId },
    #[error("cycle in the revisions: {}", join(.0))]
    Cycle(Vec<RevisionId>),
}

/// Why a request failed, in Alembic's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GraphError {
    pub message: String,
    pub hint: Option<String>,
}

fn join(ids: &[RevisionId]) -> String {
    ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" -> ")
}
