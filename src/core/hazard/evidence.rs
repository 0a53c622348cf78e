//! The counts on the target.

use crate::core::text::plural;

/// The counts on the target for a hazard.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Evidence {
    /// The number of rows of the table.
    pub rows: u64,
    /// The number of affected values: the rows of a table, the values of a column that are not NULL, or the rows or values
    /// that the [`Question`](crate::core::statement::Question) selects.
    pub values: u64,
    /// Whether the count is exact. Otherwise it is an upper bound or an estimate from statistics.
    pub exact: bool,
    /// The duration of the count.
    pub seconds: f64,
    /// The size of the table with its indexes and partitions, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The number of other sessions that held locks on the table during the count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u64>,
    /// Why it was estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl Evidence {
    /// An exact count.
    #[must_use]
    pub const fn counted(rows: u64, values: u64, seconds: f64) -> Self {
        Self { rows, values, exact: true, seconds, bytes: None, sessions: None, why: None }
    }

    /// An estimate from statistics, and the reason why the rows were not counted.
    #[must_use]
    pub const fn estimated(rows: u64, values: u64, seconds: f64, why: &'static str) -> Self {
        Self { exact: false, why: Some(why), ..Self::counted(rows, values, seconds) }
    }

    /// Whether nothing is known: the rows could not be counted, and the statistics do not show any.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        !self.exact && self.why.is_some() && self.rows == 0
    }

    /// The size and the number of other sessions as text, each after a comma. Empty if neither is known.
    #[must_use]
    pub fn size_and_sessions(&self) -> String {
        let size = self.bytes.map(|bytes| format!(", {}", crate::core::text::size(bytes))).unwrap_or_default();
        let held = match self.sessions {
            None | Some(0) => String::new(),
            Some(1) => ", 1 session holds locks on it".to_owned(),
            Some(many) => format!(", {} hold locks on it", plural(many, "session")),
        };
        size + &held
    }
}
