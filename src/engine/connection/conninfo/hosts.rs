//! The hosts of a connection string: names, addresses, socket folders and ports.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::parameters::Parameters;
use crate::core::text::plural;
use crate::engine::{Error, Result};

/// Default socket folders: of Debian and RHEL, and of PostgreSQL itself.
const SOCKET_FOLDERS: &[&str] = &["/var/run/postgresql", "/tmp"];
const DEFAULT_PORT: u16 = 5432;

/// A host as written in the connection string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine::connection) enum Host {
    /// A host name or an IP address.
    Name(String),
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

/// One server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine::connection) struct Endpoint {
    pub host: Host,
    /// `hostaddr`: the name is not looked up.
    pub address: Option<IpAddr>,
    pub port: u16,
    /// Whether no host was given and the socket was found in a default folder.
    pub default_socket: bool,
}

impl Endpoint {
    /// The host in messages, and for the check of the server's certificate.
    pub(in crate::engine::connection) fn host_name(&self) -> String {
        match &self.host {
            Host::Name(name) => name.clone(),
            Host::Socket(folder) => folder.display().to_string(),
        }
    }

    /// The host in the password file.
    pub(super) fn password_host(&self) -> String {
        let standard = |folder: &Path| SOCKET_FOLDERS.iter().any(|known| Path::new(known) == folder);
        match &self.host {
            Host::Socket(folder) if self.default_socket || standard(folder) => "localhost".to_owned(),
            _ => self.host_name(),
        }
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.host {
            Host::Name(name) if name.contains(':') => write!(f, "[{name}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host_name(), self.port),
        }
    }
}

/// Combines hosts, addresses and ports.
pub(super) fn endpoints(parameters: &Parameters) -> Result<Vec<Endpoint>> {
    let list = |keyword: &str| -> Vec<String> {
        parameters
            .get(keyword)
            .map(|text| text.split(',').map(|one| one.trim().to_owned()).collect())
            .unwrap_or_default()
    };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = hosts.len().max(addresses.len()).max(1);
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(Error::new(format!(
            "{} names {} and {} names {}",
            parameters.part("host"),
            plural(hosts.len() as u64, "host"),
            parameters.part("hostaddr"),
            plural(addresses.len() as u64, "address")
        ))
        .hint("give one hostaddr for each host, or none"));
    }
    if ports.len() > 1 && ports.len() != count {
        let part = parameters.part("port");
        return Err(Error::new(format!(
            "{part} has {} for {}",
            plural(ports.len() as u64, "port"),
            plural(count as u64, "host")
        ))
        .hint("give one port for all hosts, or one for each"));
    }
    let pick = |list: &[String], index: usize| list.get(index).cloned().unwrap_or_default();
    (0..count)
        .map(|index| {
            let port = port(&pick(&ports, if ports.len() == 1 { 0 } else { index }), parameters)?;
            endpoint(&pick(&hosts, index), &pick(&addresses, index), port, parameters)
        })
        .collect()
}

fn port(text: &str, parameters: &Parameters) -> Result<u16> {
    if text.is_empty() {
        return Ok(DEFAULT_PORT);
    }
    text.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
        Error::new(format!("{} is not a number from 1 to 65535", parameters.part("port")))
            .hint("PostgreSQL's default port is 5432")
    })
}

fn endpoint(host: &str, address: &str, port: u16, parameters: &Parameters) -> Result<Endpoint> {
    let address = match address {
        "" => None,
        text => Some(text.parse::<IpAddr>().map_err(|_| {
            Error::new(format!("{} is not an IP address", parameters.part("hostaddr"))).hint("use host for a name")
        })?),
    };
    let named = |host: Host| Endpoint { host, address, port, default_socket: false };
    Ok(match (host, address) {
        ("", Some(address)) => named(Host::Name(address.to_string())),
        ("", None) => default_endpoint(port),
        (folder, None) if folder.starts_with('/') => {
            Endpoint { host: Host::Socket(folder.into()), address: None, port, default_socket: false }
        }
        (name, _) => named(Host::Name(name.to_owned())),
    })
}

/// Returns the socket of a server on this machine, or `localhost`.
fn default_endpoint(port: u16) -> Endpoint {
    let socket = format!(".s.PGSQL.{port}");
    let found = SOCKET_FOLDERS.iter().map(Path::new).find(|folder| folder.join(&socket).exists());
    match found {
        Some(folder) => Endpoint { host: Host::Socket(folder.to_owned()), address: None, port, default_socket: true },
        None => Endpoint { host: Host::Name("localhost".to_owned()), address: None, port, default_socket: false },
    }
}
