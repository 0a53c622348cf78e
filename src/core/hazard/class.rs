//! The classes of hazards.

/// The class of a hazard. Approval is given by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    DataLoss,
    Fails,
    Lock,
    Index,
    ForeignKey,
    Breaks,
    Irreversible,
    Default,
}

impl Class {
    /// All classes, in the order of their codes.
    pub const ALL: [Self; 8] = [
        Self::DataLoss,
        Self::Fails,
        Self::Lock,
        Self::Index,
        Self::ForeignKey,
        Self::Breaks,
        Self::Irreversible,
        Self::Default,
    ];

    /// The word used on the command line and in the UI, e.g. `data-loss`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::DataLoss => "data-loss",
            Self::Fails => "fails",
            Self::Lock => "lock",
            Self::Index => "index",
            Self::ForeignKey => "foreign-key",
            Self::Breaks => "breaks",
            Self::Irreversible => "irreversible",
            Self::Default => "default",
        }
    }
}
