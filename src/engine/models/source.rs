//! Reads the models' DDL from files, from a program's output, or from SQLAlchemy.

use std::collections::BTreeSet;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::sqlalchemy::TableName;
use super::{LoadOptions, UserFolders, database_facts, glob, program, sqlalchemy};
use crate::core::script::with_unix_line_endings;
use crate::core::text::line_at;
use crate::engine::files;
use crate::engine::passage::display_path;
use crate::engine::project::Project;
use crate::engine::project::config::SqlAlchemy;
use crate::engine::python::require_program_consent;
use crate::engine::{Error, Result, Target};

/// The pattern that is used when `[models]` names nothing.
const DEFAULT_PATTERN: &str = "models/**/*.sql";

/// One DDL text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSource {
    /// The same for every location of the project and every working directory.
    pub name: String,
    /// The name in messages.
    pub shown: String,
    pub text: String,
}

/// The DDL of the models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSources {
    /// In the order in which they are loaded.
    pub sources: Vec<ModelSource>,
    pub notes: Vec<String>,
    /// Whether the DDL comes from SQLAlchemy's metadata.
    pub is_metadata: bool,
    /// Tables that are not compared.
    pub excluded: Vec<TableName>,
}

/// Where the models come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ModelOrigin<'a> {
    /// The patterns; `None`: the default.
    Files(Option<&'a [String]>),
    Program(&'a [String]),
    /// `None`: the metadata that `env.py` names.
    Sqlalchemy(Option<&'a SqlAlchemy>),
}

/// Reads all sources.
///
/// # Errors
/// When there are none, one cannot be read, or the program or Python fails.
pub async fn read(
    project: &Project,
    target: &Target,
    options: &LoadOptions,
    user_folders: &UserFolders,
    cancel: &CancellationToken,
) -> Result<ModelSources> {
    let limit = project.config.models.file_limit.0;
    let origin = find_origin(project)?;
    require_consent(project, options.consent, user_folders)?;
    let sources = match origin {
        ModelOrigin::Files(patterns) => read_files(project.root(), patterns, &project.config_path, limit)?,
        ModelOrigin::Program(words) => {
            let text = program::output(words, project.root(), limit, cancel).await?;
            let name = format!("output of {}", words.first().map_or("", String::as_str));
            let text = clean_text(&text, "the program's output")?;
            vec![ModelSource { shown: name.clone(), name, text }]
        }
        ModelOrigin::Sqlalchemy(settings) => return read_metadata(project, settings, target, cancel).await,
    };
    Ok(ModelSources { sources, notes: Vec::new(), is_metadata: false, excluded: Vec::new() })
}

async fn read_metadata(
    project: &Project,
    settings: Option<&SqlAlchemy>,
    target: &Target,
    cancel: &CancellationToken,
) -> Result<ModelSources> {
    let session = target.connect("limbeck models").await?;
    let facts = database_facts::read_facts(&session).await?;
    let models = sqlalchemy::read(project, settings, &facts, cancel).await?;
    let name = "DDL of the SQLAlchemy models".to_owned();
    let text = clean_text(&models.ddl, &name)?;
    let extensions = "extensions of the database".to_owned();
    let statements = database_facts::read_extensions(&session).await?;
    let first = ModelSource { shown: extensions.clone(), name: extensions, text: statements };
    let mut sources = vec![first, ModelSource { shown: name.clone(), name, text }];
    sources.retain(|source| !source.text.is_empty());
    Ok(ModelSources { sources, notes: models.notes, is_metadata: true, excluded: models.excluded })
}

/// Stores a given consent to run the code that prints the DDL, or checks for a consent. SQL files need none.
///
/// # Errors
/// Of kind `Approval` when there is none.
pub fn require_consent(project: &Project, given: bool, user_folders: &UserFolders) -> Result<()> {
    match find_origin(project)? {
        ModelOrigin::Files(_) => Ok(()),
        ModelOrigin::Program(words) => require_program_consent(project, words, given, user_folders),
        ModelOrigin::Sqlalchemy(settings) => sqlalchemy::require_consent(project, settings, given, user_folders),
    }
}

/// Returns the configured patterns, or the default.
pub fn patterns(project: &Project) -> Vec<String> {
    project.config.models.sql.clone().unwrap_or_else(|| vec![DEFAULT_PATTERN.to_owned()])
}

/// Returns the names of the files without reading them.
///
/// # Errors
/// When there are none.
pub fn file_names(project: &Project) -> Result<BTreeSet<String>> {
    find_names(project.root(), project.config.models.sql.as_deref(), &project.config_path)
}

/// Reads the `[models]` section. Does not read files.
///
/// # Errors
/// When it sets more than one source.
pub fn find_origin(project: &Project) -> Result<ModelOrigin<'_>> {
    let models = &project.config.models;
    let configured = [models.sql.is_some(), models.program.is_some(), models.sqlalchemy.is_some()];
    if configured.into_iter().filter(|is_set| *is_set).count() > 1 {
        return Err(Error::new(format!(
            "[models] in {} sets more than one source",
            display_path(&project.config_path)
        ))
        .hint("set only one of sql, program and sqlalchemy"));
    }
    Ok(match (&models.program, &models.sqlalchemy, &models.sql) {
        (Some(words), ..) => ModelOrigin::Program(words),
        (None, Some(settings), _) => ModelOrigin::Sqlalchemy(Some(settings)),
        (None, None, None) if project.alembic.is_some() => ModelOrigin::Sqlalchemy(None),
        (None, None, patterns) => ModelOrigin::Files(patterns.as_deref()),
    })
}

fn read_files(root: &Path, patterns: Option<&[String]>, config: &Path, limit: u64) -> Result<Vec<ModelSource>> {
    find_names(root, patterns, config)?.into_iter().map(|name| read_file(root, name, limit)).collect()
}

fn find_names(root: &Path, patterns: Option<&[String]>, config: &Path) -> Result<BTreeSet<String>> {
    let mut sources: BTreeSet<String> = BTreeSet::new();
    for pattern in patterns.unwrap_or(&[DEFAULT_PATTERN.to_owned()]) {
        let more = glob::find_files(root, pattern)?;
        if more.is_empty() && patterns.is_some() {
            return Err(no_file(root, pattern));
        }
        sources.extend(more);
    }
    if sources.is_empty() {
        return Err(Error::new("there are no models")
            .because(format!("{} has no [models] section, and no file matches the default pattern {DEFAULT_PATTERN}", display_path(config)))
            .hint("write the schema as CREATE statements to models/schema.sql next to limbeck.toml, or set sql, program or sqlalchemy under [models]"));
    }
    Ok(sources)
}

fn no_file(root: &Path, pattern: &str) -> Error {
    let subject = if glob::is_pattern(pattern) { "no file matches" } else { "there is no file" };
    let error = Error::new(format!("{subject} '{pattern}', which is set in [models] sql"));
    error.hint(format!(
        "patterns are relative to {}; `**` matches any folders, `*` and `?` match within a name, {{a,b}} and [a-z] are allowed",
        root.display()
    ))
}

fn read_file(root: &Path, name: String, limit: u64) -> Result<ModelSource> {
    let path = root.join(&name);
    let shown = display_path(&path);
    let bytes = files::read_bytes(&path, limit).map_err(|error| {
        let is_too_large = error.kind() == std::io::ErrorKind::FileTooLarge;
        let error = Error::new(format!("cannot read {shown}")).because(error);
        if is_too_large { error.hint("raise file_limit under [models]") } else { error }
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::new(format!("{shown} is not UTF-8")).because(error).hint("save the file as UTF-8"))?;
    Ok(ModelSource { text: clean_text(&text, &shown)?, name, shown })
}

/// Removes a byte order mark, and ends each line with `\n`, so that function bodies do not depend on the system on which
/// the file was saved. A zero byte is an error, because it cannot be sent to the server.
fn clean_text(text: &str, shown: &str) -> Result<String> {
    if let Some(at) = text.find('\0') {
        let line = line_at(text, at);
        let error = Error::new(format!("{shown}:{line}: a zero byte is not allowed in SQL"));
        return Err(error.hint("remove the NUL byte; if the file is saved as UTF-16, save it as UTF-8"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok(with_unix_line_endings(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_unique_and_without_byte_order_mark() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("limbeck.toml");
        std::fs::create_dir(home.path().join("models")).unwrap();
        let read = |patterns: Option<&[&str]>| {
            let owned = patterns.map(|all| all.iter().map(|&one| one.to_owned()).collect::<Vec<_>>());
            read_files(home.path(), owned.as_deref(), &config, 1 << 20)
        };
        assert!(read(None).unwrap_err().message.starts_with("there are no models"));
        std::fs::write(home.path().join("models/b.sql"), "\u{feff}SELECT 1;").unwrap();
        std::fs::write(home.path().join("models/a.sql"), "SELECT 2;").unwrap();
        let sources = read(Some(&["models/b.sql", "models/*.sql"])).unwrap();
        let find_names: Vec<_> = sources.iter().map(|source| (source.name.as_str(), source.text.as_str())).collect();
        assert_eq!(find_names, [("models/a.sql", "SELECT 2;"), ("models/b.sql", "SELECT 1;")]);
        assert_eq!(read(None).unwrap(), sources);
        assert!(read(Some(&["schema.sql"])).unwrap_err().message.starts_with("there is no file 'schema.sql'"));
        std::fs::write(home.path().join("models/a.sql"), b"a\n\xff").unwrap();
        assert!(read(None).unwrap_err().message.ends_with("a.sql is not UTF-8"));
        std::fs::write(home.path().join("models/a.sql"), "a\n\0").unwrap();
        assert!(read(None).unwrap_err().message.ends_with("a.sql:2: a zero byte is not allowed in SQL"));
    }
}
