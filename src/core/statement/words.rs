//! The words of a statement that may be names.

use std::collections::BTreeSet;

/// Every word of a text, in lower case and as written, and every quoted name. Words in strings and comments are
/// included: a string may be SQL that runs later.
pub fn all(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let words = text.split(|letter| !is_part(letter)).filter(|word| !word.is_empty());
    let quoted = text.split('"').skip(1).step_by(2);
    words.chain(quoted).flat_map(|word| [word.to_owned(), word.to_lowercase()]).collect()
}
