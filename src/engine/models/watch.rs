//! Detects changes of the models without reading them, and returns the folders to watch.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::source::ModelOrigin;
use super::{glob, source, sqlalchemy};
use crate::engine::Result;
use crate::engine::project::Project;

/// Returns a number that changes when the models may have changed: their files, the program's name, or the managed
/// schemas. In an Alembic project, these are the Python files of its packages.
///
/// # Errors
/// When there are no models.
pub fn fingerprint(project: &Project) -> Result<u64> {
    let models = &project.config.models;
    let mut hasher = DefaultHasher::new();
    (&models.schemas, &models.exclude, &models.program).hash(&mut hasher);
    let mut add = |name: &Path, file: &Path| {
        let file = std::fs::metadata(file).ok();
        let state = file.map(|file| (file.len(), file.modified().ok()));
        (name, state).hash(&mut hasher);
    };
    match source::find_origin(project)? {
        ModelOrigin::Program(_) => {}
        ModelOrigin::Files(_) => {
            for name in source::file_names(project)? {
                add(Path::new(&name), &project.root().join(&name));
            }
        }
        ModelOrigin::Sqlalchemy(settings) => {
            let packages = sqlalchemy::package_folders(project, settings);
            for file in packages.iter().flat_map(|package| sqlalchemy::python_files(package, &[])) {
                add(&file, &file);
            }
        }
    }
    Ok(hasher.finish())
}

/// Returns the folders to watch, absolute. `true`: with all subfolders.
#[must_use]
pub fn watched_folders(project: &Project) -> Vec<(PathBuf, bool)> {
    let mut folders: Vec<(PathBuf, bool)> = match source::find_origin(project) {
        Ok(ModelOrigin::Program(_)) => Vec::new(),
        Ok(ModelOrigin::Sqlalchemy(settings)) => {
            let packages = sqlalchemy::package_folders(project, settings);
            packages.into_iter().map(|package| (package, true)).collect()
        }
        Ok(ModelOrigin::Files(_)) | Err(_) => {
            source::patterns(project).iter().map(|pattern| folder(project.root(), pattern)).collect()
        }
    };
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
