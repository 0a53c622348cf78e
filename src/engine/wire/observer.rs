//! Who decides about the statements of a driver.

use std::sync::OnceLock;

use super::frame::{ServerError, TransactionStatus};
use super::literal::Parameter;
use crate::core::sql::bind_parameters;

/// A statement that a driver wants to execute.
#[derive(Debug, Clone, Default)]
pub struct WireStatement {
    /// The text as the driver sent it.
    pub text: String,
    pub parameters: Vec<Parameter>,
    /// The text with the values of the parameters as literals, once they are known.
    sql: OnceLock<String>,
    /// The state of the transaction in which it will run.
    pub status: TransactionStatus,
    /// The data of `COPY … FROM STDIN` after it has run, unless it is too long or not text.
    pub copy_data: Option<String>,
}

impl WireStatement {
    pub(super) fn new(text: String, parameters: Vec<Parameter>, status: TransactionStatus) -> Self {
        let statement = Self { text, parameters, status, ..Self::default() };
        let literals: Option<Vec<String>> = statement.parameters.iter().map(Parameter::literal).collect();
        if let Some(literals) = literals {
            statement.bind(&literals);
        }
        statement
    }

    pub(super) fn bind(&self, literals: &[String]) {
        let bind = || if literals.is_empty() { self.text.clone() } else { bind_parameters(&self.text, literals) };
        let _ = self.sql.get_or_init(bind);
    }

    /// The statement as SQL, with the values of its parameters. `None` if only the server can write them: they are known
    /// after the statement was held.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        self.sql.get().map(String::as_str)
    }
}

/// What happens to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is forwarded at once.
    Forward,
    /// It waits for [`Observer::admit`].
    Hold,
    /// It does not run. [`Observer::substitute`] runs instead, and the driver gets the answer of the statement.
    Substitute,
}

/// The statement may not run. The message is what the driver gets; the observer keeps the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

/// Decides about the statements of one driver.
pub trait Observer: Send + Sync {
    /// Decides without the server what happens to a statement.
    fn examine(&self, statement: &WireStatement) -> Verdict;

    /// Decides about a statement that was held. limbeck's client can be used on the session.
    fn admit(&self, statement: &WireStatement) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Called after a statement that was held has run. limbeck's client can be used on the session, and the driver waits.
    fn complete(
        &self,
        statement: &WireStatement,
        rows: Option<u64>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Runs something in place of a statement. Returns the state of the transaction that the driver is told.
    fn substitute(&self, _: &WireStatement) -> impl Future<Output = Result<TransactionStatus, Refusal>> + Send {
        std::future::ready(Err(Refusal("this statement has no substitute".to_owned())))
    }

    /// The state of the transaction that the driver is told, from that of the server.
    fn shown_status(&self, status: TransactionStatus) -> TransactionStatus {
        status
    }

    /// Called after any statement has run. `status` is the state of the transaction after it.
    fn executed(&self, statement: &WireStatement, rows: Option<u64>, status: TransactionStatus);

    /// Called with the error of a statement.
    fn failed(&self, statement: Option<&WireStatement>, error: ServerError);

    /// Called with a notice of the server.
    fn notice(&self, notice: ServerError);

    /// Wraps the wait for the server.
    fn watch<T: Send>(&self, work: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send;
}
