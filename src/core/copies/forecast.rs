//! The copies that a plan will make. They are shown before the plan is approved.

use serde::Serialize;

use crate::core::text::{plural, size};

/// The copies that a plan will make. Empty if the plan destroys nothing, or if copying is disabled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CopyForecast {
    /// Whether copies are made at all.
    #[serde(rename = "wanted")]
    pub enabled: bool,
    /// Their estimated maximum size in bytes.
    pub bytes: u64,
    /// Their allowed size in bytes: `keep_limit`.
    pub limit: u64,
    pub copies: Vec<ForecastCopy>,
}

/// One copy, or the reason why none is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForecastCopy {
    /// Index into the plan's steps.
    pub step: usize,
    /// Index into that step's statements.
    pub statement: usize,
    pub object: String,
    /// Its maximum size in bytes.
    pub bytes: u64,
    /// Whether a copy is made.
    #[serde(rename = "kept")]
    pub is_copied: bool,
    /// Whether the opposite step restores it automatically.
    #[serde(rename = "comes_back")]
    pub is_restored: bool,
    /// Why it is not made, or not restored.
    pub reason: Option<String>,
}

impl CopyForecast {
    /// Adds copies.
    pub fn add(&mut self, copies: impl IntoIterator<Item = ForecastCopy>) {
        for copy in copies {
            self.bytes += copy.bytes;
            self.copies.push(copy);
        }
    }

    /// Whether the copies may become larger than allowed.
    #[must_use]
    pub const fn exceeds_limit(&self) -> bool {
        self.enabled && self.bytes > self.limit
    }

    /// What the user must know before approval, one line each: how much is copied, what is not restored automatically,
    /// and what is not copied.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        if !self.enabled {
            return vec!["no copy is made".to_owned()];
        }
        let copies = self.copies.iter().filter(|copy| copy.is_copied).count();
        let mut lines = Vec::new();
        match copies {
            0 if self.copies.is_empty() => lines.push("the lost data is copied first".to_owned()),
            0 => {}
            1 => lines.push(format!("1 copy of at most {} is made first", size(self.bytes))),
            _ => {
                let copies = plural(copies as u64, "copy");
                lines.push(format!("{copies} of at most {} in total are made first", size(self.bytes)));
            }
        }
        if self.exceeds_limit() {
            lines.push(format!("keep_limit is {}: limbeck will refuse to run this plan", size(self.limit)));
        }
        for copy in &self.copies {
            let Some(reason) = &copy.reason else { continue };
            let what = if copy.is_copied { "its copy is not restored automatically" } else { "no copy is made" };
            lines.push(format!("{}: {what}: {reason}", copy.object));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(object: &str, is_copied: bool, reason: Option<&str>) -> ForecastCopy {
        ForecastCopy {
            step: 0,
            statement: 0,
            object: object.into(),
            bytes: 10,
            is_copied,
            is_restored: reason.is_none(),
            reason: reason.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_not_restored_is_listed() {
        assert_eq!(CopyForecast::default().lines(), ["no copy is made"]);
        let copies = vec![copy("a", true, None), copy("b", true, Some("no key")), copy("c", false, Some("dynamic"))];
        let forecast = CopyForecast { enabled: true, bytes: 30, limit: 20, copies };
        assert_eq!(
            forecast.lines(),
            [
                "2 copies of at most 30 bytes in total are made first",
                "keep_limit is 20 bytes: limbeck will refuse to run this plan",
                "b: its copy is not restored automatically: no key",
                "c: no copy is made: dynamic",
            ]
        );
    }
}
