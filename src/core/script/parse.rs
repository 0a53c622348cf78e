//! Script text → [`Script`].

use std::borrow::Cow;

use super::header::Header;
use super::{Script, ScriptCode, ScriptError, SqlCode, sections};

/// Parses the text of a script.
///
/// # Errors
/// The line and what was expected there.
pub fn parse(text: &str) -> Result<Script, ScriptError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
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
