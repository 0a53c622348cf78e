//! The docstring of a script: its message, its date, and the lines that repeat what the code says.

use crate::core::graph::RevisionId;
use crate::core::script::DocstringFault;

/// The contents of a docstring.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Docstring<'a> {
    /// The lines before the first line with a key.
    pub message: String,
    pub create_date: Option<&'a str>,
    revision: Option<&'a str>,
    revises: Option<&'a str>,
}

const REVISION: &str = "Revision ID";
const REVISES: &str = "Revises";
const CREATE_DATE: &str = "Create Date";

impl<'a> Docstring<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let mut docstring = Self::default();
        let mut message = Vec::new();
        let mut in_message = true;
        for line in text.lines() {
            let field = match line.trim().split_once(':') {
                Some((REVISION, value)) => Some((&mut docstring.revision, value)),
                Some((REVISES, value)) => Some((&mut docstring.revises, value)),
                Some((CREATE_DATE, value)) => Some((&mut docstring.create_date, value)),
                _ => None,
            };
            match field {
                Some((field, value)) => {
                    in_message = false;
                    field.get_or_insert(value.trim());
                }
                None if in_message => message.push(line.trim_end()),
                None => {}
            }
        }
        message.join("\n").trim().clone_into(&mut docstring.message);
        docstring.create_date = docstring.create_date.filter(|date| !date.is_empty());
        docstring
    }

    /// Returns the lines that contradict the code.
    pub(super) fn faults(&self, revision: &RevisionId, parents: &[RevisionId]) -> Vec<DocstringFault> {
        let mut faults = Vec::new();
        if let Some(stated) = self.revision.filter(|stated| *stated != revision.as_str()) {
            faults.push(DocstringFault { key: REVISION, docstring: stated.to_owned(), code: revision.to_string() });
        }
        if let Some(stated) = self.revises {
            let mut in_docstring = ids(stated);
            let mut in_code: Vec<&str> = parents.iter().map(RevisionId::as_str).collect();
            in_docstring.sort_unstable();
            in_code.sort_unstable();
            if in_docstring != in_code {
                let code = if parents.is_empty() { "None".to_owned() } else { in_code.join(", ") };
                faults.push(DocstringFault { key: REVISES, docstring: stated.to_owned(), code });
            }
        }
        faults
    }
}

/// The ids of a line such as `a, b`, `None` or `('a', 'b')`, which templates of different versions write.
fn ids(text: &str) -> Vec<&str> {
    let is_decoration = |c: char| "()[]'\" ".contains(c);
    let ids = text.split(',').map(|id| id.trim_matches(is_decoration));
    ids.filter(|id| !id.is_empty() && *id != "None" && *id != "<base>").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_what_is_above_the_keys() {
        let text =
            "add users\nin two lines\n\nand more\n\nRevision ID: a1\nRevises: \nCreate Date: 2026-01-01 10:00:00";
        let docstring = Docstring::parse(text);
        assert_eq!(docstring.message, "add users\nin two lines\n\nand more");
        assert_eq!(docstring.create_date, Some("2026-01-01 10:00:00"));
        assert_eq!(Docstring::parse("only a message").message, "only a message");
        assert_eq!(Docstring::parse(""), Docstring::default());
    }

    #[test]
    fn contradictions_are_found() {
        let id = |text: &str| RevisionId::parse(text).unwrap();
        for (revises, parents, count) in [
            ("", &[][..], 0),
            ("None", &[], 0),
            ("<base>", &[], 0),
            ("a1", &["a1"], 0),
            ("a1, b2", &["b2", "a1"], 0),
            ("('a1', 'b2')", &["a1", "b2"], 0),
            ("a1", &[], 1),
            ("", &["a1"], 1),
            ("c3", &["a1"], 1),
        ] {
            let text = format!("m\n\nRevision ID: x1\nRevises: {revises}\n");
            let parents: Vec<RevisionId> = parents.iter().map(|parent| id(parent)).collect();
            assert_eq!(Docstring::parse(&text).faults(&id("x1"), &parents).len(), count, "{revises} {parents:?}");
            assert_eq!(Docstring::parse("m").faults(&id("x1"), &parents), []);
        }
        let other = Docstring::parse("m\n\nRevision ID: other\n").faults(&id("x1"), &[]);
        assert_eq!(other[0].to_string(), "the docstring says 'Revision ID: other', but the code says x1");
    }
}
