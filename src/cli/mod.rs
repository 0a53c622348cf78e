//! The command line. Each layer imports only the layers to its left:
//! `exit`, `options`, `output` ← `terminal`, `prompt`, `context` ← shared use cases (`migration`, `comparison`, …) ←
//! `verbs` (one file per command) ← `command_line`.

mod approval;
mod backup_progress;
mod command_line;
mod comparison;
mod consent;
mod context;
mod exit;
mod first_start;
mod interrupt;
mod long_id;
mod migration;
mod offline;
mod options;
mod output;
mod prompt;
mod report;
mod selection;
mod terminal;
mod verbs;

pub use command_line::{Command, Invocation, parse};
pub use context::{Context, variables, working_directory};
pub use exit::{Exit, Failure};
pub use first_start::project_for_ui;
pub use options::{Color, Global, Picture, Size, Ui};
