//! Finds the project: the given file, `LIMBECK_CONFIG`, or the nearest file in the folder and its parents.

use std::path::{Path, PathBuf};

use super::{CONFIG_FILE, no_project};
use crate::engine::connection::Variables;
use crate::engine::{Error, Result};

/// Returns the absolute path of the configuration file.
pub(super) fn find(config: Option<&Path>, directory: &Path, variables: &Variables) -> Result<PathBuf> {
    let named = config.map(Path::to_path_buf);
    let named = named
        .or_else(|| variables.environment.get("LIMBECK_CONFIG").filter(|value| !value.is_empty()).map(PathBuf::from));
    if let Some(path) = named {
        return absolute(&existing(&directory.join(path))?);
    }
    absolute(&directory.ancestors().find_map(in_folder).ok_or_else(|| no_project(directory))?)
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

fn in_folder(folder: &Path) -> Option<PathBuf> {
    [folder.join(CONFIG_FILE), folder.join("migrations").join(CONFIG_FILE)].into_iter().find(|path| path.exists())
}

/// A given path may be the file or its folder.
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
        let find = |folder: &str| find(None, &root.join(folder), &Variables::default()).unwrap();
        assert_eq!(find("app/src/deep"), root.join("app/limbeck.toml"));
        assert_eq!(find("other"), root.join("migrations/limbeck.toml"));
    }

    #[test]
    fn a_given_folder_or_file_is_used_and_a_missing_one_refused() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().canonicalize().unwrap();
        touch(&root.join("m/limbeck.toml"));
        let by_name = |name: &str| find(Some(Path::new(name)), &root, &Variables::default());
        assert_eq!(by_name("m").unwrap(), root.join("m/limbeck.toml"));
        assert_eq!(by_name("m/limbeck.toml").unwrap(), root.join("m/limbeck.toml"));
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
