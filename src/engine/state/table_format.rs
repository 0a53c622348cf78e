//! The format of limbeck's own tables: a number in the comment of the table.

use crate::engine::{Error, Result};

/// The beginning of the comment, before the number.
const PREFIX: &str = "limbeck, format ";

/// The comment of a table with this format.
pub(in crate::engine) fn comment(format: u32) -> String {
    format!("{PREFIX}{format}")
}

/// Reads the format from the comment of a table. Tables without such a comment have format 1.
///
/// # Errors
/// If the format is newer than the newest one that this version knows.
pub(in crate::engine) fn parse_known(table: &str, comment: Option<&str>, newest: u32) -> Result<u32> {
    let format = comment.and_then(|comment| comment.strip_prefix(PREFIX)?.trim().parse().ok()).unwrap_or(1);
    if format <= newest {
        return Ok(format);
    }
    let version = env!("CARGO_PKG_VERSION");
    Err(Error::new(format!("the table {table} has format {format}, and limbeck {version} knows format {newest}"))
        .because("a newer version of limbeck has written it")
        .hint("install the newest version of limbeck"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_from_comments() {
        for (text, expected) in [
            (None, Some(1)),
            (Some("a comment of the user"), Some(1)),
            (Some("limbeck, format 2"), Some(2)),
            (Some("limbeck, format 3"), None),
        ] {
            assert_eq!(parse_known("limbeck.log", text, 2).ok(), expected, "{text:?}");
        }
        assert_eq!(parse_known("limbeck.log", Some(&comment(2)), 2).ok(), Some(2));
    }
}
