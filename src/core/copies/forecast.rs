//! What will be kept when a plan runs, told before it is approved.

use serde::Serialize;

use super::size;

/// What copies a plan makes. Empty where nothing is lost, or no copies are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Keeping {
    /// Whether copies are made at all.
    pub wanted: bool,
    /// What they take at most, in bytes, as far as the target tells now.
    pub bytes: u64,
    /// What they may take.
    pub limit: u64,
    pub copies: Vec<Forecast>,
}

/// One copy, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// Index into the plan's steps.
    pub step: usize,
    /// Index into that step's statements.
    pub statement: usize,
    pub object: String,
    /// At most, in bytes.
    pub bytes: u64,
    /// Whether a copy is made.
    pub kept: bool,
    /// Whether the opposite step puts it back by itself.
    pub comes_back: bool,
    /// Why not.
    pub reason: Option<String>,
}

impl Keeping {
    /// Whether the copies would take more than they may.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.wanted && self.bytes > self.limit
    }

    /// What a person has to know before approving, a line each: how much is copied, and what does not come back by
    /// itself or is not copied at all.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        if !self.wanted {
            return vec!["no copy is made".to_owned()];
        }
        let copies = self.copies.iter().filter(|copy| copy.kept).count();
        let mut lines = Vec::new();
        match copies {
            0 if self.copies.is_empty() => lines.push("a copy is made of what is lost".to_owned()),
            0 => {}
            1 => lines.push(format!("a copy is made first, of at most {}", size(self.bytes))),
            _ => lines.push(format!("{copies} copies are made first, of at most {} together", size(self.bytes))),
        }
        if self.is_over() {
            lines.push(format!("keep_limit is {}: as it is, the run is refused", size(self.limit)));
        }
        for copy in &self.copies {
            let Some(reason) = &copy.reason else { continue };
            let what = if copy.kept { "its copy does not come back by itself" } else { "no copy is made" };
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
    fn what_does_not_come_back_is_told() {
        assert_eq!(Keeping::default().lines(), ["no copy is made"]);
        let copies = vec![copy("a", true, None), copy("b", true, Some("no key")), copy("c", false, Some("dynamic"))];
        let keeping = Keeping { wanted: true, bytes: 30, limit: 20, copies };
        assert_eq!(
            keeping.lines(),
            [
                "2 copies are made first, of at most 30 bytes together",
                "keep_limit is 20 bytes: as it is, the run is refused",
                "b: its copy does not come back by itself: no key",
                "c: no copy is made: dynamic",
            ]
        );
    }
}
