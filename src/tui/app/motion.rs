//! A movement of a cursor over rows.

/// A movement over rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    Lines(isize),
    /// Half a page: 1 is down, -1 is up.
    HalfPage(isize),
    Start,
    End,
}

impl Motion {
    /// The position after the movement, among `count` rows and with `page` visible rows.
    #[must_use]
    pub fn apply(self, position: usize, count: usize, page: usize) -> usize {
        let last = count.saturating_sub(1);
        let half = isize::try_from((page / 2).max(1)).unwrap_or(1);
        match self {
            Self::Lines(lines) => position.saturating_add_signed(lines).min(last),
            Self::HalfPage(sign) => position.saturating_add_signed(sign * half).min(last),
            Self::Start => 0,
            Self::End => last,
        }
    }
}
