//! Connection strings as libpq takes them: URL and keyword form, `PG*` variables, password and service files.

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
use std::sync::Arc;
use std::time::Duration;

use super::pgpass::{PasswordFile, Secret};
use super::tls::TlsSettings;
use super::variables::Variables;
use crate::engine::Result;

pub(super) use hosts::{Endpoint, Host};

/// What a session must be to be taken.
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

    /// libpq's name of it.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, attributes)| *attributes == self).map_or("any", |(name, _)| name)
    }
}

/// How the authentication is bound to the TLS channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ChannelBinding {
    Disable,
    #[default]
    Prefer,
    Require,
}

/// How a TCP connection is watched while nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Keepalive {
    pub off: bool,
    pub idle: Option<Duration>,
    pub interval: Option<Duration>,
    pub count: Option<u32>,
    pub user_timeout: Option<Duration>,
}

/// Everything needed to reach a database. Its `Debug` and `Display` never show the password.
#[derive(Clone)]
pub struct ConnInfo {
    /// In the order in which they are tried; never empty.
    pub(super) endpoints: Vec<Endpoint>,
    database: String,
    user: String,
    /// Given outright; it serves every host.
    password: Option<Secret>,
    /// Asked when none is given.
    password_file: Arc<PasswordFile>,
    pub(super) options: Option<String>,
    pub(super) application: Option<String>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) attributes: SessionAttributes,
    pub(super) channel_binding: ChannelBinding,
    pub(super) keepalive: Keepalive,
    pub(super) tls: TlsSettings,
    /// Settings that libpq takes from the environment: name and value.
    pub(super) settings: Vec<(&'static str, String)>,
    warnings: Vec<String>,
}

impl ConnInfo {
    /// Reads a connection string and fills what it leaves out, in libpq's order: the string, a service
    /// file, `PG*` variables, defaults. `None` and an empty text leave everything out.
    ///
    /// # Errors
    /// When the string, a variable or a file cannot be read; names the part.
    pub fn resolve(text: Option<&str>, variables: &Variables) -> Result<Self> {
        let parameters = defaults::gather(text.unwrap_or_default(), variables)?;
        build::build(&parameters, variables)
    }

    /// A database behind a Unix socket in a folder, as the embedded server has it: no password, no TLS,
    /// and nothing taken from the environment.
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
            connect_timeout: None,
            attributes: SessionAttributes::Any,
            channel_binding: ChannelBinding::Prefer,
            keepalive: Keepalive::default(),
            tls: TlsSettings::disabled(),
            settings: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The same server and user, another database.
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

    /// What people should know about the files that were read, e.g. a password file that was ignored.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The password for one of the hosts: as given, or from the password file.
    pub(super) fn password_for(&self, endpoint: &Endpoint) -> Option<&Secret> {
        self.password.as_ref().or_else(|| {
            let host = endpoint.password_host();
            self.password_file.find(&host, endpoint.port, &self.database, &self.user)
        })
    }
}
