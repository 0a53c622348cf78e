//! What runs beside the keys, one thing at a time.

use super::Generation;
use super::screen::compare::Against;
use crate::engine::prepare::PlanRequest;

/// What runs; one at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Reads only, so that it can be let go.
    Preparing(Generation, PlanRequest),
    Applying,
    /// Scripts are being proved on a scratch database.
    Verifying(Generation),
    /// The database is being compared with its history or the models.
    Comparing(Generation, Against),
    /// The database is being backed up.
    BackingUp(Generation),
    /// What the models add is being written as a script and proved.
    Generating(Generation),
    /// A script is being proved.
    Proving,
    /// A script is being written, or the version table; the words say what.
    Writing(String),
}

impl Job {
    /// What it does, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Preparing(_, request) => {
                let words = super::screen::planning::in_words(request.direction, &request.target);
                format!("planning: {words}")
            }
            Self::Applying => String::from("applying the plan"),
            Self::Verifying(_) => String::from("verifying"),
            Self::Comparing(_, Against::History) => String::from("looking for drift"),
            Self::Comparing(_, Against::Models) => String::from("comparing the models"),
            Self::BackingUp(_) => String::from("backing up"),
            Self::Generating(_) => String::from("generating a script"),
            Self::Proving => String::from("proving the script"),
            Self::Writing(words) => words.clone(),
        }
    }

    /// Whether it can be stopped before its end.
    #[must_use]
    pub const fn is_cancellable(&self) -> bool {
        !matches!(self, Self::Writing(_))
    }
}
