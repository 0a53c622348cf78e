//! Reads the words of a text that may be names.

use std::collections::BTreeSet;

/// All words and quoted names of a text, as written and in lower case. Words in strings and comments are included, because
/// a string may contain SQL that runs later.
pub fn all(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let words = text.split(|letter| !is_part(letter)).filter(|word| !word.is_empty());
    let quoted = text.split('"').skip(1).step_by(2);
    words.chain(quoted).flat_map(|word| [word.to_owned(), word.to_lowercase()]).collect()
}
