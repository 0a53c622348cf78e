//! The data of `limbeck.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::core::hazard::Class;
use crate::core::plan::TransactionMode;
use crate::core::text::line_at;
use crate::core::text::parse_size;
use crate::engine::files::SIZE_LIMIT;
use crate::engine::{Error, Result};

/// The configuration, with defaults.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub database: DatabaseConfig,
    pub environments: BTreeMap<String, EnvironmentConfig>,
    pub scripts: ScriptsConfig,
    pub models: ModelsConfig,
    pub apply: ApplyConfig,
    pub scratch: ScratchConfig,
    pub alembic: AlembicConfig,
}

/// `[database]`: the project's default database.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// A connection string; may contain `${NAME}`. `None`: `${DATABASE_URL}`, then libpq's variables.
    pub url: Option<String>,
    /// Whether to use the embedded server when there is no URL.
    pub embedded: bool,
    /// The revision that a new embedded database is upgraded to.
    pub embedded_at: Option<String>,
    /// Alembic's version table, with its schema and a dot if it is not on the search path.
    pub version_table: String,
}

/// One `[environments.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentConfig {
    pub url: Option<String>,
    /// Whether the name of the environment must be confirmed before anything runs.
    pub protected: bool,
    /// Environments that should have a revision before this one.
    pub after: Vec<String>,
}

/// `[scripts]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptsConfig {
    /// Version folders, relative to the configuration file.
    #[serde(deserialize_with = "one_or_many")]
    pub directory: Vec<String>,
    /// The file name of a new script without `.sql`.
    pub file_template: String,
    /// The time zone of `Create Date`.
    pub timezone: String,
    /// The maximum size of a script.
    pub file_limit: FileLimit,
}

/// `[models]`: the source of the schema, and what the project manages.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    pub sql: Option<Vec<String>>,
    pub program: Option<Vec<String>>,
    pub sqlalchemy: Option<SqlAlchemy>,
    pub schemas: Option<Vec<String>>,
    pub exclude: Vec<String>,
    /// The maximum size of a file with models, and of a program's output.
    pub file_limit: FileLimit,
}

/// A size in bytes, written as in PostgreSQL's settings: `64MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimit(pub u64);

impl Default for FileLimit {
    fn default() -> Self {
        Self(SIZE_LIMIT)
    }
}

impl<'de> Deserialize<'de> for FileLimit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_size(&text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("file_limit = \"{text}\" is not a size such as \"64MB\"")))
    }
}

/// `[models] sqlalchemy`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SqlAlchemy {
    /// `module:attribute`; the attribute is a `MetaData`, a declarative base, or a list of them.
    #[serde(deserialize_with = "one_or_many")]
    pub metadata: Vec<String>,
    /// Modules that are imported first, because they define tables.
    pub imports: Vec<String>,
    /// The command of the Python that imports them. Empty: found in the project.
    pub python: Vec<String>,
}

/// `[apply]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApplyConfig {
    pub transaction: TransactionMode,
    /// In PostgreSQL's syntax.
    pub lock_timeout: String,
    /// The role to switch to with `SET ROLE` before anything runs.
    pub role: Option<String>,
    /// Whether data that an approved step destroys is copied.
    pub keep: bool,
    pub keep_limit: String,
    pub backup: BackupPolicy,
    /// The hazard classes that need approval.
    pub confirm: Vec<Class>,
    /// The bound for `CREATE INDEX CONCURRENTLY` and similar statements, which ignore `lock_timeout`. In PostgreSQL's
    /// syntax.
    pub concurrent_timeout: String,
    /// Overrides the `statement_timeout` of the role and the database. In PostgreSQL's syntax. `None`: no override.
    pub statement_timeout: Option<String>,
}

/// When a backup is made before data is lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupPolicy {
    Always,
    #[default]
    Protected,
    Never,
}

/// `[scratch]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScratchConfig {
    pub url: Option<String>,
}

/// `[alembic]`: settings of an Alembic project.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlembicConfig {
    /// The command of the project's Python. Default: found in the project.
    pub python: Option<Vec<String>>,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: None, embedded: false, embedded_at: None, version_table: "alembic_version".into() }
    }
}

impl Default for ScriptsConfig {
    fn default() -> Self {
        Self {
            directory: vec!["versions".into()],
            file_template: "{{ revision }}_{{ slug }}".into(),
            timezone: "UTC".into(),
            file_limit: FileLimit::default(),
        }
    }
}

impl Default for ApplyConfig {
    fn default() -> Self {
        Self {
            transaction: TransactionMode::Each,
            lock_timeout: "5s".into(),
            role: None,
            keep: true,
            keep_limit: "1GB".into(),
            backup: BackupPolicy::Protected,
            confirm: vec![Class::DataLoss],
            concurrent_timeout: "1h".into(),
            statement_timeout: None,
        }
    }
}

impl Config {
    /// Parses the text of a `limbeck.toml`. `path` names it in errors.
    ///
    /// # Errors
    /// With the line, and for an unknown key the most similar known key.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        toml::from_str(text).map_err(|error| explain(&error, text, path))
    }
}

/// Whether the text of a `limbeck.toml` names the version table.
pub(super) fn names_version_table(text: &str) -> bool {
    let table: Option<toml::Table> = toml::from_str(text).ok();
    table.is_some_and(|table| table.get("database").is_some_and(|database| database.get("version_table").is_some()))
}

fn explain(error: &toml::de::Error, text: &str, path: &Path) -> Error {
    let message = error.message();
    let line = error.span().map(|span| line_at(text, span.start));
    let place = line.map_or_else(|| path.display().to_string(), |line| format!("{}:{line}", path.display()));
    let mut report = Error::new(format!("{place}: {}", message.replace('`', "'")));
    report.line = line;
    let mut names = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field")
        && let Some(unknown) = names.next()
    {
        report.hint = nearest(unknown, names).map(|known| format!("did you mean '{known}'?"));
    }
    report
}

/// Returns the known name that is most similar to an unknown one, if it is similar enough.
pub(crate) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim::jaro_winkler(unknown, name), name))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a string or a list of strings")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config> {
        Config::parse(text, Path::new("limbeck.toml"))
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(parse("").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let error = parse("[database]\nembeded = true\n").unwrap_err();
        assert!(error.message.starts_with("limbeck.toml:2: unknown field 'embeded'"), "{error:?}");
        assert_eq!(error.hint.as_deref(), Some("did you mean 'embedded'?"));
    }

    #[test]
    fn a_key_without_similar_key_gets_no_suggestion() {
        assert_eq!(parse("[database]\nqqq = 1\n").unwrap_err().hint, None);
    }

    #[test]
    fn directories_are_one_or_many() {
        assert_eq!(parse("[scripts]\ndirectory = 'a'").unwrap().scripts.directory, ["a"]);
        assert_eq!(parse("[scripts]\ndirectory = ['a', 'b']").unwrap().scripts.directory, ["a", "b"]);
        assert!(parse("[scripts]\ndirectory = 3").is_err());
    }

    #[test]
    fn file_limits_are_sizes() {
        assert_eq!(parse("").unwrap().scripts.file_limit.0, 64 << 20);
        assert_eq!(parse("[scripts]\nfile_limit = '1GB'").unwrap().scripts.file_limit.0, 1 << 30);
        assert_eq!(parse("[models]\nfile_limit = '7kB'").unwrap().models.file_limit.0, 7 << 10);
        let error = parse("[scripts]\nfile_limit = 'much'").unwrap_err();
        assert!(error.message.contains("limbeck.toml:2: file_limit = \"much\" is not a size"), "{error:?}");
    }

    #[test]
    fn classes_are_parsed() {
        let config = parse("[apply]\nconfirm = ['data-loss', 'foreign-key']\ntransaction = 'all'").unwrap();
        assert_eq!(config.apply.confirm, [Class::DataLoss, Class::ForeignKey]);
        assert_eq!(config.apply.transaction, TransactionMode::All);
    }
}
