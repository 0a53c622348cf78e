//! Options that every command accepts, and the options of the UI.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options that every command accepts, before or after its name.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
#[allow(clippy::struct_excessive_bools, reason = "each field is one flag of the command line")]
pub struct Global {
    /// Configuration file [default: searched from the working directory upwards]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Environment of limbeck.toml to use
    #[arg(short, long, global = true, value_name = "NAME")]
    pub env: Option<String>,
    /// Section of alembic.ini to read, in an Alembic project
    #[arg(short, long, global = true, value_name = "SECTION")]
    pub name: Option<String>,
    /// Database to use instead of the configured one
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Use the embedded PostgreSQL server
    #[arg(long, global = true)]
    pub embedded: bool,
    /// Print one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print more details
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colours; auto: on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: Color,
    /// Answer yes to questions (downloads, programs of the project, environment order, dropping copies)
    #[arg(long, global = true)]
    pub yes: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// Options of the UI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of the UI")]
pub struct Ui {
    /// Disable every command that changes a database or a file
    #[arg(long)]
    pub read_only: bool,
    /// Press these keys without a terminal, e.g. `jj<enter>`
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true)]
    pub keys: Option<String>,
    /// Size of the screen for --keys and --print [default: 120x40]
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = parse_size)]
    pub size: Option<Size>,
    /// Print the screen when no job is running any more, then exit
    #[arg(long, value_name = "FORMAT", value_enum, num_args = 0..=1, default_missing_value = "text")]
    pub print: Option<Picture>,
}

/// The size of a screen, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: u16,
    pub height: u16,
}

/// The format in which a screen is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    Text,
    Ansi,
    Svg,
}

impl Ui {
    /// Returns the first UI option that the user gave, in its long form.
    #[must_use]
    pub fn first_given(&self) -> Option<&'static str> {
        match self {
            Self { read_only: true, .. } => Some("--read-only"),
            Self { keys: Some(_), .. } => Some("--keys"),
            Self { size: Some(_), .. } => Some("--size"),
            Self { print: Some(_), .. } => Some("--print"),
            _ => None,
        }
    }
}

fn parse_size(text: &str) -> Result<Size, String> {
    let size = text.split_once(['x', 'X']).and_then(|(width, height)| {
        Some(Size { width: width.trim().parse().ok()?, height: height.trim().parse().ok()? })
    });
    size.ok_or_else(|| "expected WIDTHxHEIGHT in cells, e.g. 120x40".to_owned())
}
