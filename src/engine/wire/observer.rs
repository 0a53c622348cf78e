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

    /// The statement without surrounding whitespace and semicolons, as a plan contains it. Parameters whose values only the
    /// server can write are not replaced before the statement was held.
    #[must_use]
    pub fn trimmed(&self) -> &str {
        self.sql().unwrap_or(&self.text).trim().trim_end_matches(';').trim_end()
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
    fn admit(&self, _: &WireStatement) -> impl Future<Output = Result<(), Refusal>> + Send {
        std::future::ready(Ok(()))
    }

    /// Called after a statement that was held has run. limbeck's client can be used on the session, and the driver waits.
    fn complete(&self, _: &WireStatement, _rows: Option<u64>) -> impl Future<Output = Result<(), Refusal>> + Send {
        std::future::ready(Ok(()))
    }

    /// Runs something in place of a statement. Returns the transaction status to report to the driver.
    fn substitute(&self, _: &WireStatement) -> impl Future<Output = Result<TransactionStatus, Refusal>> + Send {
        std::future::ready(Err(Refusal("this statement has no substitute".to_owned())))
    }

    /// The transaction status to report to the driver. `status` is the server's.
    fn shown_status(&self, status: TransactionStatus) -> TransactionStatus {
        status
    }

    /// Called after any statement has run. `status` is the state of the transaction after it.
    fn executed(&self, _: &WireStatement, _rows: Option<u64>, _status: TransactionStatus) {}

    /// Called with the error of a statement.
    fn failed(&self, _: Option<&WireStatement>, _: ServerError) {}

    /// Called with a notice of the server.
    fn notice(&self, _: ServerError) {}

    /// Wraps the wait for the server.
    fn watch<T: Send>(&self, work: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
        work
    }
}
