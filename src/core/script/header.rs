//! A script's header: the comment lines above the first marker.

use super::ScriptError;
use super::sections::Marker;
use crate::core::graph::RevisionId;

/// What the header lines say.
#[derive(Debug, Default)]
pub struct Header {
    pub message: String,
    pub down_revisions: Vec<RevisionId>,
    pub branch_labels: Vec<String>,
    pub depends_on: Vec<String>,
    pub create_date: Option<String>,
    pub other: Vec<String>,
    revision: Option<RevisionId>,
    /// The known keys that were met.
    seen: Vec<Key>,
}

/// Where the header ends: at the first marker, or at the end of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// In bytes.
    pub offset: usize,
    /// 1-based.
    pub line: usize,
}

/// The keys of a header line, as written before the colon.
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

    /// The key as a header line spells it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Revision => "Revision ID",
            Self::Revises => "Revises",
            Self::BranchLabels => "Branch Labels",
            Self::DependsOn => "Depends On",
            Self::CreateDate => "Create Date",
        }
    }

    /// Tells a header line (without its dashes) that has a known key, and what follows its colon.
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
    /// Reads the header of `text`: the script's own id, the other lines, and where they end.
    ///
    /// # Errors
    /// At SQL above the first marker, a bad or missing id, or a key that stands twice.
    pub fn read(text: &str) -> Result<(RevisionId, Self, End), ScriptError> {
        let mut header = Self::default();
        let mut message = Vec::new();
        let mut end = End { offset: 0, line: 1 };
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim();
            if header.revision.is_some() && Marker::is_marker(trimmed) {
                break;
            }
            match trimmed.strip_prefix("--") {
                Some(comment) => header.line(comment.strip_prefix(' ').unwrap_or(comment), end.line, &mut message)?,
                None if trimmed.is_empty() => {}
                None => return Err(header.found_sql(end.line)),
            }
            end.offset += line.len();
            end.line += 1;
        }
        header.message.push_str(message.join("\n").replace('\r', " ").trim_matches('\n'));
        match header.revision.take() {
            Some(revision) => Ok((revision, header, end)),
            None => Err(ScriptError { line: None, ..no_revision(1) }),
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
            return Err(ScriptError::at(number, format!("{word} stands twice"), format!("keep one line {word}:")));
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

    fn found_sql(&self, number: usize) -> ScriptError {
        if self.revision.is_none() {
            return no_revision(number);
        }
        ScriptError::at(
            number,
            "SQL stands above the first marker",
            "write it below a line `-- @upgrade` or `-- @downgrade`",
        )
    }
}

fn no_revision(line: usize) -> ScriptError {
    ScriptError::at(
        line,
        "the header has no Revision ID",
        "start the file with comment lines, one of them `-- Revision ID: ` and the id",
    )
}

fn id(text: &str, line: usize, key: Key) -> Result<RevisionId, ScriptError> {
    RevisionId::parse(text).map_err(|error| {
        ScriptError::at(
            line,
            format!("{} holds no revision id: {error}", key.word()),
            "an id has up to 32 characters, none of them blank or one of @ - + : , /",
        )
    })
}

/// The items of `a, b`; none of an empty value.
fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty())
}
