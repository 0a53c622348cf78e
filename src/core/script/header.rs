//! The header of a script: the comment lines above the first marker.

use super::ScriptError;
use super::sections::Marker;
use crate::core::graph::RevisionId;

/// The contents of the header lines.
#[derive(Debug, Default)]
pub struct Header {
    pub message: String,
    pub down_revisions: Vec<RevisionId>,
    pub branch_labels: Vec<String>,
    pub depends_on: Vec<String>,
    pub create_date: Option<String>,
    pub other: Vec<String>,
    revision: Option<RevisionId>,
    /// The known keys found so far.
    seen: Vec<Key>,
}

/// The end of the header: at the first marker, or at the end of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderEnd {
    /// In bytes.
    pub offset: usize,
    /// 1-based.
    pub line: usize,
}

/// The keys of header lines, written before the colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Revision,
    Revises,
    BranchLabels,
    DependsOn,
    CreateDate,
}

impl Key {
    const ALL: [Self; 5] = [Self::Revision, Self::Revises, Self::BranchLabels, Self::DependsOn, Self::CreateDate];

    /// The key as written in a header line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Revision => "Revision ID",
            Self::Revises => "Revises",
            Self::BranchLabels => "Branch Labels",
            Self::DependsOn => "Depends On",
            Self::CreateDate => "Create Date",
        }
    }

    /// Splits a header line, without its dashes, into a known key and the text after the colon. `None` if the key is
    /// unknown.
    fn of(line: &str) -> Option<(Self, &str)> {
        let (word, value) = line.split_once(':')?;
        let key = Self::ALL.into_iter().find(|key| key.word().eq_ignore_ascii_case(word.trim_end()))?;
        Some((key, value.trim()))
    }
}

/// Whether a line of a message would be read as the end of the message.
pub fn ends_message(line: &str) -> bool {
    Key::of(line).is_some_and(|(key, _)| key == Key::Revision)
}

impl Header {
    /// Reads the header of `text`: the script's own id, the other lines, and the end of the header.
    ///
    /// # Errors
    /// If there is SQL above the first marker, the id is missing or invalid, or a key is present twice.
    pub fn read(text: &str) -> Result<(RevisionId, Self, HeaderEnd), ScriptError> {
        let mut header = Self::default();
        let mut message = Vec::new();
        let mut end = HeaderEnd { offset: 0, line: 1 };
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim();
            if header.revision.is_some() && Marker::is_marker(trimmed) {
                break;
            }
            match trimmed.strip_prefix("--") {
                Some(comment) => header.line(comment.strip_prefix(' ').unwrap_or(comment), end.line, &mut message)?,
                None if trimmed.is_empty() => {}
                None => return Err(header.sql_in_header(end.line)),
            }
            end.offset += line.len();
            end.line += 1;
        }
        header.message.push_str(message.join("\n").replace('\r', " ").trim_matches('\n'));
        match header.revision.take() {
            Some(revision) => Ok((revision, header, end)),
            None => Err(ScriptError { line: None, ..missing_revision(1) }),
        }
    }

    fn line<'a>(&mut self, line: &'a str, number: usize, message: &mut Vec<&'a str>) -> Result<(), ScriptError> {
        match Key::of(line) {
            Some((key, value)) if key == Key::Revision || self.revision.is_some() => self.key(key, value, number),
            _ if self.revision.is_none() => {
                message.push(line);
                Ok(())
            }
            _ => {
                self.other.extend((!line.trim().is_empty()).then(|| line.to_owned()));
                Ok(())
            }
        }
    }

    fn key(&mut self, key: Key, value: &str, number: usize) -> Result<(), ScriptError> {
        if self.seen.contains(&key) {
            let word = key.word();
            return Err(ScriptError::at(number, format!("{word} is present twice"), format!("keep one line {word}:")));
        }
        self.seen.push(key);
        match key {
            Key::Revision => self.revision = Some(id(value, number, key)?),
            Key::Revises => {
                self.down_revisions = list(value).map(|item| id(item, number, key)).collect::<Result<_, _>>()?;
            }
            Key::BranchLabels => self.branch_labels = list(value).map(str::to_owned).collect(),
            Key::DependsOn => self.depends_on = list(value).map(str::to_owned).collect(),
            Key::CreateDate => self.create_date = (!value.is_empty()).then(|| value.to_owned()),
        }
        Ok(())
    }

    fn sql_in_header(&self, number: usize) -> ScriptError {
        if self.revision.is_none() {
            return missing_revision(number);
        }
        ScriptError::at(
            number,
            "there is SQL above the first marker",
            "move it below a line `-- @upgrade` or `-- @downgrade`",
        )
    }
}

fn missing_revision(line: usize) -> ScriptError {
    ScriptError::at(
        line,
        "the header has no Revision ID",
        "begin the file with comment lines that include `-- Revision ID: ` and the id",
    )
}

fn id(text: &str, line: usize, key: Key) -> Result<RevisionId, ScriptError> {
    RevisionId::parse(text).map_err(|error| {
        ScriptError::at(line, format!("{} is not a valid revision id: {error}", key.word()), error.hint())
    })
}

/// The items of `a, b`. An empty value has none.
fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty())
}
