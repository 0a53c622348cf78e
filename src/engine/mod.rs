//! Everything that touches a disk, a process or a server. A use case a file; the command line and
//! the UI call the same ones.

pub mod apply;
pub mod autogenerate;
pub mod backup;
mod behind;
pub mod doctor;
pub mod draft;
pub mod drift;
pub mod editor;
mod error;
pub mod evidence;
pub mod init;
pub mod kept;
pub mod models;
mod passage;
pub mod postgres;
pub mod prepare;
pub mod project;
pub mod recall;
pub mod record;
pub mod scratch;
pub mod stamp;
pub mod status;
mod target;
pub mod verify;

pub use error::{Error, ErrorKind};
pub use target::{ConnectOptions, Target};

/// The result of every use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;
