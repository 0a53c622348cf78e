//! The sections of a script, and the marker lines before them.

use super::{ScriptError, Section};
use crate::core::graph::Direction;
use crate::core::sql::separator_lines;

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
/// # Errors
/// If a marker is present twice, an option is unknown, or a quote, comment or COPY has no end.
pub fn read(text: &str, first_line: usize) -> Result<(Section, Section), ScriptError> {
    let markers = markers(text, first_line)?;
    let (mut upgrade, mut downgrade) = (Section::default(), Section::default());
    for (index, marker_line) in markers.iter().enumerate() {
        let section = match marker_line.marker.direction {
            Direction::Upgrade => &mut upgrade,
            Direction::Downgrade => &mut downgrade,
        };
        if section.line != 0 {
            let word = Marker::word(marker_line.marker.direction);
            return Err(ScriptError::at(
                marker_line.line,
                format!("@{word} is present twice"),
                format!("keep one line `-- @{word}` and put its SQL below it"),
            ));
        }
        let end = markers.get(index + 1).map_or(text.len(), |next| next.start);
        let body = text.get(marker_line.end..end).unwrap_or_default();
        let (sql, blank_lines) = trimmed(body);
        let line = marker_line.line + 1 + blank_lines;
        *section = Section { sql: sql.to_owned(), transactional: marker_line.marker.transactional, line };
    }
    Ok((upgrade, downgrade))
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
