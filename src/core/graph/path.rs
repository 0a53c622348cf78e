//! A path through the graph: the steps from the rows of the version table to a target.

use super::ALEMBIC_WIDTH;
use super::RevisionId;

/// The section of a script that a step runs.
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

/// A change of one row in `alembic_version`. The changes have Alembic's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionChange {
    Insert(RevisionId),
    Delete(RevisionId),
    Update { from: RevisionId, to: RevisionId },
}

impl VersionChange {
    /// The id that the change writes to a row. `None` if it only deletes a row.
    #[must_use]
    pub const fn written(&self) -> Option<&RevisionId> {
        match self {
            Self::Insert(id) | Self::Update { to: id, .. } => Some(id),
            Self::Delete(_) => None,
        }
    }

    /// The width that the column of a new version table needs for these changes: at least Alembic's.
    #[must_use]
    pub fn width_for<'a>(changes: impl IntoIterator<Item = &'a Self>) -> usize {
        let written = changes.into_iter().filter_map(Self::written).map(RevisionId::length);
        written.fold(ALEMBIC_WIDTH, usize::max)
    }
}

/// A step over one revision. A stamp writes it without running the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStep {
    pub revision: RevisionId,
    pub direction: Direction,
    /// The left side of `->` in Alembic's listing of the step: the parents for an upgrade, the revision for a
    /// downgrade.
    pub shown_from: Vec<RevisionId>,
    /// The right side of `->`.
    pub shown_to: Vec<RevisionId>,
    /// The rows of the version table that this step changes.
    pub changes: Vec<VersionChange>,
    /// The rows of the version table after the step, sorted.
    pub heads_after: Vec<RevisionId>,
}

/// The steps of an upgrade, downgrade or stamp, in the order in which they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The rows of the version table before the first step, sorted.
    pub from: Vec<RevisionId>,
    /// The rows of the version table after the last step, sorted.
    pub to: Vec<RevisionId>,
    pub steps: Vec<PathStep>,
}
