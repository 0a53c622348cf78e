//! All code that uses a disk, a process or a server. Each use case has a folder; the command line and the UI call the
//! same functions.

pub mod alembic;
pub mod apply;
pub mod autogenerate;
pub mod backup;
mod cancel;
pub mod catalog;
pub mod ci;
pub mod conflicts;
pub mod connection;
pub mod copies;
mod digest;
pub mod doctor;
pub mod draft;
pub mod drift;
pub mod editor;
mod error;
pub mod files;
pub mod findings;
pub mod gate;
pub mod git;
pub mod import;
pub mod init;
pub mod lint;
pub mod log;
pub mod models;
pub mod open;
mod passage;
pub mod preflight;
pub mod prepare;
mod process;
pub mod project;
pub mod python;
pub mod rebase;
pub mod recording;
pub mod scratch;
pub mod script_process;
pub mod stamp;
pub mod state;
mod target;
mod user_folders;
pub mod verify;
pub mod wire;

pub use error::{Error, ErrorKind, ProjectCommand};
pub use target::{ConnectOptions, Target};
pub use user_folders::UserFolders;

/// The result of every use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;
