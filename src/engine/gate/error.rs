//! The errors of the gate.

use crate::engine::Error;
use crate::engine::copies::CopyError;

/// Why a statement may not run, or could not be completed.
#[derive(Debug)]
pub enum GateError {
    /// Data would be lost, or was lost, without approval.
    Refused(Error),
    /// A copy could not be made or completed.
    Copy(CopyError),
    /// The server rejected a query of the gate.
    Server(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for GateError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

impl From<CopyError> for GateError {
    fn from(error: CopyError) -> Self {
        Self::Copy(error)
    }
}

impl From<Error> for GateError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}
