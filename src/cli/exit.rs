//! Exit codes, and the two kinds of failure.

use std::io;

use crate::core::graph::GraphError;
use crate::engine::{Error, ErrorKind};

/// The exit codes. Scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Success, or nothing to do.
    Done = 0,
    Failed = 1,
    Usage = 2,
    /// An approval is missing; nothing was run.
    Approval = 3,
    /// Models and database differ, or the database is not at the heads.
    Differs = 4,
    /// Another migrator holds the lock.
    Locked = 5,
    Interrupted = 130,
}

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    Error(Box<Error>),
    /// Standard output could not be written.
    Output(io::Error),
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Failed
            | ErrorKind::NoProject
            | ErrorKind::NoDatabase
            | ErrorKind::NoPrograms
            | ErrorKind::Connection => Self::Failed,
            ErrorKind::Usage => Self::Usage,
            ErrorKind::Approval => Self::Approval,
            ErrorKind::Differs => Self::Differs,
            ErrorKind::Locked => Self::Locked,
            ErrorKind::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(Box::new(error))
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        Error::from(error).into()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
