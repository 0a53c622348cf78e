//! The directions of the steps of a plan, taken together.

use crate::core::graph::Direction;

/// The direction of a whole plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlanDirection {
    Upgrade,
    Downgrade,
    /// First downgrades, then upgrades: from the revisions of another branch to the heads of this one.
    Switch,
}

impl PlanDirection {
    /// The name of the command: `upgrade`, `downgrade` or `switch`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Switch => "switch",
        }
    }
}

impl From<Direction> for PlanDirection {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Upgrade => Self::Upgrade,
            Direction::Downgrade => Self::Downgrade,
        }
    }
}
