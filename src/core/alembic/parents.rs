//! Changes the parents of a Python script: `down_revision`, and the line `Revises` of the docstring. All other
//! characters stay as they are.

use crate::core::graph::RevisionId;
use crate::core::python::{assigned_text, docstring_text};

/// The text with other parents. `None` if `down_revision` is not assigned once, at the top level. The caller reads the
/// result again.
#[must_use]
pub fn with_python_parents(text: &str, parents: &[RevisionId]) -> Option<String> {
    let assigned = assigned_text(text, "down_revision")?;
    let quote = match assigned.quote {
        Some(quote) => quote,
        // `None` has no quotes.
        None => assigned_text(text, "revision").and_then(|revision| revision.quote).unwrap_or('"'),
    };
    let ids: Vec<String> = parents.iter().map(|id| format!("{quote}{id}{quote}")).collect();
    let value = match ids.as_slice() {
        [] => "None".to_owned(),
        [only] => only.clone(),
        several => format!("({})", several.join(", ")),
    };
    let mut edits = vec![(assigned.range, value)];
    if let Some(range) = docstring_text(text).and_then(|docstring| revises_in(text, docstring)) {
        let ids: Vec<&str> = parents.iter().map(RevisionId::as_str).collect();
        let space = if ids.is_empty() { "" } else { " " };
        edits.push((range, format!("{space}{}", ids.join(", "))));
    }
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut edited = text.to_owned();
    for (range, value) in edits {
        edited.replace_range(range, &value);
    }
    Some(edited)
}

/// The text after the colon of the first line `Revises:` of a docstring.
fn revises_in(text: &str, docstring: std::ops::Range<usize>) -> Option<std::ops::Range<usize>> {
    const KEY: &str = "Revises:";
    let mut offset = docstring.start;
    for line in text.get(docstring.clone())?.split_inclusive('\n') {
        // The first line has the prefix and the quotes of the docstring.
        let is_first = offset == docstring.start;
        let opened = if is_first { line.trim_start_matches(['r', 'R', 'u', 'U']) } else { line };
        let shown = if is_first { opened.trim_start_matches(['"', '\'']) } else { opened }.trim_start();
        if shown.starts_with(KEY) {
            let start = offset + line.len() - shown.len() + KEY.len();
            let end = offset + line.trim_end_matches(['\r', '\n']).len();
            // The docstring may end on this line.
            let value = text.get(start..end)?;
            let value = value.find(['"', '\'']).map_or(value, |quote| value.get(..quote).unwrap_or(value));
            return Some(start..start + value.len());
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::alembic::parse_text;
    use crate::core::script::Language;

    #[test]
    fn only_the_parents_change() {
        let rest = "\n\ndef upgrade():\n    down_revision = 'x'\n\n\ndef downgrade():\n    pass\n";
        for (header, parents, expected) in [
            (
                "\"\"\"m\n\nRevision ID: a1\nRevises: b1\nCreate Date: d\n\n\"\"\"\nrevision = 'a1'\ndown_revision = 'b1'  # one\n",
                "c1",
                "\"\"\"m\n\nRevision ID: a1\nRevises: c1\nCreate Date: d\n\n\"\"\"\nrevision = 'a1'\ndown_revision = 'c1'  # one\n",
            ),
            (
                "\"\"\"m\n\nRevises: \n\"\"\"\nrevision: str = \"a1\"\ndown_revision: Union[str, None] = None\n",
                "c1",
                "\"\"\"m\n\nRevises: c1\n\"\"\"\nrevision: str = \"a1\"\ndown_revision: Union[str, None] = \"c1\"\n",
            ),
            (
                "revision = 'a1'\ndown_revision = (\n    'b1',\n    'b2',\n)\n",
                "c1",
                "revision = 'a1'\ndown_revision = 'c1'\n",
            ),
            ("revision = 'a1'\ndown_revision = ['b1']\n", "c1 c2", "revision = 'a1'\ndown_revision = ('c1', 'c2')\n"),
            (
                "'''Revises: b1'''\nrevision = 'a1'\ndown_revision = PARENT\n",
                "c1",
                "'''Revises: c1'''\nrevision = 'a1'\ndown_revision = 'c1'\n",
            ),
            ("revision = 'a1'\ndown_revision = 'b1'\n", "", "revision = 'a1'\ndown_revision = None\n"),
            ("revision = 'a1'; down_revision = 'b1'\r\n", "c1", "revision = 'a1'; down_revision = 'c1'\r\n"),
        ] {
            let ids: Vec<RevisionId> = parents.split_whitespace().map(|id| RevisionId::parse(id).unwrap()).collect();
            let edited = with_python_parents(&format!("{header}{rest}"), &ids).unwrap();
            assert_eq!(edited, format!("{expected}{rest}"));
            assert_eq!(parse_text(Language::Python, &edited).unwrap().unwrap().down_revisions, ids, "{edited}");
        }
        for unclear in [
            "revision = 'a1'\n",
            "revision = down_revision = 'a1'\n",
            "revision, down_revision = 'a1', 'b1'\n",
            "if x:\n    down_revision = 'a1'\n",
            "down_revision = 'a1'\ndown_revision = 'b1'\n",
            "down_revision = 'a1'\ndown_revision += 'b1'\n",
        ] {
            assert_eq!(with_python_parents(unclear, &[]), None, "{unclear}");
        }
    }
}
