//! Connection strings in the syntax of libpq: URL and keyword form, `PG*` variables, password and service files.

mod build;
mod defaults;
mod display;
mod export;
mod hosts;
mod keywords;
mod parameters;
#[cfg(test)]
mod tests;
mod url;

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::pgpass::{PasswordFile, Secret};
use super::tls::TlsSettings;
use super::variables::Variables;
use crate::engine::Result;

pub(super) use hosts::{Endpoint, Host};

/// The values of `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum SessionAttributes {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl SessionAttributes {
    const NAMES: [(&'static str, Self); 6] = [
        ("any", Self::Any),
        ("read-write", Self::ReadWrite),
        ("read-only", Self::ReadOnly),
        ("primary", Self::Primary),
        ("standby", Self::Standby),
        ("prefer-standby", Self::PreferStandby),
    ];

    /// The name that libpq uses.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, attributes)| *attributes == self).map_or("any", |(name, _)| name)
    }
}

/// The values of `channel_binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ChannelBinding {
    Disable,
    #[default]
    Prefer,
    Require,
}

/// How long a connection attempt may take when `connect_timeout` is not given.
pub(super) const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The TCP keepalive settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Keepalive {
    pub off: bool,
    pub idle: Option<Duration>,
    pub interval: Option<Duration>,
    pub count: Option<u32>,
    pub user_timeout: Option<Duration>,
}

/// All parameters of a connection to a database. `Debug` and `Display` never show the password.
#[derive(Clone)]
pub struct ConnInfo {
    /// In the order in which they are tried. Never empty.
    pub(super) endpoints: Vec<Endpoint>,
    database: String,
    user: String,
    /// From the connection string or `PGPASSWORD`. Used for every host.
    password: Option<Secret>,
    /// Used when there is no password.
    password_file: Arc<PasswordFile>,
    pub(super) options: Option<String>,
    pub(super) application: Option<String>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) attributes: SessionAttributes,
    pub(super) channel_binding: ChannelBinding,
    pub(super) keepalive: Keepalive,
    pub(super) tls: TlsSettings,
    /// Passes `sslpassword` to PostgreSQL's programs.
    service_file: Arc<OnceLock<tempfile::NamedTempFile>>,
    /// Session parameters that libpq reads from the environment: name and value.
    pub(super) settings: Vec<(&'static str, String)>,
    warnings: Vec<String>,
}

impl ConnInfo {
    /// Parses a connection string and adds missing parameters in libpq's order: service file, `PG*` variables,
    /// defaults. `None` and an empty text set no parameter.
    ///
    /// # Errors
    /// When the string, a variable or a file cannot be read. The message names the part.
    pub fn resolve(text: Option<&str>, variables: &Variables) -> Result<Self> {
        let parameters = defaults::collect_parameters(text.unwrap_or_default(), variables)?;
        build::build(&parameters, variables)
    }

    /// A database on a Unix socket in a folder, as the embedded server has it: no password, no TLS, and no parameter
    /// from the environment.
    #[must_use]
    pub fn socket(folder: &Path, port: u16, user: &str, database: &str) -> Self {
        Self {
            endpoints: vec![Endpoint {
                host: Host::Socket(folder.to_owned()),
                address: None,
                port,
                default_socket: false,
            }],
            database: database.to_owned(),
            user: user.to_owned(),
            password: None,
            password_file: Arc::default(),
            options: None,
            application: None,
            connect_timeout: Some(DEFAULT_CONNECT_TIMEOUT),
            attributes: SessionAttributes::Any,
            channel_binding: ChannelBinding::Prefer,
            keepalive: Keepalive::default(),
            tls: TlsSettings::disabled(),
            service_file: Arc::default(),
            settings: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Returns the parameters for another database with the same server and user.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// The name of the database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The role that logs in.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Warnings about the files that were read, for example an ignored password file.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the password for a host, from the parameters or from the password file.
    pub(super) fn password_for(&self, endpoint: &Endpoint) -> Option<&Secret> {
        self.password.as_ref().or_else(|| {
            let host = endpoint.password_host();
            self.password_file.find(&host, endpoint.port, &self.database, &self.user)
        })
    }
}
