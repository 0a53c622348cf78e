//! `alembic.ini`, read as Python's `configparser` reads it.

use std::collections::HashMap;

/// The name of the section whose options all other sections have.
const INHERITED_SECTION: &str = "DEFAULT";
/// How deep values may refer to each other; the same as Python's.
const MAX_DEPTH: usize = 10;
/// How many references the value of one option may contain, also in the values to which it refers.
const MAX_REFERENCES: usize = 1000;

/// The sections of a file with their options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ini {
    sections: Vec<Section>,
    /// The value of `%(here)s`.
    here: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Section {
    name: String,
    options: HashMap<String, IniOption>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct IniOption {
    /// The value as written; lines of a value are joined by newlines.
    value: String,
    /// 1-based.
    line: usize,
}

/// Why a file or a value cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct IniError {
    /// 1-based.
    pub line: Option<usize>,
    pub message: String,
}

impl IniError {
    fn at(line: usize, message: impl Into<String>) -> Self {
        Self { line: Some(line), message: message.into() }
    }
}

impl Ini {
    /// Parses a file. `here` is its folder.
    ///
    /// # Errors
    /// If a line belongs to no section or is no option, or a section or option is present twice.
    pub fn parse(text: &str, here: &str) -> Result<Self, IniError> {
        let mut reader = IniReader::default();
        for (index, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
            reader.read(line, index + 1)?;
        }
        let mut ini = Self { sections: reader.sections, here: here.to_owned() };
        for option in ini.sections.iter_mut().flat_map(|section| section.options.values_mut()) {
            option.value.truncate(option.value.trim_end().len());
        }
        Ok(ini)
    }

    /// The names of the sections.
    pub fn section_names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str()).filter(|name| *name != INHERITED_SECTION)
    }

    /// Whether a section exists.
    #[must_use]
    pub fn has_section(&self, section: &str) -> bool {
        self.section_names().any(|name| name == section)
    }

    /// The line of an option.
    #[must_use]
    pub fn line_of(&self, section: &str, option: &str) -> Option<usize> {
        Some(self.option(section, option)?.line)
    }

    /// The value of an option, with `%(name)s` replaced and `%%` as `%`.
    ///
    /// # Errors
    /// If a `%` begins neither of the two, or a name does not exist.
    pub fn get(&self, section: &str, option: &str) -> Result<Option<String>, IniError> {
        let Some(found) = self.option(section, option) else { return Ok(None) };
        let mut interpolation = Interpolation { line: found.line, references: 0, text: String::new() };
        self.interpolate(section, &found.value, 0, &mut interpolation)?;
        Ok(Some(interpolation.text))
    }

    fn option(&self, section: &str, option: &str) -> Option<&IniOption> {
        let option = option.to_lowercase();
        let of = |name: &str| self.sections.iter().find(|section| section.name == name)?.options.get(&option);
        of(section).or_else(|| of(INHERITED_SECTION).filter(|_| self.has_section(section)))
    }

    /// Replaces `%(name)s`, with nothing between the name and the `s`, and recursively: as configparser does, and unlike
    /// Python's formatting.
    fn interpolate(
        &self,
        section: &str,
        value: &str,
        depth: usize,
        result: &mut Interpolation,
    ) -> Result<(), IniError> {
        let line = result.line;
        if depth > MAX_DEPTH || result.references > MAX_REFERENCES {
            return Err(IniError::at(line, "the values refer to each other too deeply"));
        }
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('%') {
            result.text.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                result.text.push('%');
                rest = after;
                continue;
            }
            let reference = after.strip_prefix('(').and_then(|after| after.split_once(")s"));
            let Some((name, after)) = reference.filter(|(name, _)| !name.is_empty() && !name.contains(')')) else {
                return Err(IniError::at(line, "'%' must be followed by '%' or '(name)s'; write '%%' for one '%'"));
            };
            rest = after;
            result.references += 1;
            if name.eq_ignore_ascii_case("here") && self.option(section, name).is_none() {
                result.text.push_str(&self.here);
                continue;
            }
            let Some(found) = self.option(section, name) else {
                return Err(IniError::at(line, format!("%({name})s refers to an option that does not exist")));
            };
            self.interpolate(section, &found.value, depth + 1, result)?;
        }
        result.text.push_str(rest);
        Ok(())
    }
}

/// A value while its references are replaced.
struct Interpolation {
    /// The line of the option.
    line: usize,
    /// The number of references that were replaced.
    references: usize,
    text: String,
}

/// Reads line by line.
#[derive(Default)]
struct IniReader {
    sections: Vec<Section>,
    /// The name of the option that a deeper indented line continues.
    option: Option<String>,
    indentation: usize,
}

impl IniReader {
    fn read(&mut self, line: &str, number: usize) -> Result<(), IniError> {
        let value = line.trim();
        if value.starts_with(['#', ';']) {
            return Ok(());
        }
        if value.is_empty() {
            if let Some(option) = self.current() {
                option.value.push('\n');
            }
            return Ok(());
        }
        let indentation = line.chars().take_while(|c| c.is_whitespace()).count();
        if indentation > self.indentation
            && let Some(option) = self.current()
        {
            option.value.push('\n');
            option.value.push_str(value);
            return Ok(());
        }
        self.indentation = indentation;
        if let Some(name) = section_name(value) {
            return self.begin_section(name, number);
        }
        self.begin_option(value, number)
    }

    fn current(&mut self) -> Option<&mut IniOption> {
        self.sections.last_mut()?.options.get_mut(self.option.as_ref()?)
    }

    fn begin_section(&mut self, name: &str, line: usize) -> Result<(), IniError> {
        self.option = None;
        if name != INHERITED_SECTION && self.sections.iter().any(|section| section.name == name) {
            return Err(IniError::at(line, format!("section [{name}] is present twice")));
        }
        self.sections.push(Section { name: name.to_owned(), options: HashMap::new() });
        Ok(())
    }

    fn begin_option(&mut self, text: &str, line: usize) -> Result<(), IniError> {
        let Some(section) = self.sections.last_mut() else {
            return Err(IniError::at(line, "the line is above the first section, for example [alembic]"));
        };
        let Some((name, value)) = text.split_once(['=', ':']).filter(|(name, _)| !name.trim().is_empty()) else {
            return Err(IniError::at(line, format!("the line is not `name = value`: {text}")));
        };
        let name = name.trim().to_lowercase();
        if section.options.contains_key(&name) {
            return Err(IniError::at(line, format!("option '{name}' is present twice in [{}]", section.name)));
        }
        section.options.insert(name.clone(), IniOption { value: value.trim().to_owned(), line });
        self.option = Some(name);
        Ok(())
    }
}

fn section_name(value: &str) -> Option<&str> {
    let rest = value.strip_prefix('[')?;
    let end = rest.rfind(']').filter(|end| *end > 0)?;
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn get(text: &str, option: &str) -> Option<String> {
        Ini::parse(text, "/p").unwrap().get("alembic", option).unwrap()
    }

    #[test]
    fn values_are_configparsers() {
        for (text, expected) in [
            ("[alembic]\nx = a", "a"),
            ("[alembic]\nX: a", "a"),
            ("[alembic]\nx=a # not a comment", "a # not a comment"),
            ("[alembic]\nx = a ; not a comment", "a ; not a comment"),
            ("[alembic]\nx = a\n  b\n# comment\n  c\n\n[other]\n", "a\nb\nc"),
            ("[alembic]\nx =\n    a\n    b", "\na\nb"),
            ("[alembic]\nx = a\n\n  b", "a\n\nb"),
            ("[alembic]\nx = postgresql://u:p@h/d", "postgresql://u:p@h/d"),
            ("[alembic]\nx = %(here)s/a%%b", "/p/a%b"),
            ("[alembic]\ny = %(z)s\nz = 1\nx = <%(y)s>", "<1>"),
            ("[DEFAULT]\nx = d\n[alembic]\n", "d"),
            ("[DEFAULT]\nhere = h\n[alembic]\nx = %(here)s", "h"),
            ("[alembic]\nx =", ""),
            ("  [alembic]\n  x = a\n  y = b", "a"),
            ("\u{feff}[alembic]\r\nx = a\r\n", "a"),
        ] {
            assert_eq!(get(text, "x").as_deref(), Some(expected), "{text}");
        }
        assert_eq!(get("[alembic]\ny = 1", "x"), None);
        assert_eq!(get("[DEFAULT]\nx = 1", "x"), None, "the section does not exist");
    }

    #[test]
    fn faults_have_their_line() {
        for (text, line, part) in [
            ("x = 1", 1, "above the first section"),
            ("[a]\n[b]\n[a]", 3, "[a] is present twice"),
            ("[a]\nx = 1\nX: 2", 3, "'x' is present twice"),
            ("[a]\nnonsense", 2, "not `name = value`"),
            ("[a]\n= 1", 2, "not `name = value`"),
        ] {
            let error = Ini::parse(text, "/p").unwrap_err();
            assert_eq!(error.line, Some(line), "{text}");
            assert!(error.message.contains(part), "{error:?}");
        }
        for (value, part) in [("50% x", "write '%%'"), ("%(nope)s", "%(nope)s refers"), ("%(x)s", "too deeply")] {
            let error = Ini::parse(&format!("[a]\nx = {value}"), "/p").unwrap().get("a", "x").unwrap_err();
            assert_eq!(error.line, Some(2));
            assert!(error.message.contains(part), "{error:?}");
        }
    }
}
