//! The first words of a statement.

use crate::core::sql::leading_words;

/// The first words of a statement, in lower case, e.g. `create unique index`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandWords(Vec<String>);

/// The number of words that are kept. No two commands differ only in later words.
const MAX_WORDS: usize = 8;

impl CommandWords {
    /// Reads the first words of a statement; empty if it does not start with a word.
    pub(super) fn of(statement: &str) -> Self {
        let mut words = leading_words(statement);
        words.truncate(MAX_WORDS);
        Self(words)
    }

    /// The first word, or an empty string.
    #[must_use]
    pub fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Whether it starts with these words.
    #[must_use]
    pub fn starts_with(&self, words: &[&str]) -> bool {
        self.0.len() >= words.len() && self.0.iter().zip(words).all(|(word, wanted)| word == wanted)
    }

    /// Whether the first word is one of these.
    #[must_use]
    pub fn is_one_of(&self, words: &[&str]) -> bool {
        words.contains(&self.first())
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Whether the server reports how many rows such a statement returns or affects.
    #[must_use]
    pub fn counts_rows(&self) -> bool {
        self.is_one_of(&["insert", "update", "delete", "merge", "select", "with", "copy", "values", "execute", "table"])
    }
}

impl std::fmt::Display for CommandWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" ").to_uppercase())
    }
}
