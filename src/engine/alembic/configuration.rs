//! `alembic.ini` and `pyproject.toml`.

use std::path::{Path, PathBuf};

use crate::core::alembic::{Settings, SettingsError, has_alembic_table};
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::{Error, Result};

const INI: &str = "alembic.ini";
const PYPROJECT: &str = "pyproject.toml";

/// The configuration files of an Alembic project; at least one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFiles {
    pub ini: Option<PathBuf>,
    pub pyproject: Option<PathBuf>,
}

impl ConfigFiles {
    /// The configuration files in a folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Option<Self> {
        let ini = Some(folder.join(INI)).filter(|path| path.is_file());
        let pyproject = Some(folder.join(PYPROJECT)).filter(|path| configures_alembic(path));
        (ini.is_some() || pyproject.is_some()).then_some(Self { ini, pyproject })
    }

    /// The configuration that a user names: an ini file, or a `pyproject.toml`.
    ///
    /// # Errors
    /// If it is a `pyproject.toml` without `[tool.alembic]`.
    pub fn named(path: &Path) -> Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        if path.file_name().is_some_and(|name| name == PYPROJECT) {
            if !configures_alembic(path) {
                return Err(Error::new(format!("{} has no table [tool.alembic]", path.display()))
                    .hint("name an alembic.ini, a limbeck.toml, or a pyproject.toml with [tool.alembic]"));
            }
            let ini = Some(folder.join(INI)).filter(|path| path.is_file());
            return Ok(Self { ini, pyproject: Some(path.to_owned()) });
        }
        let pyproject = Some(folder.join(PYPROJECT)).filter(|path| configures_alembic(path));
        Ok(Self { ini: Some(path.to_owned()), pyproject })
    }

    /// The file that errors name.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.ini.as_deref().or(self.pyproject.as_deref()).unwrap_or(Path::new(INI))
    }

    /// The folder of the files. Relative paths start here.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path().parent().unwrap_or(Path::new("."))
    }

    /// Reads the settings of a section.
    ///
    /// # Errors
    /// If a file cannot be read, with the line.
    pub fn read(&self, section: &str) -> Result<Settings> {
        let ini = self.ini.as_deref().map(read_file).transpose()?;
        let pyproject = self.pyproject.as_deref().map(read_file).transpose()?;
        let here = self.folder().to_string_lossy();
        let ini = ini.as_deref().map(|text| (text, &*here));
        let pyproject = pyproject.as_deref().map(|text| (text, &*here));
        Settings::read(ini, pyproject, section).map_err(|error| settings_error(self.path(), error))
    }
}

/// The error of a setting, with the file and the line.
pub(super) fn settings_error(path: &Path, error: SettingsError) -> Error {
    let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
    Error { line: error.line, hint: error.hint, ..Error::new(format!("{}{line}: {}", path.display(), error.message)) }
}

fn configures_alembic(pyproject: &Path) -> bool {
    files::read_text(pyproject, SIZE_LIMIT).is_ok_and(|text| has_alembic_table(&text))
}

fn read_file(path: &Path) -> Result<String> {
    files::read_text(path, SIZE_LIMIT)
        .map_err(|error| Error::new(format!("cannot read {}", path.display())).because(error))
}
