//! A project on disk: `limbeck.toml`, `.env`, the template, and the scripts.

mod config;
mod tree;

pub use config::Config;
pub use tree::{ScriptFile, ScriptProblem, ScriptTree};

use std::path::{Path, PathBuf};

use super::Result;
use super::postgres::Variables;

/// An opened project: where it is and what its configuration says.
#[derive(Debug, Clone)]
pub struct Project {
    /// The configuration file.
    pub config_path: PathBuf,
    pub config: Config,
    /// The environment, with `.env` below it.
    pub variables: Variables,
}

impl Project {
    /// Finds and reads the project: `config`, then `LIMBECK_CONFIG`, then upwards from `directory`.
    ///
    /// # Errors
    /// Of kind `NoProject` where there is none; `Failed` where a file cannot be read, with its line.
    pub fn open(config: Option<&Path>, directory: &Path, variables: Variables) -> Result<Self> {
        let _ = (config, directory, variables);
        todo!()
    }

    /// The folder that relative paths start from.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.config_path.parent().unwrap_or(Path::new("."))
    }

    /// Reads every script of every version folder; what cannot be read is a problem in the tree.
    #[must_use]
    pub fn read_scripts(&self) -> ScriptTree {
        todo!()
    }
}
