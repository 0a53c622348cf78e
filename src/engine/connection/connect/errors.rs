//! Turns connection errors and server errors into messages with hints.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use rustls::CertificateError;
use tokio_postgres::config::SslMode as WireMode;
use tokio_postgres::error::{DbError, SqlState};

use super::super::conninfo::{ConnInfo, Endpoint, Host, SessionAttributes};
use crate::core::sqlstate;
use crate::engine::{Error, ErrorKind};

/// The message of every error that reports a lost connection.
pub const CONNECTION_LOST: &str = "the connection to the server was lost";

/// Why one attempt to connect failed.
pub(super) enum ConnectFailure {
    Lookup(io::Error),
    NoAddress,
    Unreachable(io::Error),
    TimedOut(Duration),
    /// Connected, but without the attributes of `target_session_attrs`.
    Unsuitable(SessionAttributes),
    Refused {
        error: tokio_postgres::Error,
        mode: WireMode,
    },
}

/// Whether the server refused a query because row security would hide rows from the role (`row_security = off`).
#[must_use]
pub fn is_row_security_error(error: &tokio_postgres::Error) -> bool {
    // The message may be translated; the name of the server's function is not.
    error.as_db_error().is_some_and(|answer| answer.routine() == Some("check_enable_rls"))
}

/// Converts an error of a statement or a connection, with SQLSTATE, detail and hint of the server. Of kind `Connection`
/// when the connection is lost.
#[must_use]
pub fn database_error(error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(error) => server_error(error, error.message().to_owned()),
        None if is_lost(error) => Error::of(ErrorKind::Connection, CONNECTION_LOST)
            .because_all(causes(error))
            .hint("run `limbeck current` when the server is available again"),
        None => Error::new(error.to_string()).because_all(causes(error)),
    }
}

/// Converts an error that the server sent.
fn server_error(answer: &DbError, message: String) -> Error {
    let mut error = Error::of(kind(answer.code()), message).because(format!(
        "SQLSTATE {}: {}",
        answer.code().code(),
        answer.severity()
    ));
    if let Some(detail) = answer.detail() {
        error = error.because(format!("detail: {detail}"));
    }
    if let Some(context) = answer.where_() {
        error = error.because(format!("context: {context}"));
    }
    error.hint = answer.hint().map(str::to_owned).or_else(|| sqlstate::hint(answer.code().code(), answer.message()));
    error
}

/// SQLSTATE classes 08 and 57P mean that the server is not available, 53300 that it has too many connections. A retry
/// may help.
fn kind(code: &SqlState) -> ErrorKind {
    let is_unavailable = code.code().starts_with("08") || (code.code().starts_with("57P") && code.code() != "57P04");
    if is_unavailable || *code == SqlState::TOO_MANY_CONNECTIONS { ErrorKind::Connection } else { ErrorKind::Failed }
}

fn is_lost(error: &tokio_postgres::Error) -> bool {
    error.is_closed()
        || error.source().is_some_and(|cause| cause.is::<io::Error>() && error.to_string().contains("communicating"))
}

/// Returns the sources of an error, the outermost first.
fn causes(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts
}

/// Returns an error and its sources in one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut all = vec![error.to_string()];
    all.extend(causes(error));
    all.join(": ")
}

trait BecauseAll {
    fn because_all(self, causes: Vec<String>) -> Self;
}

impl BecauseAll for Error {
    fn because_all(mut self, causes: Vec<String>) -> Self {
        self.causes.extend(causes);
        self
    }
}

/// The error when no host accepted the connection.
pub(super) fn no_host_accepted(mut failures: Vec<Error>, conninfo: &ConnInfo) -> Error {
    if failures.len() == 1
        && let Some(only) = failures.pop()
    {
        return only;
    }
    let mut error =
        Error::of(ErrorKind::Connection, format!("no host accepts a connection to {}", conninfo.describe()));
    for failure in failures {
        let mut cause = failure.message;
        for below in failure.causes {
            cause.push_str(": ");
            cause.push_str(&below);
        }
        error = error.because(cause);
        error.hint = failure.hint.or(error.hint);
    }
    error
}

impl ConnectFailure {
    pub(super) fn refused(error: tokio_postgres::Error, mode: WireMode) -> Self {
        Self::Refused { error, mode }
    }

    /// Whether another TLS mode may succeed.
    pub(super) fn depends_on_tls(&self) -> bool {
        let Self::Refused { error, .. } = self else { return false };
        is_tls(error) || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    }

    pub(super) fn into_error(self, conninfo: &ConnInfo, endpoint: &Endpoint) -> Error {
        let connection_error = |message: String| Error::of(ErrorKind::Connection, message);
        match self {
            Self::Lookup(error) => {
                connection_error(format!("the host name `{}` cannot be looked up", endpoint.host_name()))
                    .because(error)
                    .hint("check the spelling of the host name and the network")
            }
            Self::NoAddress => connection_error(format!("the host name `{}` has no address", endpoint.host_name()))
                .hint("check the spelling of the host name"),
            Self::Unreachable(error) => connection_error(format!("cannot reach the server at {endpoint}"))
                .hint(reach_hint(&error, endpoint))
                .because(error),
            Self::TimedOut(limit) => {
                connection_error(format!("the server at {endpoint} did not answer within {} seconds", limit.as_secs()))
                    .hint("check host, port and firewall, or set a longer connect_timeout")
            }
            Self::Unsuitable(wanted) => {
                connection_error(format!("the server at {endpoint} {}", missing_attribute(wanted)))
                    .hint(format!("target_session_attrs is {}; check the list of hosts", wanted.name()))
            }
            Self::Refused { error, mode } => ServerRefusal { conninfo, endpoint, mode }.into_error(&error),
        }
    }
}

fn missing_attribute(wanted: SessionAttributes) -> &'static str {
    match wanted {
        SessionAttributes::ReadWrite => "does not allow writes",
        SessionAttributes::ReadOnly => "allows writes",
        SessionAttributes::Primary => "is a standby",
        _ => "is not a standby",
    }
}

fn reach_hint(error: &io::Error, endpoint: &Endpoint) -> String {
    match (&endpoint.host, error.kind()) {
        (Host::Socket(folder), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            format!(
                "check that PostgreSQL is running, with a socket in {} and on port {}",
                folder.display(),
                endpoint.port
            )
        }
        (Host::Socket(folder), io::ErrorKind::InvalidInput) => {
            format!(
                "the path of a socket has at most 107 bytes; use a socket folder with a shorter path than {}",
                folder.display()
            )
        }
        (Host::Socket(folder), io::ErrorKind::PermissionDenied) => {
            format!("check that this user may open the folder {}", folder.display())
        }
        _ => format!("check that PostgreSQL is running on {endpoint} and accepts connections from this machine"),
    }
}

fn is_tls(error: &tokio_postgres::Error) -> bool {
    // tokio-postgres shows the kind of an error only in its text.
    error.to_string().contains("TLS")
}

/// Converts the error of a server that was reached but refused the connection.
struct ServerRefusal<'a> {
    conninfo: &'a ConnInfo,
    endpoint: &'a Endpoint,
    mode: WireMode,
}

impl ServerRefusal<'_> {
    fn into_error(self, error: &tokio_postgres::Error) -> Error {
        let endpoint = self.endpoint;
        if let Some(refusal) = error.as_db_error() {
            return self.refusal_error(refusal);
        }
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        if is_tls(error) {
            return self.tls_error(error);
        }
        if cause == "password missing" {
            return self.with_warnings(
                Error::new(format!("the server at {endpoint} requires a password, but none was given"))
                    .hint("put the password into the URL, PGPASSWORD or ~/.pgpass"),
            );
        }
        if error.to_string() == "authentication error" {
            return Error::new(format!("authentication at the server {endpoint} failed")).because(cause).hint(
                "channel_binding=require needs TLS and a SCRAM password; limbeck supports the methods scram-sha-256, \
                 md5, password, cert, peer and trust",
            );
        }
        Error::of(ErrorKind::Connection, format!("the server at {endpoint} closed the connection"))
            .because(error)
            .because_all(causes(error))
            .hint("check that a PostgreSQL server listens there")
    }

    fn refusal_error(&self, refusal: &DbError) -> Error {
        let message = format!("the server at {} refused the connection: {}", self.endpoint, refusal.message());
        let mut error = server_error(refusal, message);
        error.hint = self.hint(refusal).or(error.hint);
        if error.kind == ErrorKind::Failed { self.with_warnings(error) } else { error }
    }

    fn hint(&self, refusal: &DbError) -> Option<String> {
        let (user, database) = (self.conninfo.user(), self.conninfo.database());
        let code = refusal.code();
        Some(match code.code() {
            "28P01" if self.conninfo.password_for(self.endpoint).is_none() => {
                "put the password into the URL, PGPASSWORD or ~/.pgpass".to_owned()
            }
            "28P01" => {
                format!("check the password of {user} in the URL, PGPASSWORD or ~/.pgpass")
            }
            "3D000" => {
                format!("create it with `createdb {database}`, or check the database name at the end of the URL")
            }
            "28000" if refusal.message().contains("pg_hba.conf") => match self.mode {
                WireMode::Disable => {
                    "the server may require TLS: try sslmode=require; otherwise add a line to its pg_hba.conf"
                }
                _ => "add a line for this user and this machine to the server's pg_hba.conf",
            }
            .to_owned(),
            "28000" if refusal.message().contains("certificate") => {
                format!("set sslcert and sslkey to a client certificate for {user}")
            }
            "28000" => format!("check that the role {user} exists and may log in; `createuser {user}` creates it"),
            "42501" => format!("check that {user} has the CONNECT privilege on {database}"),
            "57P03" => "the server is starting up or shutting down; try again in a moment".to_owned(),
            "53300" => "close other connections, or raise max_connections".to_owned(),
            _ => return None,
        })
    }

    fn with_warnings(&self, mut error: Error) -> Error {
        error.causes.extend(self.conninfo.warnings().iter().cloned());
        error
    }

    fn tls_error(&self, error: &tokio_postgres::Error) -> Error {
        let endpoint = self.endpoint;
        let failure = Error::new(format!("TLS with the server at {endpoint} failed")).because_all(causes(error));
        match rustls_error(error) {
            Some(rustls::Error::InvalidCertificate(problem)) => {
                let (what, hint) = certificate_problem(problem);
                Error::new(format!("the certificate of the server at {endpoint} {what}"))
                    .because_all(causes(error))
                    .hint(hint)
            }
            Some(rustls::Error::AlertReceived(_)) => {
                failure.hint("the server may require another client certificate: see sslcert and sslkey")
            }
            None if failure.causes.iter().any(|cause| cause.contains("does not support TLS")) => {
                Error::new(format!("the server at {endpoint} does not support TLS"))
                    .hint("turn ssl on in its postgresql.conf, or use sslmode=prefer or disable")
            }
            _ => failure.hint("see sslmode, sslrootcert, sslcert and sslkey"),
        }
    }
}

fn rustls_error(error: &tokio_postgres::Error) -> Option<&rustls::Error> {
    let io = error.source()?.downcast_ref::<io::Error>()?;
    io.get_ref()?.downcast_ref::<rustls::Error>()
}

fn certificate_problem(problem: &CertificateError) -> (&'static str, &'static str) {
    match problem {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "is for another host name",
            "connect with the host name in the certificate, or use sslmode=verify-ca if you trust the host for another reason",
        ),
        CertificateError::UnknownIssuer => (
            "is not signed by a trusted authority",
            "set sslrootcert to a file with the certificate of the authority that signed it",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("has expired", "renew it on the server, or correct the clock of this machine")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("is not valid yet", "correct the clock of this machine")
        }
        CertificateError::Revoked => ("was revoked", "the server needs a new certificate"),
        _ => ("cannot be trusted", "set sslrootcert to a file with the certificate of the authority that signed it"),
    }
}
