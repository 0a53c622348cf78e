//! A walk through the graph: the steps from the heads that a database holds to a target.

use super::RevisionId;

/// Which of a script's two sections a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Upgrade,
    Downgrade,
}

impl Direction {
    /// The other direction.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Upgrade => Self::Downgrade,
            Self::Downgrade => Self::Upgrade,
        }
    }

    /// `upgrade` or `downgrade`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
        }
    }
}

/// One row of `alembic_version` that a step writes, in the order in which Alembic writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionChange {
    Insert(RevisionId),
    Delete(RevisionId),
    Update { from: RevisionId, to: RevisionId },
}

/// One revision stepped over (or, in a stamp, written without running anything).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStep {
    pub revision: RevisionId,
    pub direction: Direction,
    /// What stands left of `->` in Alembic's listing of the step: the parents on the way up, the revision on the way down.
    pub shown_from: Vec<RevisionId>,
    /// What stands right of `->`.
    pub shown_to: Vec<RevisionId>,
    /// The rows of the version table that this step changes.
    pub changes: Vec<VersionChange>,
    /// The version table's rows once the step is done, sorted.
    pub heads_after: Vec<RevisionId>,
}

/// The steps of an upgrade, downgrade or stamp, in the order in which they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The version table's rows before, sorted.
    pub from: Vec<RevisionId>,
    /// The version table's rows afterwards, sorted.
    pub to: Vec<RevisionId>,
    pub steps: Vec<PathStep>,
}
