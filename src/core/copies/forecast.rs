//! Which copies a plan will make, shown before it is approved.

use serde::Serialize;

use crate::core::text::{plural, size};

/// The copies that a plan makes. Empty if nothing is lost, or no copies are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Keeping {
    /// Whether copies are made at all.
    pub wanted: bool,
    /// Their maximum size in bytes, as far as it is known now.
    pub bytes: u64,
    /// Their allowed size in bytes.
    pub limit: u64,
    pub copies: Vec<Forecast>,
}

/// One copy, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// Index into the plan's steps.
    pub step: usize,
    /// Index into that step's statements.
    pub statement: usize,
    pub object: String,
    /// Its maximum size in bytes.
    pub bytes: u64,
    /// Whether a copy is made.
    pub kept: bool,
    /// Whether the opposite step restores it automatically.
    pub comes_back: bool,
    /// Why it is not made, or not restored.
    pub reason: Option<String>,
}

impl Keeping {
    /// Whether the copies would be larger than allowed.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.wanted && self.bytes > self.limit
    }

    /// What a person has to know before approving, one line each: how much is copied, what is not restored automatically,
    /// and what is not copied at all.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        if !self.wanted {
            return vec!["no copy is made".to_owned()];
        }
        let copies = self.copies.iter().filter(|copy| copy.kept).count();
        let mut lines = Vec::new();
        match copies {
            0 if self.copies.is_empty() => lines.push("the lost data is copied first".to_owned()),
            0 => {}
            1 => lines.push(format!("1 copy is made first, of at most {}", size(self.bytes))),
            _ => {
                let copies = plural(copies as u64, "copy");
                lines.push(format!("{copies} are made first, of at most {} in total", size(self.bytes)));
            }
        }
        if self.is_over() {
            lines.push(format!("keep_limit is {}: limbeck will refuse to run this plan", size(self.limit)));
        }
        for copy in &self.copies {
            let Some(reason) = &copy.reason else { continue };
            let what = if copy.kept { "its copy is not restored automatically" } else { "no copy is made" };
            lines.push(format!("{}: {what}: {reason}", copy.object));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(object: &str, kept: bool, reason: Option<&str>) -> Forecast {
        Forecast {
            step: 0,
            statement: 0,
            object: object.into(),
            bytes: 10,
            kept,
            comes_back: reason.is_none(),
            reason: reason.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_not_restored_is_listed() {
        assert_eq!(Keeping::default().lines(), ["no copy is made"]);
        let copies = vec![copy("a", true, None), copy("b", true, Some("no key")), copy("c", false, Some("dynamic"))];
        let keeping = Keeping { wanted: true, bytes: 30, limit: 20, copies };
        assert_eq!(
            keeping.lines(),
            [
                "2 copies are made first, of at most 30 bytes in total",
                "keep_limit is 20 bytes: limbeck will refuse to run this plan",
                "b: its copy is not restored automatically: no key",
                "c: no copy is made: dynamic",
            ]
        );
    }
}
