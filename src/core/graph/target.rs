//! Parses a target expression without a graph.

/// A target expression: `REV`, `label@REV`, `+2`, `-1`, `REV+2`, `label@-1`, `label@REV-1`. `REV` is an id, a partial
/// id, a branch label, or one of `head heads base current`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'a> {
    Absolute(Name<'a>),
    Relative(Relative<'a>),
}

/// A name and the branch to which the revision must belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    pub branch: Option<&'a str>,
    pub symbol: &'a str,
}

/// A number of steps up or down from a name, or from the current revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Relative<'a> {
    pub branch: Option<&'a str>,
    pub symbol: Option<&'a str>,
    pub steps: i64,
}

impl<'a> Target<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        Self::relative(text).map_or_else(|| Self::Absolute(Name::parse(text)), Self::Relative)
    }

    fn relative(text: &'a str) -> Option<Relative<'a>> {
        let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = &text[before.len()..];
        let (sign, before) = match before.strip_suffix('+') {
            Some(before) => (1, before),
            None => (-1, before.strip_suffix('-')?),
        };
        if digits.is_empty() {
            return None;
        }
        // No graph is that deep, so that a number that is too large leaves every graph anyway.
        let steps = sign * digits.parse().unwrap_or(i64::MAX);
        let (branch, symbol) = match before.rsplit_once('@') {
            Some((branch, symbol)) if !branch.is_empty() => (Some(branch), symbol),
            Some(_) => return None,
            None => (None, before),
        };
        let plain = !symbol.contains(['+', '-']);
        plain.then_some(Relative { branch, symbol: Some(symbol).filter(|symbol| !symbol.is_empty()), steps })
    }
}

impl<'a> Name<'a> {
    fn parse(text: &'a str) -> Self {
        match text.split_once('@') {
            Some((branch, symbol)) if !branch.is_empty() => Self { branch: Some(branch), symbol },
            Some((_, symbol)) => Self { branch: None, symbol },
            None => Self { branch: None, symbol: text },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_parsed_as_in_alembic() {
        let relative = |branch, symbol, steps| Target::Relative(Relative { branch, symbol, steps });
        let absolute = |branch, symbol| Target::Absolute(Name { branch, symbol });
        let cases = [
            ("head", absolute(None, "head")),
            ("billing@head", absolute(Some("billing"), "head")),
            ("billing@", absolute(Some("billing"), "")),
            ("", absolute(None, "")),
            ("+2", relative(None, None, 2)),
            ("-1", relative(None, None, -1)),
            ("-0", relative(None, None, 0)),
            ("ae10+1", relative(None, Some("ae10"), 1)),
            ("heads-3", relative(None, Some("heads"), -3)),
            ("billing@+1", relative(Some("billing"), None, 1)),
            ("billing@ae10-2", relative(Some("billing"), Some("ae10"), -2)),
            ("+99999999999999999999", relative(None, None, i64::MAX)),
            ("-", absolute(None, "-")),
            ("a+1-1", absolute(None, "a+1-1")),
            ("12", absolute(None, "12")),
        ];
        for (text, expected) in cases {
            assert_eq!(Target::parse(text), expected, "{text}");
        }
    }
}
