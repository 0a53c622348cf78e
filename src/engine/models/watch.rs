//! Detects changes of the models without reading them, and returns the folders to watch.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::{glob, source};
use crate::engine::Result;
use crate::engine::project::Project;

/// Returns a number that changes when the models may have changed: their files, the program's name, or the managed
/// schemas.
///
/// # Errors
/// When there are no models.
pub fn fingerprint(project: &Project) -> Result<u64> {
    source::check_config(project)?;
    let models = &project.config.models;
    let mut hasher = DefaultHasher::new();
    (&models.schemas, &models.exclude, &models.program).hash(&mut hasher);
    if models.program.is_none() {
        for name in source::file_names(project)? {
            let file = std::fs::metadata(project.root().join(&name)).ok();
            let state = file.map(|file| (file.len(), file.modified().ok()));
            (name, state).hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// Returns the folders to watch, absolute. `true`: with all subfolders.
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

/// Returns the fixed folder of a pattern, and whether its subfolders must be watched.
fn folder(root: &Path, pattern: &str) -> (PathBuf, bool) {
    let parent = pattern.rsplit_once('/').map_or("", |(parent, _)| parent);
    let start = if pattern.starts_with('/') { Path::new("/") } else { root };
    let parts: Vec<&str> = parent.split('/').filter(|part| !part.is_empty()).collect();
    let fixed = parts.iter().take_while(|part| !glob::is_pattern(part)).count();
    let folder = parts.iter().take(fixed).fold(start.to_owned(), |folder, part| folder.join(part));
    // Watching all subfolders of the project would watch the whole repository.
    let is_deep = fixed < parts.len() && folder != root && start == root;
    (folder, is_deep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watched_folders_are_the_fixed_part_of_patterns() {
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
    fn a_changed_file_changes_the_fingerprint() {
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
