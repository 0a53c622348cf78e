//! Paths as CI systems expect them: relative to the root of the repository, with slashes.

use std::path::{Path, PathBuf};

/// The folder to which paths are relative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathBase(Vec<PathBuf>);

impl PathBase {
    /// The folder. `names` are its absolute paths, e.g. with and without symbolic links.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(names.into_iter().collect())
    }

    /// The path relative to the folder, or the whole path if it is not below the folder.
    #[must_use]
    pub fn relative(&self, path: &Path) -> String {
        let below = self.0.iter().find_map(|folder| path.strip_prefix(folder).ok());
        below.unwrap_or(path).display().to_string()
    }
}
