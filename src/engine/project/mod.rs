//! A project on disk: `limbeck.toml` or an Alembic project, `.env`, the script template, and the scripts.

pub mod config;
mod consents;
mod discover;
mod environment;
mod session;
mod template;
mod tree;
mod write;

pub use config::Config;
pub use consents::Consents;
pub use environment::DatabaseLocation;
pub use session::SessionSettings;
pub use template::{DEFAULT_TEMPLATE, TemplateValues, slug};
pub use tree::{ScriptFile, ScriptProblem, ScriptTree};
pub use write::{Replacement, SaveOutcome, create_file, overwrite, replace_all, write_if_unchanged};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::discover::ProjectFiles;
use super::alembic::{AlembicProject, DEFAULT_SECTION};
use super::connection::Variables;
use super::files::{self, SIZE_LIMIT};
use super::{Error, ErrorKind, Result};

/// The name of the configuration file.
pub const CONFIG_FILE: &str = "limbeck.toml";

/// An open project.
#[derive(Debug, Clone)]
pub struct Project {
    /// The absolute path of the configuration file: `limbeck.toml`, or the one of Alembic.
    pub config_path: PathBuf,
    /// The defaults in an Alembic project without `limbeck.toml`.
    pub config: Config,
    /// The environment, with the variables of `.env` that it does not have.
    pub variables: Variables,
    /// The Alembic project whose Python scripts are the project's scripts.
    pub alembic: Option<Arc<AlembicProject>>,
    /// The consents that the user has given in this process.
    pub consents: Consents,
}

impl Project {
    /// Finds and reads the project: `config`, then `LIMBECK_CONFIG`, then the nearest configuration in `directory` and
    /// its parents.
    ///
    /// # Errors
    /// Of kind `NoProject` when there is none; `Failed` when a file cannot be read, with the line.
    pub fn open(config: Option<&Path>, directory: &Path, variables: Variables) -> Result<Self> {
        Self::open_section(config, directory, variables, None)
    }

    /// As [`Self::open`]. `section` is the section of `alembic.ini`.
    ///
    /// # Errors
    /// Also of kind `Usage` for a section of a project that is not Alembic's.
    pub fn open_section(
        config: Option<&Path>,
        directory: &Path,
        variables: Variables,
        section: Option<&str>,
    ) -> Result<Self> {
        let ProjectFiles { limbeck, alembic } = discover::find(config, directory, &variables)?;
        let text = match &limbeck {
            Some(path) => files::read_text(path, SIZE_LIMIT)
                .map_err(|error| Error::new(format!("cannot read {}", path.display())).because(error))?,
            None => String::new(),
        };
        let config_path = match (limbeck, &alembic) {
            (Some(path), _) => path,
            (None, Some(files)) => files.path().to_owned(),
            (None, None) => return Err(no_project(directory)),
        };
        let config = Config::parse(&text, &config_path)?;
        let mut project = Self { config_path, config, variables, alembic: None, consents: Consents::default() };
        project.read_dotenv()?;
        match alembic {
            Some(files) => {
                let section = section.unwrap_or(DEFAULT_SECTION);
                let alembic = AlembicProject::open(files, section, &project.variables)?;
                if !config::names_version_table(&text) {
                    // A name that cannot be read is an error of the commands that need it.
                    project.config.database.version_table = alembic.version_table().unwrap_or_default();
                }
                project.alembic = Some(Arc::new(alembic));
            }
            None if section.is_some() => return Err(no_sections(&project.config_path)),
            None => {}
        }
        Ok(project)
    }

    /// Reads the same project again.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reopen(&self, variables: Variables) -> Result<Self> {
        let section = self.alembic.as_ref().map(|alembic| alembic.section.as_str());
        let project = Self::open_section(Some(&self.config_path), self.root(), variables, section)?;
        Ok(Self { consents: self.consents.clone(), ..project })
    }

    /// Checks that the name of the version table is known.
    ///
    /// # Errors
    /// If `env.py` computes it.
    pub fn require_version_table(&self) -> Result<()> {
        match &self.alembic {
            Some(alembic) if self.config.database.version_table.is_empty() => alembic.version_table().map(drop),
            _ => Ok(()),
        }
    }

    /// The folder of the configuration. Relative paths start here.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.config_path.parent().unwrap_or(Path::new("."))
    }

    /// The version folders, absolute, in the order of the configuration.
    #[must_use]
    pub fn version_folders(&self) -> Vec<PathBuf> {
        if let Some(alembic) = &self.alembic {
            return alembic.version_folders.clone();
        }
        self.config.scripts.directory.iter().map(|folder| self.root().join(folder)).collect()
    }

    /// Reads every script in the version folders. Files that cannot be read are problems of the tree.
    #[must_use]
    pub fn read_scripts(&self) -> ScriptTree {
        let limit = self.config.scripts.file_limit.0;
        match &self.alembic {
            Some(alembic) => ScriptTree::read_alembic(alembic, limit),
            None => ScriptTree::read(&self.version_folders(), limit),
        }
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

fn no_sections(config_path: &Path) -> Error {
    let message =
        format!("--name is a section of alembic.ini, and {} is not an Alembic project", config_path.display());
    Error::of(ErrorKind::Usage, message).hint("omit it; -e selects an environment of limbeck.toml")
}

pub(super) fn no_project(directory: &Path) -> Error {
    Error::of(ErrorKind::NoProject, format!("no project in {} or above it", directory.display()))
        .hint("create one with `limbeck init`, or set --config to its file")
}
