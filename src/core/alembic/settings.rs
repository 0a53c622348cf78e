//! The settings of an Alembic project, from `alembic.ini` and `[tool.alembic]` of `pyproject.toml`.

use toml::{Table, Value as Toml};

use super::ini::{Ini, IniError};
use crate::core::python::{Value, format_percent};
use crate::core::text::line_at;

/// The file name of new scripts in projects without `file_template`.
const DEFAULT_FILE_TEMPLATE: &str = "%(rev)s_%(slug)s";
/// The maximum length of a slug in projects without `truncate_slug_length`.
const DEFAULT_SLUG_LENGTH: usize = 40;
/// Text that occurs only in a placeholder URL, not in the URL of a database.
const PLACEHOLDERS: [&str; 3] = ["driver://", "${", "{{"];

/// What `alembic.ini` and `pyproject.toml` say. `alembic.ini` has precedence over `pyproject.toml`, option by option.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// Empty without an `alembic.ini`.
    ini: Ini,
    /// The section of `alembic.ini`.
    section: String,
    /// `[tool.alembic]`.
    table: Table,
    /// The folder of `pyproject.toml`.
    table_folder: String,
    pub script_location: Option<String>,
    pub version_locations: Vec<String>,
    pub prepend_sys_path: Vec<String>,
    pub file_template: String,
    /// `None`: the local time zone.
    pub timezone: Option<String>,
    pub slug_length: usize,
    pub recursive_version_locations: bool,
    /// Whether Alembic runs `env.py` for every new script.
    pub revision_environment: bool,
    /// The names of the programs that Alembic runs on a new script.
    pub post_write_hooks: Vec<String>,
}

/// Why a setting cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// The 1-based line of `alembic.ini`.
    pub line: Option<usize>,
    pub message: String,
    pub hint: Option<String>,
}

impl From<IniError> for SettingsError {
    fn from(error: IniError) -> Self {
        Self { line: error.line, message: error.message, hint: None }
    }
}

/// Whether the text of a `pyproject.toml` has a table `[tool.alembic]`.
#[must_use]
pub fn has_alembic_table(pyproject: &str) -> bool {
    pyproject.contains("alembic") && alembic_table(pyproject).is_ok_and(|table| table.is_some())
}

/// Whether the text is the URL of a template, not of a database.
#[must_use]
pub fn is_placeholder_url(url: &str) -> bool {
    url.trim().is_empty() || PLACEHOLDERS.iter().any(|placeholder| url.contains(placeholder))
}

impl Settings {
    /// Reads the settings. Each file is given as its text and its folder. `section` is the section of `alembic.ini`.
    ///
    /// # Errors
    /// If a file cannot be parsed, or a setting has a value that Alembic rejects.
    pub fn read(
        ini: Option<(&str, &str)>,
        pyproject: Option<(&str, &str)>,
        section: &str,
    ) -> Result<Self, SettingsError> {
        let (ini_text, here) = ini.unwrap_or_default();
        let (toml_text, table_folder) = pyproject.unwrap_or_default();
        let mut settings = Self {
            ini: Ini::parse(ini_text, here)?,
            section: section.to_owned(),
            table: alembic_table(toml_text)?.unwrap_or_default(),
            table_folder: table_folder.to_owned(),
            ..Self::default()
        };
        settings.script_location = settings.text("script_location")?;
        settings.version_locations = settings.read_version_locations()?;
        settings.prepend_sys_path = settings.read_prepend_sys_path()?;
        settings.file_template = settings.text("file_template")?.unwrap_or_else(|| DEFAULT_FILE_TEMPLATE.to_owned());
        settings.timezone = settings.text("timezone")?.filter(|zone| !zone.is_empty());
        settings.slug_length = settings.read_slug_length()?;
        settings.recursive_version_locations = settings.flag("recursive_version_locations")?;
        settings.revision_environment = settings.flag("revision_environment")?;
        settings.post_write_hooks = settings.read_hooks();
        Ok(settings)
    }

    /// Whether `alembic.ini` has the chosen section.
    #[must_use]
    pub fn has_section(&self) -> bool {
        self.ini.has_section(&self.section)
    }

    /// The names of the sections of `alembic.ini`.
    pub fn section_names(&self) -> impl Iterator<Item = &str> {
        self.ini.section_names()
    }

    /// The line of an option of `alembic.ini`.
    #[must_use]
    pub fn line_of(&self, option: &str) -> Option<usize> {
        self.ini.line_of(&self.section, option)
    }

    /// The value of an option of `alembic.ini`, as `config.get_main_option` returns it. `None` also if it refers to an
    /// option that `env.py` sets.
    #[must_use]
    pub fn main_option(&self, option: &str) -> Option<String> {
        self.ini.get(&self.section, option).ok().flatten()
    }

    /// The value of an option of any section.
    #[must_use]
    pub fn section_option(&self, section: &str, option: &str) -> Option<String> {
        self.ini.get(section, option).ok().flatten()
    }

    /// The database URL in `alembic.ini`. `None` if it is the placeholder of a template.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        self.main_option("sqlalchemy.url").filter(|url| !is_placeholder_url(url))
    }

    /// A text option of either file.
    fn text(&self, option: &str) -> Result<Option<String>, SettingsError> {
        if let Some(value) = self.ini.get(&self.section, option)? {
            return Ok(Some(value));
        }
        match self.table.get(option) {
            None => Ok(None),
            Some(Toml::String(text)) => self.expand(option, text).map(Some),
            Some(Toml::Integer(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(table_error(option, "a string")),
        }
    }

    /// Replaces `%(here)s` and `%%` in a text of `pyproject.toml`.
    fn expand(&self, option: &str, text: &str) -> Result<String, SettingsError> {
        let here = |name: Option<&str>| (name == Some("here")).then(|| Value::Text(self.table_folder.clone()));
        format_percent(text, here).map_err(|error| SettingsError {
            line: None,
            message: format!("[tool.alembic] {option}: {error}"),
            hint: Some("write '%%' for one '%'; '%(here)s' is the folder of the file".into()),
        })
    }

    fn flag(&self, option: &str) -> Result<bool, SettingsError> {
        if let Some(value) = self.ini.get(&self.section, option)? {
            return Ok(["true", "yes", "on", "y", "t", "1"].contains(&value.trim().to_lowercase().as_str()));
        }
        match self.table.get(option) {
            None => Ok(false),
            Some(Toml::Boolean(value)) => Ok(*value),
            Some(Toml::String(value)) => Ok(value == "true"),
            Some(_) => Err(table_error(option, "true or false")),
        }
    }

    /// The items of a list in `pyproject.toml`.
    fn list(&self, option: &str) -> Result<Vec<String>, SettingsError> {
        match self.table.get(option) {
            None => Ok(Vec::new()),
            Some(Toml::String(text)) => Ok(vec![self.expand(option, text)?]),
            Some(Toml::Array(items)) => items
                .iter()
                .map(|item| self.expand(option, item.as_str().ok_or_else(|| table_error(option, "a list of strings"))?))
                .collect(),
            Some(_) => Err(table_error(option, "a list of strings")),
        }
    }

    fn read_version_locations(&self) -> Result<Vec<String>, SettingsError> {
        let value = self.ini.get(&self.section, "version_locations")?.filter(|value| !value.is_empty());
        let Some(value) = value else { return self.list("version_locations") };
        Ok(match self.separator(&["path_separator", "version_path_separator"])? {
            Some(separator) => split_at(&value, separator),
            None => split_legacy(&value, false),
        })
    }

    /// Listing scripts does not need these paths, so an invalid separator is not an error.
    fn read_prepend_sys_path(&self) -> Result<Vec<String>, SettingsError> {
        let value = self.ini.get(&self.section, "prepend_sys_path")?.filter(|value| !value.is_empty());
        let Some(value) = value else { return self.list("prepend_sys_path") };
        Ok(match self.separator(&["path_separator"]) {
            Ok(Some(separator)) => split_at(&value, separator),
            Ok(None) | Err(_) => split_legacy(&value, true),
        })
    }

    /// The separator of lists of paths, from the first of the options that exists.
    fn separator(&self, options: &[&str]) -> Result<Option<char>, SettingsError> {
        for option in options {
            let Some(value) = self.ini.get(&self.section, option)? else { continue };
            return match value.as_str() {
                "space" => Ok(Some(' ')),
                "newline" => Ok(Some('\n')),
                "os" | ":" => Ok(Some(':')),
                ";" => Ok(Some(';')),
                _ => Err(SettingsError {
                    line: self.line_of(option),
                    message: format!(
                        "'{value}' is not a valid value for {option}; expected 'space', 'newline', 'os', ':', ';'"
                    ),
                    hint: comment_hint(&value),
                }),
            };
        }
        Ok(None)
    }

    fn read_slug_length(&self) -> Result<usize, SettingsError> {
        let Some(value) = self.text("truncate_slug_length")? else { return Ok(DEFAULT_SLUG_LENGTH) };
        let length: usize = value.trim().parse().map_err(|_| SettingsError {
            line: self.line_of("truncate_slug_length"),
            message: format!("truncate_slug_length is not a number: {value}"),
            hint: comment_hint(&value),
        })?;
        Ok(if length == 0 { DEFAULT_SLUG_LENGTH } else { length })
    }

    fn read_hooks(&self) -> Vec<String> {
        if self.ini.has_section("post_write_hooks") {
            let hooks = self.section_option("post_write_hooks", "hooks").unwrap_or_default();
            return split_legacy(&hooks, false);
        }
        let hooks = self.table.get("post_write_hooks").and_then(Toml::as_array).map(Vec::as_slice).unwrap_or_default();
        let name = |hook: &Toml| hook.get("name").and_then(Toml::as_str).map(str::to_owned);
        hooks.iter().filter_map(name).collect()
    }
}

/// A hint for values that seem to contain a comment.
#[must_use]
pub fn comment_hint(value: &str) -> Option<String> {
    value.contains(['#', ';']).then(|| {
        "a comment on the line of a value is part of the value; move the comment to a line of its own".to_owned()
    })
}

fn alembic_table(text: &str) -> Result<Option<Table>, SettingsError> {
    if text.is_empty() {
        return Ok(None);
    }
    let failed = |error: toml::de::Error| SettingsError {
        line: error.span().map(|span| line_at(text, span.start)),
        message: error.message().to_owned(),
        hint: None,
    };
    let document: Table = toml::from_str(text).map_err(failed)?;
    match document.get("tool").and_then(|tool| tool.get("alembic")) {
        None => Ok(None),
        Some(Toml::Table(table)) => Ok(Some(table.clone())),
        Some(_) => Err(SettingsError { line: None, message: "[tool.alembic] is not a table".into(), hint: None }),
    }
}

fn table_error(option: &str, expected: &str) -> SettingsError {
    SettingsError { line: None, message: format!("[tool.alembic] {option} is not {expected}"), hint: None }
}

fn split_at(value: &str, separator: char) -> Vec<String> {
    value.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Splits at spaces and commas, as Alembic does without a separator; with `colons` also at colons.
fn split_legacy(value: &str, colons: bool) -> Vec<String> {
    let is_separator = |c: char| c.is_whitespace() || c == ',' || colons && c == ':';
    value.split(is_separator).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ini(options: &str) -> Settings {
        Settings::read(Some((&format!("[alembic]\n{options}"), "/p")), None, "alembic").unwrap()
    }

    #[test]
    fn version_locations_are_split_as_alembic_does() {
        for (options, expected) in [
            ("version_locations = a b, c", &["a", "b", "c"][..]),
            ("version_locations = %(here)s/a:%(here)s/b\nversion_path_separator = os", &["/p/a", "/p/b"]),
            ("version_locations = a:b\npath_separator = :", &["a", "b"]),
            ("version_locations = a;b c\npath_separator = ;\nversion_path_separator = :", &["a", "b c"]),
            ("version_locations =\n    a\n    b\npath_separator = newline", &["a", "b"]),
            ("version_locations = a  b\npath_separator = space", &["a", "b"]),
            ("version_locations =", &[]),
            ("version_path_separator = os  # a comment in the value", &[]),
        ] {
            assert_eq!(ini(options).version_locations, expected, "{options}");
        }
    }

    #[test]
    fn an_invalid_separator_is_an_error_only_if_it_is_used() {
        let text = "[alembic]\nversion_path_separator = os # x\nversion_locations = a";
        let error = Settings::read(Some((text, "/p")), None, "alembic").unwrap_err();
        assert_eq!(error.line, Some(2));
        assert!(error.message.starts_with("'os # x' is not a valid value for version_path_separator"));
        assert!(error.hint.is_some());
        assert_eq!(ini("prepend_sys_path = .\npath_separator = os # x").prepend_sys_path, ["."]);
    }

    #[test]
    fn options_have_alembics_defaults() {
        let settings = ini("");
        assert_eq!(settings.script_location, None);
        assert_eq!((settings.file_template.as_str(), settings.slug_length), ("%(rev)s_%(slug)s", 40));
        assert_eq!(settings.timezone, None);
        assert_eq!(ini("timezone =").timezone, None);
        assert_eq!(ini("timezone = Asia/Seoul").timezone.as_deref(), Some("Asia/Seoul"));
        assert_eq!(ini("truncate_slug_length = 10").slug_length, 10);
        assert_eq!(ini("file_template = %%(rev)s").file_template, "%(rev)s");
        let text = "[alembic]\ntruncate_slug_length = 40 # x";
        assert_eq!(Settings::read(Some((text, "/p")), None, "alembic").unwrap_err().line, Some(2));
    }

    #[test]
    fn pyproject_has_less_precedence_than_the_ini() {
        let toml = "[tool.alembic]\nscript_location = \"%(here)s/m\"\nfile_template = \"%%(rev)s\"\n\
                    version_locations = [\"%(here)s/a\", \"b\"]\nprepend_sys_path = [\".\"]\n\
                    recursive_version_locations = true\n[[tool.alembic.post_write_hooks]]\nname = \"black\"\n";
        let settings = Settings::read(None, Some((toml, "/t")), "alembic").unwrap();
        assert_eq!(settings.script_location.as_deref(), Some("/t/m"));
        assert_eq!(settings.version_locations, ["/t/a", "b"]);
        assert_eq!(settings.file_template, "%(rev)s");
        assert!(settings.recursive_version_locations);
        assert_eq!(settings.post_write_hooks, ["black"]);
        let both = Settings::read(Some(("[alembic]\nscript_location = x", "/p")), Some((toml, "/t")), "alembic");
        let both = both.unwrap();
        assert_eq!(both.script_location.as_deref(), Some("x"));
        assert_eq!(both.file_template, "%(rev)s");
    }

    #[test]
    fn sections_are_chosen_by_name() {
        let text = "[DEFAULT]\ntimezone = UTC\n[alembic]\nscript_location = a\n[audit]\nscript_location = b\n\
                    [post_write_hooks]\nhooks = black, ruff\n";
        let settings = Settings::read(Some((text, "/p")), None, "audit").unwrap();
        assert_eq!(settings.script_location.as_deref(), Some("b"));
        assert_eq!(settings.timezone.as_deref(), Some("UTC"));
        assert_eq!(settings.post_write_hooks, ["black", "ruff"]);
        let missing = Settings::read(Some((text, "/p")), None, "nope").unwrap();
        assert!(!missing.has_section() && missing.script_location.is_none());
    }

    #[test]
    fn urls_of_templates_are_none() {
        for (option, expected) in [
            ("sqlalchemy.url = postgresql+psycopg2://u:p%%40w@h/d", Some("postgresql+psycopg2://u:p%40w@h/d")),
            ("sqlalchemy.url = driver://user:pass@localhost/dbname", None),
            ("sqlalchemy.url = ${DATABASE_URL}", None),
            ("sqlalchemy.url = postgresql://%(DB_USER)s@h/d", None),
            ("sqlalchemy.url =", None),
            ("", None),
        ] {
            assert_eq!(ini(option).url().as_deref(), expected, "{option}");
        }
    }

    #[test]
    fn tables_of_other_tools_are_not_alembics() {
        assert!(has_alembic_table("[tool.alembic]\n"));
        assert!(has_alembic_table("[tool]\nalembic = {}\n"));
        for text in ["[project]\ndependencies = ['alembic']\n", "# [tool.alembic]\n", "[tool.alembic", ""] {
            assert!(!has_alembic_table(text), "{text}");
        }
    }
}
