//! Revision ids and the rules for them.

use std::fmt;
use std::sync::Arc;

/// The number of characters that fit into the column of Alembic's version table, `version_num varchar(32)`. A project may
/// have widened the column.
pub const ALEMBIC_WIDTH: usize = 32;

/// The id of a revision: text without `@ - + : , /`, spaces and control characters. `head`, `heads`, `base` and `current`
/// are no ids. Cheap to clone.
///
/// The length is not limited here: whether an id fits depends on the version table of the database.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionId(Arc<str>);

/// Why a text is not a valid revision id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRevisionId {
    #[error("a revision identifier cannot be empty")]
    Empty,
    #[error("Character(s) '{}' not allowed in revision identifier '{id}'", .characters.join(", "))]
    Characters { id: String, characters: Vec<String> },
    #[error("'{0}' is a symbol and cannot be a revision identifier")]
    Symbol(String),
}

impl InvalidRevisionId {
    /// What a valid id is.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "give an id with at least one character",
            Self::Characters { .. } => "an id contains no spaces, no control characters and none of @ - + : , /",
            Self::Symbol(_) => "choose another id: head, heads, base and current are names of targets",
        }
    }
}

impl RevisionId {
    /// Checks a text and returns it as an id.
    ///
    /// # Errors
    /// If the text is empty, a symbol, or contains a forbidden character.
    pub fn parse(text: &str) -> Result<Self, InvalidRevisionId> {
        if text.is_empty() {
            return Err(InvalidRevisionId::Empty);
        }
        let mut characters: Vec<String> = text
            .chars()
            .filter(|c| "@-+:,/".contains(*c) || c.is_whitespace() || c.is_control())
            .map(String::from)
            .collect();
        if !characters.is_empty() {
            characters.sort();
            characters.dedup();
            return Err(InvalidRevisionId::Characters { id: text.to_owned(), characters });
        }
        if ["head", "heads", "base", "current"].contains(&text) {
            return Err(InvalidRevisionId::Symbol(text.to_owned()));
        }
        Ok(Self(text.into()))
    }

    /// The number of characters, which the column of the version table must hold.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.chars().count()
    }

    /// Checks an id that Alembic has written. Only the characters that Alembic forbids are refused.
    ///
    /// # Errors
    /// If the text is empty, a symbol, or contains `@ - + :` or a control character.
    pub fn parse_existing(text: &str) -> Result<Self, InvalidRevisionId> {
        match Self::parse(text) {
            Err(InvalidRevisionId::Characters { id, characters }) => {
                let is_forbidden = |c: char| "@-+:".contains(c) || c.is_control();
                if characters.iter().all(|character| !character.contains(is_forbidden)) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidRevisionId::Characters { id, characters })
                }
            }
            result => result,
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight characters, which the UI shows.
    #[must_use]
    pub fn short(&self) -> &str {
        self.prefix(8)
    }

    /// At least the first eight characters, and as many as are needed to distinguish the id from the others.
    #[must_use]
    pub fn short_among<'a>(&self, others: impl Iterator<Item = &'a Self>) -> &str {
        let shared = |other: &Self| self.0.chars().zip(other.0.chars()).take_while(|(one, two)| one == two).count();
        let longest = others.filter(|other| *other != self).map(shared).max().unwrap_or_default();
        self.prefix((longest + 1).max(8))
    }

    fn prefix(&self, length: usize) -> &str {
        self.0.char_indices().nth(length).map_or(&self.0, |(end, _)| &self.0[..end])
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::borrow::Borrow<str> for RevisionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for RevisionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_are_listed_once_and_sorted() {
        let error = RevisionId::parse("a-b-@c").unwrap_err();
        assert_eq!(error.to_string(), "Character(s) '-, @' not allowed in revision identifier 'a-b-@c'");
    }

    #[test]
    fn short_ids_are_distinct() {
        let ids =
            ["abcdefgh1234", "abcdefgh9999", "12345678abcd", "가나", "가나다"].map(|id| RevisionId::parse(id).unwrap());
        let short = ids.iter().map(|id| id.short_among(ids.iter())).collect::<Vec<_>>();
        assert_eq!(short, ["abcdefgh1", "abcdefgh9", "12345678", "가나", "가나다"]);
        assert_eq!(ids[0].short(), "abcdefgh");
    }

    #[test]
    fn symbols_are_refused_and_the_length_is_not_limited() {
        assert!(RevisionId::parse("head").is_err());
        for length in [1, 32, 33, 255, 1000] {
            assert_eq!(RevisionId::parse(&"가".repeat(length)).unwrap().length(), length);
        }
    }

    #[test]
    fn existing_ids_may_be_what_alembic_accepts() {
        for id in ["a".repeat(40).as_str(), "a/b", "a b", "2026_01_add"] {
            assert!(RevisionId::parse_existing(id).is_ok(), "{id}");
        }
        for id in ["", "a-b", "a:b", "a@b", "a+b", "a\nb", "head"] {
            assert!(RevisionId::parse_existing(id).is_err(), "{id}");
        }
    }

    #[test]
    fn short_cuts_at_characters_not_bytes() {
        assert_eq!(RevisionId::parse("가나다라마바사아자차").unwrap().short(), "가나다라마바사아");
        assert_eq!(RevisionId::parse("abc").unwrap().short(), "abc");
    }
}
