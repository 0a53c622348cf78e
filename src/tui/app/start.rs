//! The parameters of the UI.

use std::path::PathBuf;

/// The parameters of the UI.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The project's name in the header, for example its folder.
    pub project: String,
    pub config_path: PathBuf,
    /// The names of `[environments.*]`, and whether each is protected.
    pub environments: Vec<(String, bool)>,
    /// The environment from the command line.
    pub environment: Option<String>,
    /// `--read-only`: commands that write are not offered.
    pub read_only: bool,
    pub width: u16,
    pub height: u16,
    /// The text of the user's `config.toml`, if it exists.
    pub user_config: Option<String>,
    /// A theme that overrides the user's, for example `sixteen` if the terminal has only 16 colours.
    pub theme: Option<String>,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// The terminal shows only ASCII.
    pub ascii: bool,
}
