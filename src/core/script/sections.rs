//! The sections of a script, and the marker lines before them.

use super::{ScriptError, Section};
use crate::core::graph::Direction;
use crate::core::sql::{separator_lines, split};

/// A line `-- @upgrade` or `-- @downgrade` with its options.
#[derive(Debug, Clone, Copy)]
pub struct Marker {
    pub direction: Direction,
    pub transactional: bool,
}

/// A marker and its line in the text, as byte offsets including the newline.
struct MarkerLine {
    marker: Marker,
    line: usize,
    start: usize,
    end: usize,
}

/// A part of a section: its statements run in one transaction, or outside a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionPart {
    /// The 1-based line of the section on which the part starts.
    pub first_line: usize,
    pub transactional: bool,
}

impl Section {
    /// The parts of the section, at least one.
    #[must_use]
    pub fn parts(&self) -> Vec<SectionPart> {
        let first = SectionPart { first_line: 1, transactional: self.transactional };
        let others = markers(&self.sql, 1)
            .unwrap_or_default()
            .into_iter()
            .map(|found| SectionPart { first_line: found.line, transactional: found.marker.transactional });
        std::iter::once(first).chain(others).collect()
    }

    /// Whether all parts run in a transaction.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.parts().iter().all(|part| part.transactional)
    }
}

/// The SQL of a section with several parts, for the place below the marker line of the direction. A part is its SQL, and
/// whether it runs in a transaction; empty parts are left out.
#[must_use]
pub fn join_parts(direction: Direction, parts: &[(String, bool)]) -> String {
    let (mut text, mut was_transactional) = (String::new(), true);
    for (sql, transactional) in parts.iter().filter(|(sql, _)| !sql.is_empty()) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        if *transactional != was_transactional {
            text.push_str(&marker_line(direction, *transactional));
            text.push('\n');
        }
        text.push_str(sql);
        was_transactional = *transactional;
    }
    text
}

/// The canonical marker line.
pub fn marker_line(direction: Direction, transactional: bool) -> String {
    let option = if transactional { "" } else { " transaction=off" };
    format!("-- @{}{option}", Marker::word(direction))
}

impl Marker {
    /// The word after the `@`.
    pub const fn word(direction: Direction) -> &'static str {
        match direction {
            Direction::Upgrade => "upgrade",
            Direction::Downgrade => "downgrade",
        }
    }

    /// Whether a line, without surrounding spaces, starts a section, or is a misspelled marker, which is an error.
    pub fn is_marker(line: &str) -> bool {
        Self::split(line).is_some() || Self::misspelled(line).is_some()
    }

    /// The word of a misspelled marker, and the marker that it is similar to. As a comment, it would move the SQL below it
    /// to the other section. A line with more words is a comment.
    fn misspelled(line: &str) -> Option<(&str, &'static str)> {
        let mut words = line.strip_prefix("--")?.trim_start().strip_prefix('@')?.split_whitespace();
        let word = words.next()?;
        if words.any(|option| !option.starts_with("transaction")) {
            return None;
        }
        let lower = word.to_lowercase();
        let is_similar = |known: &&str| match lower.as_str() {
            "up" => *known == "upgrade",
            "down" => *known == "downgrade",
            lower => {
                known.starts_with(&lower[..lower.chars().next().map_or(0, char::len_utf8)])
                    && known.len().abs_diff(lower.len()) <= 2
                    && strsim::osa_distance(known, lower) <= 2
            }
        };
        let known = [Direction::Upgrade, Direction::Downgrade].map(Self::word).into_iter().find(is_similar)?;
        Some((word, known))
    }

    fn split(line: &str) -> Option<(Direction, &str)> {
        let rest = line.strip_prefix("--")?.trim_start().strip_prefix('@')?;
        [Direction::Upgrade, Direction::Downgrade].into_iter().find_map(|direction| {
            let options = rest.strip_prefix(Self::word(direction))?;
            (options.is_empty() || options.starts_with(char::is_whitespace)).then_some((direction, options.trim()))
        })
    }

    fn read(line: &str, number: usize) -> Option<Result<Self, ScriptError>> {
        let Some((direction, options)) = Self::split(line) else {
            let (word, known) = Self::misspelled(line)?;
            let message = format!("@{word} is not a marker");
            return Some(Err(ScriptError::at(number, message, format!("did you mean `-- @{known}`?"))));
        };
        let mut marker = Self { direction, transactional: true };
        for option in options.split_whitespace() {
            marker.transactional = match option {
                "transaction=off" => false,
                "transaction=on" => true,
                _ => {
                    return Some(Err(ScriptError::at(
                        number,
                        format!("@{} has no option {option}", Self::word(direction)),
                        "the only option is transaction=off",
                    )));
                }
            };
        }
        Some(Ok(marker))
    }
}

/// Reads the sections of `text`, which is empty or begins with a marker line. `first_line` is its 1-based line in the
/// file. Returns the upgrade and the downgrade.
///
/// A marker that repeats the direction of the one before it starts another part of the section, if one of them has
/// `transaction=off` and the other has not.
///
/// # Errors
/// If a marker is present twice, an option is unknown, or a quote, comment or COPY has no end.
pub fn read(text: &str, first_line: usize) -> Result<(Section, Section), ScriptError> {
    let markers = markers(text, first_line)?;
    let (mut upgrade, mut downgrade) = (Section::default(), Section::default());
    let mut sections = markers.chunk_by(|one, next| starts_part(one.marker, next.marker)).peekable();
    while let Some(parts) = sections.next() {
        let [first, ..] = parts else { continue };
        let section = match first.marker.direction {
            Direction::Upgrade => &mut upgrade,
            Direction::Downgrade => &mut downgrade,
        };
        if section.line != 0 {
            let word = Marker::word(first.marker.direction);
            return Err(ScriptError::at(
                first.line,
                format!("@{word} is present twice"),
                format!("keep one line `-- @{word}` and put its SQL below it"),
            ));
        }
        require_complete_parts(text, parts)?;
        let first = first_part_with_sql(text, parts).unwrap_or(first);
        let end = sections.peek().and_then(|next| next.first()).map_or(text.len(), |next| next.start);
        let body = text.get(first.end..end).unwrap_or_default();
        let (sql, blank_lines) = trimmed(body);
        let line = first.line + 1 + blank_lines;
        *section = Section { sql: sql.to_owned(), transactional: first.marker.transactional, line };
    }
    Ok((upgrade, downgrade))
}

/// The marker of the first part that is not empty.
fn first_part_with_sql<'a>(text: &str, parts: &'a [MarkerLine]) -> Option<&'a MarkerLine> {
    let is_empty = |pair: &[MarkerLine]| match pair {
        [part, next] => text.get(part.end..next.start).is_some_and(|sql| sql.trim().is_empty()),
        _ => false,
    };
    parts.get(parts.windows(2).take_while(|pair| is_empty(pair)).count())
}

/// Whether the second marker starts another part of the first marker's section.
fn starts_part(one: Marker, next: Marker) -> bool {
    one.direction == next.direction && one.transactional != next.transactional
}

/// Fails if the last statement of a part that another one follows has no semicolon: a marker between two parts is only a
/// comment and does not end a statement.
fn require_complete_parts(text: &str, parts: &[MarkerLine]) -> Result<(), ScriptError> {
    for pair in parts.windows(2) {
        let [part, next] = pair else { continue };
        let sql = text.get(part.end..next.start).unwrap_or_default();
        let count = |sql: &str| split(sql).map(|statements| statements.len());
        if let (Ok(alone), Ok(with_another)) = (count(sql), count(&format!("{sql}\nSELECT 1;")))
            && alone == with_another
        {
            let message = "the statement before this marker has no semicolon".to_owned();
            return Err(ScriptError::at(next.line, message, "end the statement with a semicolon"));
        }
    }
    Ok(())
}

/// The text of a section without blank lines before it and whitespace after it, and the number of lines removed before
/// it.
pub fn trimmed(body: &str) -> (&str, usize) {
    if body.trim().is_empty() {
        return ("", 0);
    }
    let blanks = body.len() - body.trim_start().len();
    let start = body.get(..blanks).and_then(|blank| blank.rfind('\n')).map_or(0, |newline| newline + 1);
    let above = body.get(..start).unwrap_or_default().matches('\n').count();
    (body.get(start..).unwrap_or_default().trim_end(), above)
}

fn markers(text: &str, first_line: usize) -> Result<Vec<MarkerLine>, ScriptError> {
    let lines = separator_lines(text, Marker::is_marker).map_err(|error| ScriptError {
        line: Some(first_line + error.line - 1),
        message: error.message,
        hint: error.hint,
    })?;
    let (mut line, mut counted) = (first_line, 0);
    let mut marker_line = Vec::new();
    for (start, end) in lines {
        line += text.get(counted..start).unwrap_or_default().matches('\n').count();
        counted = start;
        if let Some(marker) = Marker::read(text.get(start..end).unwrap_or_default().trim(), line) {
            marker_line.push(MarkerLine { marker: marker?, line, start, end });
        }
    }
    Ok(marker_line)
}
