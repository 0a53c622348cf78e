//! The file name of a new script, from `file_template`.

use jiff::civil::DateTime;

use super::settings::SettingsError;
use crate::core::python::{Value, format_percent};

/// What a file name contains.
#[derive(Debug, Clone, Copy)]
pub struct FileNameParts<'a> {
    pub revision: &'a str,
    pub message: &'a str,
    pub created: DateTime,
    /// Seconds since 1970.
    pub epoch: i64,
}

/// The words of a message in lower case, joined by `_`. A slug longer than `length` is cut after a whole word.
#[must_use]
pub fn slug(message: &str, length: usize) -> String {
    let words = message.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("_").to_lowercase();
    match slug.char_indices().nth(length) {
        None => slug,
        Some((end, _)) => {
            let cut = slug.get(..end).unwrap_or_default();
            format!("{}_", cut.rsplit_once('_').map_or(cut, |(words, _)| words))
        }
    }
}

/// The name of the file, which may be in subfolders.
///
/// # Errors
/// If the template has an unknown conversion.
pub fn file_name(template: &str, parts: &FileNameParts<'_>, slug_length: usize) -> Result<String, SettingsError> {
    let value = |name: Option<&str>| {
        let time = parts.created;
        Some(match name? {
            "rev" => Value::Text(parts.revision.to_owned()),
            "slug" => Value::Text(slug(parts.message, slug_length)),
            "epoch" => Value::Integer(parts.epoch),
            "year" => Value::Integer(time.year().into()),
            "month" => Value::Integer(time.month().into()),
            "day" => Value::Integer(time.day().into()),
            "hour" => Value::Integer(time.hour().into()),
            "minute" => Value::Integer(time.minute().into()),
            "second" => Value::Integer(time.second().into()),
            _ => return None,
        })
    };
    let name = format_percent(template, value).map_err(|error| SettingsError {
        line: None,
        message: format!("file_template: {error}"),
        hint: Some("it may contain rev, slug, epoch, year, month, day, hour, minute and second".into()),
    })?;
    Ok(name + ".py")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_alembics() {
        for (message, length, expected) in [
            ("Add user table", 40, "add_user_table"),
            ("마이그레이션 설명", 40, "마이그레이션_설명"),
            (
                "a very long message that goes on and on past every bound",
                40,
                "a_very_long_message_that_goes_on_and_on_",
            ),
            ("abcdef", 3, "abc_"),
            ("", 40, ""),
            ("  fix: it's  ", 40, "fix_it_s"),
        ] {
            assert_eq!(slug(message, length), expected, "{message}");
        }
    }

    #[test]
    fn file_names_follow_the_template() {
        let created = jiff::civil::date(2026, 3, 4).at(5, 6, 7, 0);
        let parts = FileNameParts { revision: "1a2b", message: "Add X", created, epoch: 99 };
        let name = |template: &str| file_name(template, &parts, 40);
        assert_eq!(name("%(rev)s_%(slug)s").unwrap(), "1a2b_add_x.py");
        assert_eq!(
            name("%(year)d/%(month).2d/%(day).2d_%(hour).2d%(minute).2d_%(second).2d_%(rev)s").unwrap(),
            "2026/03/04_0506_07_1a2b.py"
        );
        assert_eq!(name("%(epoch)d-%(slug)s").unwrap(), "99-add_x.py");
        assert!(name("%(name)s").unwrap_err().message.contains("'name'"));
    }
}
