//! Script text → [`Script`].

use std::borrow::Cow;

use super::header::Header;
use super::{Script, ScriptCode, ScriptError, SqlCode, sections};
use crate::core::text::line_at;

/// The text with `\n` as line ends. Removes all carriage returns before a `\n`: if one stayed, rendering and parsing would
/// change the script.
#[must_use]
pub fn with_unix_line_endings(text: &str) -> Cow<'_, str> {
    if !text.contains("\r\n") {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(content) => clean.extend([content.trim_end_matches('\r'), "\n"]),
            None => clean.push_str(line),
        }
    }
    Cow::Owned(clean)
}

/// Parses the text of a script.
///
/// # Errors
/// The line and what was expected there.
pub fn parse(text: &str) -> Result<Script, ScriptError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = with_unix_line_endings(text);
    if let Some(at) = text.find('\0') {
        let line = line_at(&text, at);
        let hint = "remove the NUL byte; if the file is saved as UTF-16, save it as UTF-8";
        return Err(ScriptError::at(line, "a zero byte is not allowed in SQL", hint));
    }
    let (revision, header, end) = Header::read(&text)?;
    let (upgrade, downgrade) = sections::read(text.get(end.offset..).unwrap_or_default(), end.line)?;
    Ok(Script {
        message: header.message,
        revision,
        down_revisions: header.down_revisions,
        branch_labels: header.branch_labels,
        depends_on: header.depends_on,
        create_date: header.create_date,
        code: ScriptCode::Sql(SqlCode { other_header: header.other, upgrade, downgrade }),
    })
}
