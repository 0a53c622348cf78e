//! Finds the project: the given file, `LIMBECK_CONFIG`, or the nearest one in the folder and its parents.

use std::path::{Path, PathBuf};

use super::template::TEMPLATE_FILE;
use super::{CONFIG_FILE, no_project};
use crate::engine::alembic::{self, ConfigFiles};
use crate::engine::connection::Variables;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::{Error, Result};

/// The configuration files of a project, absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProjectFiles {
    /// `limbeck.toml`. `None` only in an Alembic project.
    pub limbeck: Option<PathBuf>,
    pub alembic: Option<ConfigFiles>,
}

/// Returns the configuration files.
pub(super) fn find(config: Option<&Path>, directory: &Path, variables: &Variables) -> Result<ProjectFiles> {
    let variable = |name: &str| variables.environment.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = config.map(Path::to_path_buf).or_else(|| variable("LIMBECK_CONFIG")) {
        return named(&directory.join(path));
    }
    let directory = absolute(directory)?;
    if let Some(found) = directory.ancestors().find_map(in_folder) {
        return Ok(found);
    }
    match variable("ALEMBIC_CONFIG") {
        Some(path) => named(&directory.join(path)),
        None => Err(no_project(&directory)),
    }
}

/// Returns the nearest `.env` in a folder and its parents, up to the root of the repository.
pub(super) fn dotenv(root: &Path) -> Option<PathBuf> {
    for folder in root.ancestors() {
        let file = folder.join(".env");
        // A folder `.env` is a virtual environment of Python.
        if file.exists() && !file.is_dir() {
            return Some(file);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

fn in_folder(folder: &Path) -> Option<ProjectFiles> {
    let migrations = folder.join("migrations");
    let limbeck = [folder.join(CONFIG_FILE), migrations.join(CONFIG_FILE)].into_iter().find(|path| path.exists());
    if let Some(limbeck) = limbeck {
        return Some(with_limbeck_file(limbeck));
    }
    // Flask-Migrate has its alembic.ini in `migrations`.
    let alembic = ConfigFiles::in_folder(folder).or_else(|| ConfigFiles::in_folder(&migrations))?;
    Some(ProjectFiles { limbeck: None, alembic: Some(alembic) })
}

/// A given path may be a configuration file or its folder.
fn named(path: &Path) -> Result<ProjectFiles> {
    if path.is_dir() {
        let folder = absolute(path)?;
        let limbeck = folder.join(CONFIG_FILE);
        if limbeck.is_file() {
            return Ok(with_limbeck_file(limbeck));
        }
        if let Some(alembic) = ConfigFiles::in_folder(&folder) {
            return Ok(ProjectFiles { limbeck: None, alembic: Some(alembic) });
        }
    }
    let file = absolute(&existing(path)?)?;
    let is_pyproject = file.file_name().is_some_and(|name| name == "pyproject.toml");
    if !is_pyproject && file.extension().is_some_and(|extension| extension == "toml") {
        return Ok(with_limbeck_file(file));
    }
    let limbeck = Some(file.with_file_name(CONFIG_FILE)).filter(|path| path.is_file());
    Ok(ProjectFiles { limbeck, alembic: Some(ConfigFiles::named(&file)?) })
}

/// A `limbeck.toml` beside the configuration of Alembic has settings for that project, unless it has SQL scripts.
fn with_limbeck_file(limbeck: PathBuf) -> ProjectFiles {
    // Relative paths start in the folder of the file itself, not of a symbolic link to it.
    let limbeck = limbeck.canonicalize().unwrap_or(limbeck);
    let alembic = limbeck.parent().and_then(|folder| {
        let beside = ConfigFiles::in_folder(folder).or_else(|| find_around_scripts(folder))?;
        (!is_sql_project(folder, &limbeck)).then_some(beside)
    });
    ProjectFiles { limbeck: Some(limbeck), alembic }
}

/// The configuration of Alembic in the parent of its script folder.
fn find_around_scripts(folder: &Path) -> Option<ConfigFiles> {
    let files = ConfigFiles::in_folder(folder.parent()?)?;
    (alembic::script_folder(&files)? == folder).then_some(files)
}

/// Whether the scripts of a `limbeck.toml` are SQL: its settings are about SQL, or there are SQL scripts.
fn is_sql_project(folder: &Path, limbeck: &Path) -> bool {
    let table: toml::Table =
        files::read_text(limbeck, SIZE_LIMIT).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
    if table.contains_key("alembic") {
        return false;
    }
    let models = table.get("models");
    let has_models = ["sql", "program"].iter().any(|key| models.is_some_and(|models| models.get(key).is_some()));
    let is_sql = |entry: std::fs::DirEntry| entry.path().extension().is_some_and(|extension| extension == "sql");
    let scripts = std::fs::read_dir(folder.join("versions"));
    let scripts_table = table.get("scripts").and_then(toml::Value::as_table);
    scripts_table.is_some_and(|scripts| scripts.keys().any(|key| key != "file_limit"))
        || has_models
        || folder.join(TEMPLATE_FILE).is_file()
        || scripts.is_ok_and(|entries| entries.flatten().any(is_sql))
}

fn existing(path: &Path) -> Result<PathBuf> {
    let file = if path.is_dir() { path.join(CONFIG_FILE) } else { path.to_path_buf() };
    if file.exists() {
        return Ok(file);
    }
    Err(Error::new(format!("the configuration file {} does not exist", file.display()))
        .hint(format!("create it with `limbeck init {}`", file.parent().unwrap_or(path).display())))
}

fn absolute(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(|error| Error::new(format!("cannot open {}", path.display())).because(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ErrorKind;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn the_nearest_file_is_used() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().canonicalize().unwrap();
        touch(&root.join("migrations/limbeck.toml"));
        touch(&root.join("app/limbeck.toml"));
        std::fs::create_dir_all(root.join("app/src/deep")).unwrap();
        std::fs::create_dir_all(root.join("other")).unwrap();
        let find = |folder: &str| find(None, &root.join(folder), &Variables::default()).unwrap().limbeck.unwrap();
        assert_eq!(find("app/src/deep"), root.join("app/limbeck.toml"));
        assert_eq!(find("other"), root.join("migrations/limbeck.toml"));
    }

    #[test]
    fn a_given_folder_or_file_is_used_and_a_missing_one_refused() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().canonicalize().unwrap();
        touch(&root.join("m/limbeck.toml"));
        let by_name = |name: &str| find(Some(Path::new(name)), &root, &Variables::default());
        for name in ["m", "m/limbeck.toml"] {
            assert_eq!(by_name(name).unwrap().limbeck, Some(root.join("m/limbeck.toml")), "{name}");
        }
        assert!(by_name("n").is_err());
    }

    #[test]
    fn a_missing_project_has_its_own_error_kind() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(find(None, home.path(), &Variables::default()).unwrap_err().kind, ErrorKind::NoProject);
    }

    #[test]
    fn dotenv_is_searched_up_to_the_repository() {
        let home = tempfile::tempdir().unwrap();
        touch(&home.path().join(".env"));
        touch(&home.path().join("repository/.git/HEAD"));
        touch(&home.path().join("plain/migrations/limbeck.toml"));
        assert_eq!(dotenv(&home.path().join("plain/migrations")), Some(home.path().join(".env")));
        assert_eq!(dotenv(&home.path().join("repository")), None);
    }
}
