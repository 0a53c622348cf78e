//! Whether the models have changed, told without reading them, and where to look for that.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::{glob, source};
use crate::engine::Result;
use crate::engine::project::Project;

/// A number that is another one once the models may say something else: their files, the program's name, and what is
/// managed.
///
/// # Errors
/// When there are no models.
pub fn fingerprint(project: &Project) -> Result<u64> {
    source::sound(project)?;
    let models = &project.config.models;
    let mut seen = DefaultHasher::new();
    (&models.schemas, &models.exclude, &models.program).hash(&mut seen);
    if models.program.is_none() {
        for name in source::named(project)? {
            let file = std::fs::metadata(project.root().join(&name)).ok();
            let state = file.map(|file| (file.len(), file.modified().ok()));
            (name, state).hash(&mut seen);
        }
    }
    Ok(seen.finish())
}

/// The folders in which files of models come and go, absolute; `true`: with all below them.
#[must_use]
pub fn watched_folders(project: &Project) -> Vec<(PathBuf, bool)> {
    if project.config.models.program.is_some() {
        return Vec::new();
    }
    let mut folders: Vec<(PathBuf, bool)> =
        source::patterns(project).iter().map(|pattern| folder(project.root(), pattern)).collect();
    folders.sort();
    folders.dedup();
    folders
}

/// The part of a pattern that names one folder.
fn folder(root: &Path, pattern: &str) -> (PathBuf, bool) {
    let parent = pattern.rsplit_once('/').map_or("", |(parent, _)| parent);
    let start = if pattern.starts_with('/') { Path::new("/") } else { root };
    let parts: Vec<&str> = parent.split('/').filter(|part| !part.is_empty()).collect();
    let fixed = parts.iter().take_while(|part| !glob::is_pattern(part)).count();
    let folder = parts.iter().take(fixed).fold(start.to_owned(), |folder, part| folder.join(part));
    // All below the project's own folder would be the whole repository.
    let is_deep = fixed < parts.len() && folder != root && start == root;
    (folder, is_deep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_those_that_patterns_begin_with() {
        let root = Path::new("/p");
        for (pattern, expected, is_deep) in [
            ("models/**/*.sql", "/p/models", true),
            ("models/*.sql", "/p/models", false),
            ("schema.sql", "/p", false),
            ("**/*.sql", "/p", false),
            ("../db/*/tables.sql", "/p/../db", true),
            ("/srv/models/*.sql", "/srv/models", false),
        ] {
            assert_eq!(folder(root, pattern), (PathBuf::from(expected), is_deep), "{pattern}");
        }
    }

    #[test]
    fn a_changed_file_is_seen() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("limbeck.toml");
        std::fs::write(&config, "").unwrap();
        let variables = crate::engine::connection::Variables::default();
        let project = Project::open(Some(&config), home.path(), variables).unwrap();
        assert!(fingerprint(&project).unwrap_err().message.starts_with("there are no models"));
        std::fs::create_dir(home.path().join("models")).unwrap();
        std::fs::write(home.path().join("models/a.sql"), "SELECT 1;").unwrap();
        let first = fingerprint(&project).unwrap();
        assert_eq!(fingerprint(&project).unwrap(), first);
        std::fs::write(home.path().join("models/a.sql"), "SELECT 12;").unwrap();
        let second = fingerprint(&project).unwrap();
        assert_ne!(second, first);
        std::fs::write(home.path().join("models/b.sql"), "").unwrap();
        assert_ne!(fingerprint(&project).unwrap(), second);
    }
}
