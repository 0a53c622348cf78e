//! What went wrong on the way to a server or on it, in words, with what can be done.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use rustls::CertificateError;
use tokio_postgres::config::SslMode as WireMode;
use tokio_postgres::error::{DbError, SqlState};

use super::super::conninfo::{ConnInfo, Endpoint, Host, SessionAttributes};
use crate::engine::{Error, ErrorKind};

/// Why one attempt failed.
pub(super) enum Failure {
    Lookup(io::Error),
    NoAddress,
    Unreachable(io::Error),
    TimedOut(Duration),
    /// Connected, and not what `target_session_attrs` asks for.
    Unsuitable(SessionAttributes),
    Refused {
        error: tokio_postgres::Error,
        mode: WireMode,
    },
}

/// An error of a statement or of a connection, with the server's SQLSTATE, detail and hint where it
/// gave them. Of kind `Connection` when the connection is gone.
#[must_use]
pub fn database_error(error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(refusal) => of_server(refusal, refusal.message().to_owned()),
        None if is_lost(error) => {
            Error::of(ErrorKind::Connection, "the connection to the server was lost").because_all(causes(error))
        }
        None => Error::new(error.to_string()).because_all(causes(error)),
    }
}

fn of_server(refusal: &DbError, message: String) -> Error {
    let mut error = Error::of(kind(refusal.code()), message).because(format!(
        "SQLSTATE {}: {}",
        refusal.code().code(),
        refusal.severity()
    ));
    if let Some(detail) = refusal.detail() {
        error = error.because(format!("detail: {detail}"));
    }
    if let Some(context) = refusal.where_() {
        error = error.because(format!("context: {context}"));
    }
    error.hint = refusal.hint().map(str::to_owned);
    error
}

/// Classes 08 and 57P tell of a server that is away, 53300 of one that is full: it may be back.
fn kind(code: &SqlState) -> ErrorKind {
    let away = code.code().starts_with("08") || (code.code().starts_with("57P") && code.code() != "57P04");
    if away || *code == SqlState::TOO_MANY_CONNECTIONS { ErrorKind::Connection } else { ErrorKind::Failed }
}

fn is_lost(error: &tokio_postgres::Error) -> bool {
    error.is_closed()
        || error.source().is_some_and(|cause| cause.is::<io::Error>() && error.to_string().contains("communicating"))
}

/// The errors below one, the outermost first.
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

/// An error and those below it in one line.
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

/// The error when no host served.
pub(super) fn none_served(mut failures: Vec<Error>, conninfo: &ConnInfo) -> Error {
    if failures.len() == 1
        && let Some(only) = failures.pop()
    {
        return only;
    }
    let mut error = Error::of(ErrorKind::Connection, format!("none of the hosts serves {}", conninfo.describe()));
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

impl Failure {
    pub(super) fn refused(error: tokio_postgres::Error, mode: WireMode) -> Self {
        Self::Refused { error, mode }
    }

    /// Whether it may go better without TLS, or with it.
    pub(super) fn depends_on_tls(&self) -> bool {
        let Self::Refused { error, .. } = self else { return false };
        is_tls(error) || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    }

    pub(super) fn into_error(self, conninfo: &ConnInfo, endpoint: &Endpoint) -> Error {
        let away = |message: String| Error::of(ErrorKind::Connection, message);
        match self {
            Self::Lookup(error) => away(format!("the host name `{}` cannot be looked up", endpoint.host_name()))
                .because(error)
                .hint("check how the host is spelt, and the network"),
            Self::NoAddress => away(format!("the host name `{}` has no address", endpoint.host_name())),
            Self::Unreachable(error) => {
                away(format!("cannot reach the server at {endpoint}")).hint(reach_hint(&error, endpoint)).because(error)
            }
            Self::TimedOut(limit) => {
                away(format!("the server at {endpoint} did not answer within {} seconds", limit.as_secs()))
                    .hint("check host, port and firewall, or give it longer with connect_timeout")
            }
            Self::Unsuitable(wanted) => away(format!("the server at {endpoint} {}", unsuitable(wanted)))
                .hint(format!("target_session_attrs is {}; is the right server among the hosts?", wanted.name())),
            Self::Refused { error, mode } => Refusal { conninfo, endpoint, mode }.into_error(&error),
        }
    }
}

fn unsuitable(wanted: SessionAttributes) -> &'static str {
    match wanted {
        SessionAttributes::ReadWrite => "does not allow writes",
        SessionAttributes::ReadOnly => "allows writes",
        SessionAttributes::Primary => "is a standby",
        _ => "is no standby",
    }
}

fn reach_hint(error: &io::Error, endpoint: &Endpoint) -> String {
    match (&endpoint.host, error.kind()) {
        (Host::Socket(folder), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            format!("is PostgreSQL running, with a socket in {} and on port {}?", folder.display(), endpoint.port)
        }
        (Host::Socket(folder), io::ErrorKind::InvalidInput) => {
            format!("the path of a socket has at most 107 bytes; move the server's socket out of {}", folder.display())
        }
        (Host::Socket(folder), io::ErrorKind::PermissionDenied) => {
            format!("may this user open the folder {}?", folder.display())
        }
        _ => format!("is PostgreSQL running on {endpoint}, and does it accept connections from here?"),
    }
}

fn is_tls(error: &tokio_postgres::Error) -> bool {
    // The crate keeps the kind to itself, but for this text.
    error.to_string().contains("TLS")
}

/// A server that was reached and said no.
struct Refusal<'a> {
    conninfo: &'a ConnInfo,
    endpoint: &'a Endpoint,
    mode: WireMode,
}

impl Refusal<'_> {
    fn into_error(self, error: &tokio_postgres::Error) -> Error {
        let endpoint = self.endpoint;
        if let Some(refusal) = error.as_db_error() {
            return self.of_server(refusal);
        }
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        if is_tls(error) {
            return self.of_tls(error);
        }
        if cause == "password missing" {
            return self.with_warnings(
                Error::new(format!("the server at {endpoint} asks for a password, and none was given"))
                    .hint("put it into the URL, PGPASSWORD or ~/.pgpass"),
            );
        }
        if error.to_string() == "authentication error" {
            return Error::new(format!("logging in to the server at {endpoint} failed")).because(cause).hint(
                "channel_binding=require needs TLS and a SCRAM password; of the methods, limbeck knows scram-sha-256, \
                 md5, password, cert, peer and trust",
            );
        }
        Error::of(ErrorKind::Connection, format!("the server at {endpoint} broke off"))
            .because(error)
            .because_all(causes(error))
            .hint("is it a PostgreSQL server that listens there?")
    }

    fn of_server(&self, refusal: &DbError) -> Error {
        let message = format!("the server at {} refuses: {}", self.endpoint, refusal.message());
        let mut error = of_server(refusal, message);
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
                format!("check the password of {user}, wherever it comes from: the URL, PGPASSWORD or ~/.pgpass")
            }
            "3D000" => format!("make it with `createdb {database}`, or check the name at the end of the URL"),
            "28000" if refusal.message().contains("pg_hba.conf") => match self.mode {
                WireMode::Disable => "the server may want TLS: try sslmode=require; else add a line to its pg_hba.conf",
                _ => "add a line to the server's pg_hba.conf that lets this user in from here",
            }
            .to_owned(),
            "28000" if refusal.message().contains("certificate") => {
                format!("name a client certificate for {user} in sslcert and sslkey")
            }
            "28000" => format!("is there a role {user}, and may it log in? `createuser {user}` makes one"),
            "42501" => format!("may {user} connect to {database}?"),
            "57P03" => "it is starting up or shutting down; try again in a moment".to_owned(),
            "53300" => "close other connections, or raise max_connections".to_owned(),
            _ => return None,
        })
    }

    fn with_warnings(&self, mut error: Error) -> Error {
        error.causes.extend(self.conninfo.warnings().iter().cloned());
        error
    }

    fn of_tls(&self, error: &tokio_postgres::Error) -> Error {
        let endpoint = self.endpoint;
        let fault = Error::new(format!("TLS with the server at {endpoint} failed")).because_all(causes(error));
        match rustls_error(error) {
            Some(rustls::Error::InvalidCertificate(problem)) => {
                let (what, hint) = certificate_problem(problem);
                Error::new(format!("the certificate of the server at {endpoint} {what}"))
                    .because_all(causes(error))
                    .hint(hint)
            }
            Some(rustls::Error::AlertReceived(_)) => {
                fault.hint("the server may want another client certificate: see sslcert and sslkey")
            }
            None if fault.causes.iter().any(|cause| cause.contains("does not support TLS")) => {
                Error::new(format!("the server at {endpoint} does not support TLS"))
                    .hint("turn ssl on in its postgresql.conf, or use sslmode=prefer or disable")
            }
            _ => fault.hint("see sslmode, sslrootcert, sslcert and sslkey"),
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
            "is for another host",
            "connect by the name in the certificate, or use sslmode=verify-ca if the host is trusted by other means",
        ),
        CertificateError::UnknownIssuer => (
            "is signed by nobody who is trusted",
            "sslrootcert must hold the certificate of the authority that signed the server's",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("has expired", "renew it on the server; is the clock of this machine right?")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("is not valid yet", "is the clock of this machine right?")
        }
        CertificateError::Revoked => ("was revoked", "the server needs a new one"),
        _ => ("cannot be trusted", "sslrootcert must hold the certificate of the authority that signed the server's"),
    }
}
