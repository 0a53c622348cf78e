//! What was counted on the target.

use crate::core::text::plural;

/// What was counted on the target for a hazard.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Evidence {
    /// Rows of the table.
    pub rows: u64,
    /// Values that would be lost, changed or rejected: the rows of a table, the values of a column that are not NULL, or
    /// what the [`Question`](crate::core::statement::Question) selects.
    pub values: u64,
    /// False if it was estimated from statistics.
    pub exact: bool,
    /// How long the count took.
    pub seconds: f64,
    /// Size of the locked or indexed table on disk, with its indexes and partitions, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Number of other sessions that held locks on the table at that moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u64>,
    /// Why it is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl Evidence {
    /// An exact count.
    #[must_use]
    pub const fn counted(rows: u64, values: u64, seconds: f64) -> Self {
        Self { rows, values, exact: true, seconds, bytes: None, sessions: None, why: None }
    }

    /// An estimate from statistics, and why nothing was counted.
    #[must_use]
    pub const fn estimated(rows: u64, values: u64, seconds: f64, why: &'static str) -> Self {
        Self { exact: false, why: Some(why), ..Self::counted(rows, values, seconds) }
    }

    /// The size and the other sessions as text, each after a comma. Empty if nothing is known.
    #[must_use]
    pub fn weight(&self) -> String {
        let size = self.bytes.map(|bytes| format!(", {}", crate::core::text::size(bytes))).unwrap_or_default();
        let held = match self.sessions {
            None | Some(0) => String::new(),
            Some(1) => ", 1 session holds locks on it".to_owned(),
            Some(many) => format!(", {} hold locks on it", plural(many, "session")),
        };
        size + &held
    }
}
