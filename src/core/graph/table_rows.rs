//! The rows of a version table as text: the revisions that they name, and the rows that are faulty.

use std::fmt;

use super::{InvalidRevisionId, RevisionId};
use crate::core::text::plural;

/// The rows of a version table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRows {
    /// The revisions that valid rows name, sorted, each once.
    pub heads: Vec<RevisionId>,
    /// The faulty rows. Alembic writes none of them.
    pub faults: Vec<RowFault>,
}

/// Rows that are not one revision each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowFault {
    /// The number of rows that are NULL.
    Null(u64),
    /// The number of rows that are empty, or contain only whitespace.
    Empty(u64),
    /// A revision id with whitespace before or after it.
    Whitespace { row: String, id: RevisionId },
    /// A row that is not a revision id, and why.
    Invalid { row: String, why: String },
    /// A revision that is in more than one row.
    Repeated { id: RevisionId, count: u64 },
}

impl TableRows {
    /// Reads the rows; `None` is NULL.
    #[must_use]
    pub fn read<'a>(rows: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let (mut nulls, mut empty) = (0, 0);
        let mut ids = Vec::new();
        let mut faults = Vec::new();
        for row in rows {
            match row {
                None => nulls += 1,
                Some(text) if text.trim().is_empty() => empty += 1,
                Some(text) => match RevisionId::parse(text) {
                    Ok(id) => ids.push(id),
                    Err(error) => faults.push(RowFault::invalid(text, &error)),
                },
            }
        }
        ids.sort_unstable();
        faults.extend(ids.chunk_by(|a, b| a == b).filter_map(RowFault::repeated));
        faults.extend([RowFault::Null(nulls), RowFault::Empty(empty)]);
        faults.retain(|fault| !matches!(fault, RowFault::Null(0) | RowFault::Empty(0)));
        faults.sort_unstable();
        ids.dedup();
        Self { heads: ids, faults }
    }

    /// The command that replaces the rows with valid ones: of the same revisions, as far as the rows name any.
    #[must_use]
    pub fn repair_command(&self) -> String {
        let trimmed = self.faults.iter().filter_map(|fault| match fault {
            RowFault::Whitespace { id, .. } => Some(id),
            _ => None,
        });
        let mut ids: Vec<&RevisionId> = self.heads.iter().chain(trimmed).collect();
        ids.sort_unstable();
        ids.dedup();
        stamp_command(ids)
    }
}

/// The command that writes exactly these revisions to the version table. `REV` stands for unknown revisions.
#[must_use]
pub fn stamp_command<'a>(ids: impl IntoIterator<Item = &'a RevisionId>) -> String {
    let words: Vec<&str> = ids.into_iter().map(RevisionId::as_str).collect();
    let words = if words.is_empty() { "REV".to_owned() } else { shell_words::join(words) };
    format!("limbeck stamp --purge {words}")
}

impl RowFault {
    fn invalid(row: &str, error: &InvalidRevisionId) -> Self {
        match RevisionId::parse(row.trim()) {
            Ok(id) => Self::Whitespace { row: row.to_owned(), id },
            Err(_) => Self::Invalid { row: row.to_owned(), why: error.to_string() },
        }
    }

    fn repeated(same: &[RevisionId]) -> Option<Self> {
        match same {
            [id, _, ..] => Some(Self::Repeated { id: id.clone(), count: same.len() as u64 }),
            _ => None,
        }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let are = |count: &u64| if *count == 1 { "is" } else { "are" };
        match self {
            Self::Null(count) => write!(f, "{} {} NULL", plural(*count, "row"), are(count)),
            Self::Empty(count) => write!(f, "{} {} empty", plural(*count, "row"), are(count)),
            Self::Whitespace { row, id } => write!(f, "the row '{row}' is revision {id} with whitespace around it"),
            Self::Invalid { row, why } => write!(f, "the row '{row}' is not a revision id: {why}"),
            Self::Repeated { id, count } => write!(f, "revision {id} is in {}", plural(*count, "row")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faulty_rows_are_described_with_the_command_that_repairs_them() {
        let cases: [(&[Option<&str>], &str, &str, &str); 9] = [
            (&[], "", "", "REV"),
            (&[Some("b1"), Some("a1")], "a1 b1", "", "a1 b1"),
            (&[None], "", "1 row is NULL", "REV"),
            (&[None, Some("a1"), None], "a1", "2 rows are NULL", "a1"),
            (&[Some(""), Some("  ")], "", "2 rows are empty", "REV"),
            (&[Some("a1"), Some("b1"), Some("a1")], "a1 b1", "revision a1 is in 2 rows", "a1 b1"),
            (&[Some(" a1\n")], "", "the row ' a1\n' is revision a1 with whitespace around it", "a1"),
            (
                &[Some("head"), Some("a1")],
                "a1",
                "the row 'head' is not a revision id: 'head' is a symbol and cannot be a revision identifier",
                "a1",
            ),
            (&[Some("a;b"), None], "a;b", "1 row is NULL", "'a;b'"),
        ];
        for (rows, heads, faults, command) in cases {
            let read = TableRows::read(rows.iter().copied());
            let shown = read.heads.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(" ");
            let described = read.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            assert_eq!((shown.as_str(), described.as_str()), (heads, faults), "{rows:?}");
            assert_eq!(read.repair_command(), format!("limbeck stamp --purge {command}"), "{rows:?}");
        }
    }
}
