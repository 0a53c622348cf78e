//! Script text → [`Script`].

use std::borrow::Cow;

use super::header::Header;
use super::{Script, ScriptError, sections};

/// Parses the text of a script.
///
/// # Errors
/// The line and what was expected there.
pub fn parse(text: &str) -> Result<Script, ScriptError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = if text.contains("\r\n") { Cow::Owned(without_crlf(text)) } else { Cow::Borrowed(text) };
    let (revision, header, end) = Header::read(&text)?;
    let (upgrade, downgrade) = sections::read(text.get(end.offset..).unwrap_or_default(), end.line)?;
    Ok(Script {
        message: header.message,
        revision,
        down_revisions: header.down_revisions,
        branch_labels: header.branch_labels,
        depends_on: header.depends_on,
        create_date: header.create_date,
        other_header: header.other,
        upgrade,
        downgrade,
    })
}

/// The text with `\n` as line ends. Several carriage returns before a `\n`, which careless conversions leave, are removed
/// together: otherwise a script that was written and read again would be another one.
fn without_crlf(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(content) => clean.extend([content.trim_end_matches('\r'), "\n"]),
            None => clean.push_str(line),
        }
    }
    clean
}
