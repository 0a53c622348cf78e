//! The folders of a project's Python modules.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::engine::project::Project;
use crate::engine::project::config::SqlAlchemy;
use crate::engine::python::folders_of_repository;

/// The most files that are searched for models.
const MAX_FILES: usize = 20_000;
/// Folders that contain no models of the application.
const SKIPPED: [&str; 5] = ["__pycache__", "node_modules", "site-packages", "tests", "test"];

/// The folder in which the user runs the project's commands. Without Alembic, the nearest folder with a module that
/// `[models] sqlalchemy` names: `limbeck.toml` may be in a folder below it.
#[must_use]
pub fn working_folder(project: &Project) -> PathBuf {
    if project.alembic.is_none()
        && let Some(folder) =
            folders_of_repository(project.root()).into_iter().find(|folder| has_models(project, folder))
    {
        return folder.to_owned();
    }
    let folder = project.alembic.as_ref().map_or_else(|| project.root(), |alembic| alembic.files.folder());
    // limbeck and Flask-Migrate find `migrations/` from the folder above it.
    let is_inner = folder.file_name().is_some_and(|name| name == "migrations");
    folder.parent().filter(|_| is_inner).unwrap_or(folder).to_owned()
}

/// Whether a folder has the package or the module of a metadata.
fn has_models(project: &Project, folder: &Path) -> bool {
    let settings = project.config.models.sqlalchemy.iter();
    let mut tops = settings.flat_map(|settings| &settings.metadata).filter_map(|name| name.split([':', '.']).next());
    tops.any(|top| has_module(folder, top))
}

/// Whether a folder has a package or a module with this name.
pub(super) fn has_module(folder: &Path, top: &str) -> bool {
    !top.is_empty() && (folder.join(top).is_dir() || folder.join(top).with_extension("py").is_file())
}

/// The folders that are added to `sys.path`: `prepend_sys_path` of Alembic, and the working folder.
pub(super) fn search_path(project: &Project) -> Vec<PathBuf> {
    let working = working_folder(project);
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Some(alembic) = &project.alembic {
        folders.extend(alembic.settings.prepend_sys_path.iter().map(|path| alembic.files.folder().join(path)));
    }
    folders.push(working);
    let mut seen = BTreeSet::new();
    folders.retain(|folder| seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())));
    folders
}

/// The folders of the packages in which models may be: those that the settings name, or those in the working folder.
#[must_use]
pub fn package_folders(project: &Project, settings: Option<&SqlAlchemy>) -> Vec<PathBuf> {
    let folders: Vec<PathBuf> =
        search_path(project).into_iter().flat_map(|folder| [folder.join("src"), folder]).collect();
    let named: BTreeSet<&str> = settings
        .into_iter()
        .flat_map(|settings| settings.metadata.iter().chain(&settings.imports))
        .filter_map(|name| name.split([':', '.']).next())
        .collect();
    if !named.is_empty() {
        let packages = folders.iter().flat_map(|folder| named.iter().map(move |name| folder.join(name)));
        return packages.filter(|package| package.is_dir()).collect();
    }
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let mut packages: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.join("__init__.py").is_file()).collect();
    packages.sort();
    packages
}

/// The Python files below a folder, sorted. Skips tests, environments and the folders in `except`.
#[must_use]
pub fn python_files(folder: &Path, except: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            // Symbolic links to folders may form a cycle.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder {
                let is_skipped = name.starts_with('.')
                    || SKIPPED.contains(&&*name)
                    || path.join("pyvenv.cfg").exists()
                    || except.contains(&path);
                if !is_skipped {
                    folders.push(path);
                }
            } else if name.ends_with(".py") && !name.starts_with('.') && files.len() < MAX_FILES {
                files.insert(path);
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::connection::Variables;
    use crate::engine::project::{Config, Consents};

    #[test]
    fn the_working_folder_has_the_models() {
        for (config, files, metadata, expected) in [
            ("limbeck.toml", &["app/__init__.py"][..], "app.models:Base", ""),
            ("limbeck/limbeck.toml", &["app/__init__.py"], "app.models:Base", ""),
            ("db/new/limbeck.toml", &["app.py"], "app:Base", ""),
            ("db/new/limbeck.toml", &["app.py", "db/app/x.py"], "app:Base", "db"),
            ("migrations/limbeck.toml", &["migrations/app/__init__.py"], "app:Base", "migrations"),
            ("migrations/limbeck.toml", &[], "app:Base", ""),
            ("limbeck/limbeck.toml", &["other.py", "../app.py"], "app:Base", "limbeck"),
            ("limbeck/limbeck.toml", &["app.py"], "", "limbeck"),
        ] {
            let home = tempfile::tempdir().unwrap();
            let root = home.path().join("repository");
            for file in [".git/HEAD", config].iter().chain(files) {
                std::fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
                std::fs::write(root.join(file), "").unwrap();
            }
            let config_path = root.join(config);
            let text = format!("[models]\nsqlalchemy = {{ metadata = '{metadata}' }}");
            let config = Config::parse(&text, &config_path).unwrap();
            let (variables, consents) = (Variables::default(), Consents::default());
            let project = Project { config_path, config, variables, alembic: None, consents };
            assert_eq!(working_folder(&project), root.join(expected), "{files:?}");
        }
    }
}
