//! Changes the parents in the header of a SQL script. All other characters stay as they are.

use super::Script;
use super::header::Key;
use super::sections::Marker;
use crate::core::graph::RevisionId;

/// The text with other parents. `None` if the text is not a script, or would not be the same script otherwise.
#[must_use]
pub fn with_sql_parents(text: &str, parents: &[RevisionId]) -> Option<String> {
    let before = Script::parse(text).ok()?;
    let ids: Vec<&str> = parents.iter().map(RevisionId::as_str).collect();
    let edited = edit(text, &ids.join(", "))?;
    let expected = Script { down_revisions: parents.to_vec(), ..before };
    let after = Script::parse(&edited).ok()?;
    is_same(&after, &expected).then_some(edited)
}

/// Replaces the value of `Revises`, or adds the line below `Revision ID`.
fn edit(text: &str, value: &str) -> Option<String> {
    let mut after_id = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let end = offset + line.len();
        if after_id.is_some() && Marker::is_marker(line.trim()) {
            break;
        }
        match key_of(line) {
            Some((Key::Revision, _)) => after_id = Some(end),
            Some((Key::Revises, colon)) if after_id.is_some() => {
                let rest = line.trim_end_matches(['\r', '\n']);
                let (start, old_end) = (offset + colon + 1, offset + rest.len());
                let value = if value.is_empty() { String::new() } else { format!(" {value}") };
                return Some(format!("{}{value}{}", text.get(..start)?, text.get(old_end..)?));
            }
            _ => {}
        }
        offset = end;
    }
    let place = after_id?;
    let above = text.get(..place)?;
    let line_end = if above.ends_with("\r\n") { "\r\n" } else { "\n" };
    let missing = if above.ends_with('\n') { "" } else { line_end };
    Some(format!("{above}{missing}-- {}: {value}{line_end}{}", Key::Revises.word(), text.get(place..)?))
}

/// The key of a header line, and the offset of its colon.
fn key_of(line: &str) -> Option<(Key, usize)> {
    let start = line.find("--")?;
    if !line.get(..start)?.trim_start_matches('\u{feff}').trim().is_empty() {
        return None;
    }
    let comment = line.get(start + 2..)?;
    let colon = comment.find(':')?;
    let word = comment.get(..colon)?.trim();
    let key = [Key::Revision, Key::Revises].into_iter().find(|key| key.word().eq_ignore_ascii_case(word))?;
    Some((key, start + 2 + colon))
}

/// Whether two scripts are equal except for the lines of their sections.
fn is_same(one: &Script, other: &Script) -> bool {
    one.down_revisions == other.down_revisions
        && one.revision == other.revision
        && one.message == other.message
        && one.depends_on == other.depends_on
        && one.branch_labels == other.branch_labels
        && one.create_date == other.create_date
        && match (one.sql(), other.sql()) {
            (Some(one), Some(other)) => {
                one.other_header == other.other_header
                    && (&one.upgrade.sql, one.upgrade.transactional)
                        == (&other.upgrade.sql, other.upgrade.transactional)
                    && (&one.downgrade.sql, one.downgrade.transactional)
                        == (&other.downgrade.sql, other.downgrade.transactional)
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_parents_change() {
        let rest = "\n-- @upgrade\nSELECT 1; -- Revises: x\n\n-- @downgrade\n-- Revises: y\n";
        for (header, parents, expected) in [
            ("-- m\n-- Revision ID: a1\n-- Revises: b1\n", "c1", "-- m\n-- Revision ID: a1\n-- Revises: c1\n"),
            (
                "-- Revision ID: a1\n-- Revises: b1, b2  \n-- X: y\n",
                "c1",
                "-- Revision ID: a1\n-- Revises: c1\n-- X: y\n",
            ),
            ("-- Revision ID: a1\n-- revises:b1\n", "c1 c2", "-- Revision ID: a1\n-- revises: c1, c2\n"),
            ("-- Revision ID: a1\r\n-- Revises: b1\r\n", "c1", "-- Revision ID: a1\r\n-- Revises: c1\r\n"),
            ("\u{feff}-- Revision ID: a1\n-- Revises: b1\n", "c1", "\u{feff}-- Revision ID: a1\n-- Revises: c1\n"),
            // A base.
            ("-- Revision ID: a1\n-- Revises:\n", "c1", "-- Revision ID: a1\n-- Revises: c1\n"),
            (
                "-- Revision ID: a1\n-- Create Date: d\n",
                "c1",
                "-- Revision ID: a1\n-- Revises: c1\n-- Create Date: d\n",
            ),
            ("-- Revision ID: a1\n-- Revises: b1\n", "", "-- Revision ID: a1\n-- Revises:\n"),
            // A line of the message.
            (
                "-- Revises: nothing\n--\n-- Revision ID: a1\n-- Revises: b1\n",
                "c1",
                "-- Revises: nothing\n--\n-- Revision ID: a1\n-- Revises: c1\n",
            ),
        ] {
            let parents: Vec<RevisionId> =
                parents.split_whitespace().map(|id| RevisionId::parse(id).unwrap()).collect();
            let edited = with_sql_parents(&format!("{header}{rest}"), &parents);
            assert_eq!(edited, Some(format!("{expected}{rest}")), "{header}");
        }
        assert_eq!(with_sql_parents("SELECT 1;", &[]), None);
    }
}
