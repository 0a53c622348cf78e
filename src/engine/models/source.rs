//! Where the models' DDL comes from: files, or a program's output.

use std::collections::BTreeSet;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::user_folders::UserFolders;
use super::{LoadOptions, consent, glob, program};
use crate::engine::passage::display_path;
use crate::engine::project::Project;
use crate::engine::{Error, Result};

/// What serves where `[models]` names nothing.
const DEFAULT: &str = "models/**/*.sql";

/// One text of DDL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSource {
    /// The same wherever the project lies and limbeck is called from.
    pub name: String,
    /// As it is to be called in errors.
    pub shown: String,
    pub text: String,
}

/// Reads all of them, in the order in which they are loaded.
///
/// # Errors
/// When there are none, one cannot be read, or the program does not do its work.
pub async fn read(
    project: &Project,
    options: &LoadOptions,
    places: &UserFolders,
    cancel: &CancellationToken,
) -> Result<Vec<ModelSource>> {
    sound(project)?;
    let models = &project.config.models;
    if let Some(words) = &models.program {
        consent::ask(project, words, options.consent, places)?;
        let text = program::output(words, project.root(), cancel).await?;
        let called = format!("output of {}", words.first().map_or("", String::as_str));
        return Ok(vec![ModelSource {
            name: called.clone(),
            shown: called,
            text: plain(text, "the program's output")?,
        }]);
    }
    files(project.root(), models.sql.as_deref(), &project.config_path)
}

/// What serves, as patterns.
pub fn patterns(project: &Project) -> Vec<String> {
    project.config.models.sql.clone().unwrap_or_else(|| vec![DEFAULT.to_owned()])
}

/// The files that are read, without reading them.
///
/// # Errors
/// When there are none.
pub fn named(project: &Project) -> Result<BTreeSet<String>> {
    names(project.root(), project.config.models.sql.as_deref(), &project.config_path)
}

/// Refuses what cannot be loaded, whatever stands in the files.
pub fn sound(project: &Project) -> Result<()> {
    let models = &project.config.models;
    let named = [models.sql.is_some(), models.program.is_some(), models.sqlalchemy.is_some()];
    if named.into_iter().filter(|named| *named).count() > 1 {
        return Err(Error::new(format!("[models] in {} says more than one thing", display_path(&project.config_path)))
            .hint("keep one of sql, program and sqlalchemy"));
    }
    if models.sqlalchemy.is_some() {
        return Err(Error::new("[models] sqlalchemy is not in this version yet").hint(
            "name files with sql, or a program that prints the DDL: program = [\"python\", \"print_ddl.py\"], with \
             SQLAlchemy's CreateTable for every table",
        ));
    }
    Ok(())
}

fn files(root: &Path, patterns: Option<&[String]>, config: &Path) -> Result<Vec<ModelSource>> {
    names(root, patterns, config)?.into_iter().map(|name| file(root, name)).collect()
}

fn names(root: &Path, patterns: Option<&[String]>, config: &Path) -> Result<BTreeSet<String>> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for pattern in patterns.unwrap_or(&[DEFAULT.to_owned()]) {
        let more = glob::find_files(root, pattern)?;
        if more.is_empty() && patterns.is_some() {
            return Err(no_file(root, pattern));
        }
        found.extend(more);
    }
    if found.is_empty() {
        return Err(Error::new("there are no models: nothing says what the schema should be")
            .because(format!("{} has no [models], and no file is {DEFAULT} beside it", display_path(config)))
            .hint("write the schema as CREATE statements into models/schema.sql beside limbeck.toml, or name sql or program under [models]"));
    }
    Ok(found)
}

fn no_file(root: &Path, pattern: &str) -> Error {
    let called = if glob::is_pattern(pattern) { "no file is" } else { "there is no file" };
    let error = Error::new(format!("{called} '{pattern}', which [models] sql names"));
    error.hint(format!(
        "patterns are relative to {}; `**` matches any folders, `*` and `?` match within a name, {{a,b}} and [a-z] are allowed",
        root.display()
    ))
}

fn file(root: &Path, name: String) -> Result<ModelSource> {
    let path = root.join(&name);
    let shown = display_path(&path);
    let bytes = std::fs::read(&path).map_err(|error| Error::new(format!("cannot read {shown}")).because(error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        Error::new(format!("{shown} is no UTF-8")).because(error).hint("models are written in UTF-8")
    })?;
    Ok(ModelSource { text: plain(text, &shown)?, name, shown })
}

/// Without a byte order mark; a zero byte cannot be sent.
fn plain(text: String, shown: &str) -> Result<String> {
    if let Some(at) = text.find('\0') {
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        return Err(Error::new(format!("{shown}:{line}: a zero byte is no SQL")));
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_sorted_once_and_without_marks() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("limbeck.toml");
        std::fs::create_dir(home.path().join("models")).unwrap();
        let read = |patterns: Option<&[&str]>| {
            let owned = patterns.map(|all| all.iter().map(|&one| one.to_owned()).collect::<Vec<_>>());
            files(home.path(), owned.as_deref(), &config)
        };
        assert!(read(None).unwrap_err().message.starts_with("there are no models"));
        std::fs::write(home.path().join("models/b.sql"), "\u{feff}SELECT 1;").unwrap();
        std::fs::write(home.path().join("models/a.sql"), "SELECT 2;").unwrap();
        let found = read(Some(&["models/b.sql", "models/*.sql"])).unwrap();
        let names: Vec<_> = found.iter().map(|source| (source.name.as_str(), source.text.as_str())).collect();
        assert_eq!(names, [("models/a.sql", "SELECT 2;"), ("models/b.sql", "SELECT 1;")]);
        assert_eq!(read(None).unwrap(), found);
        assert!(read(Some(&["schema.sql"])).unwrap_err().message.starts_with("there is no file 'schema.sql'"));
        std::fs::write(home.path().join("models/a.sql"), b"a\n\xff").unwrap();
        assert!(read(None).unwrap_err().message.ends_with("a.sql is no UTF-8"));
        std::fs::write(home.path().join("models/a.sql"), "a\n\0").unwrap();
        assert!(read(None).unwrap_err().message.ends_with("a.sql:2: a zero byte is no SQL"));
    }
}
