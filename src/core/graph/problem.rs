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

impl GraphProblem {
    /// The revisions whose scripts have the problem.
    #[must_use]
    pub fn revisions(&self) -> Vec<&RevisionId> {
        match self {
            Self::Duplicate(id) => vec![id],
            Self::MissingParent { revision, .. } | Self::MissingDependency { revision, .. } => vec![revision],
            Self::DuplicateLabel { revision, other, .. } => vec![revision, other],
            Self::Cycle(ids) => ids.iter().collect(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Duplicate(_) => "if one of the files is a copy, give it another id or remove it".to_owned(),
            Self::MissingParent { parent, .. } => {
                format!("restore the script of {parent}, or correct the line 'Revises:'")
            }
            Self::MissingDependency { dependency, .. } => {
                format!("restore the script of {dependency}, or correct the line 'Depends On:'")
            }
            Self::DuplicateLabel { label, .. } => {
                format!("use another label than '{label}' in the line 'Branch Labels:' of one of the files")
            }
            Self::Cycle(_) => {
                "correct the line 'Revises:' or 'Depends On:' in one of the files, so that the history has a start"
                    .to_owned()
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_names_its_revisions_and_has_a_hint() {
        let id = |text: &str| RevisionId::parse(text).unwrap();
        for (problem, revisions, hint) in [
            (GraphProblem::Duplicate(id("a")), "a", "remove it"),
            (GraphProblem::MissingParent { revision: id("a"), parent: id("b") }, "a", "script of b"),
            (GraphProblem::MissingDependency { revision: id("a"), dependency: "b".into() }, "a", "Depends On"),
            (GraphProblem::DuplicateLabel { label: "x".into(), revision: id("a"), other: id("b") }, "a -> b", "'x'"),
            (GraphProblem::Cycle(vec![id("a"), id("b")]), "a -> b", "Revises"),
        ] {
            let named: Vec<RevisionId> = problem.revisions().into_iter().cloned().collect();
            assert_eq!(join(&named), revisions, "{problem}");
            assert!(problem.hint().contains(hint), "{problem}: {}", problem.hint());
        }
    }
}
