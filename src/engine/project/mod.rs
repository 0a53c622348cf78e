//! A project on disk: `limbeck.toml`, `.env`, the script template, and the scripts.

pub mod config;
mod discover;
mod environment;
mod session;
mod template;
mod tree;
mod write;

pub use config::Config;
pub use environment::DatabaseLocation;
pub use session::SessionSettings;
pub use template::{DEFAULT_TEMPLATE, TemplateValues, slug};
pub use tree::{ScriptFile, ScriptProblem, ScriptTree};
pub use write::{SaveOutcome, create_file, overwrite, write_if_unchanged};

use std::path::{Path, PathBuf};

use super::connection::Variables;
use super::files::{self, SIZE_LIMIT};
use super::{Error, ErrorKind, Result};

/// The name of the configuration file.
pub const CONFIG_FILE: &str = "limbeck.toml";

/// An open project.
#[derive(Debug, Clone)]
pub struct Project {
    /// The absolute path of the configuration file.
    pub config_path: PathBuf,
    pub config: Config,
    /// The environment, with the variables of `.env` that it does not have.
    pub variables: Variables,
}

impl Project {
    /// Finds and reads the project: `config`, then `LIMBECK_CONFIG`, then the nearest configuration in `directory` and
    /// its parents.
    ///
    /// # Errors
    /// Of kind `NoProject` when there is none; `Failed` when a file cannot be read, with the line.
    pub fn open(config: Option<&Path>, directory: &Path, variables: Variables) -> Result<Self> {
        let config_path = discover::find(config, directory, &variables)?;
        let text = files::read_text(&config_path, SIZE_LIMIT)
            .map_err(|error| Error::new(format!("cannot read {}", config_path.display())).because(error))?;
        let config = Config::parse(&text, &config_path)?;
        let mut project = Self { config_path, config, variables };
        project.read_dotenv()?;
        Ok(project)
    }

    /// The folder of the configuration. Relative paths start here.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.config_path.parent().unwrap_or(Path::new("."))
    }

    /// The version folders, absolute, in the order of the configuration.
    #[must_use]
    pub fn version_folders(&self) -> Vec<PathBuf> {
        self.config.scripts.directory.iter().map(|folder| self.root().join(folder)).collect()
    }

    /// Reads every script in the version folders. Files that cannot be read are problems of the tree.
    #[must_use]
    pub fn read_scripts(&self) -> ScriptTree {
        ScriptTree::read(&self.version_folders(), self.config.scripts.file_limit.0)
    }

    fn read_dotenv(&mut self) -> Result<()> {
        let Some(path) = discover::dotenv(self.root()) else { return Ok(()) };
        let unreadable = || Error::new(format!("cannot read {}", path.display()));
        let text = files::read_text(&path, SIZE_LIMIT).map_err(|error| unreadable().because(error))?;
        for pair in dotenvy::from_read_iter(text.as_bytes()) {
            let (name, value) = pair.map_err(|error| {
                let hint = "each line is NAME=value; quote values that contain spaces or '#'";
                unreadable().because(dotenv_cause(&error)).hint(hint)
            })?;
            self.variables.environment.entry(name).or_insert(value);
        }
        Ok(())
    }
}

/// Describes the error without the line, which may contain a password.
fn dotenv_cause(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(_, at) => format!("a line is not NAME=value (at character {at} of the line)"),
        other => other.to_string(),
    }
}

pub(super) fn no_project(directory: &Path) -> Error {
    Error::of(ErrorKind::NoProject, format!("no project in {} or above it", directory.display()))
        .hint("create one with `limbeck init`, or set --config to its file")
}
