//! A connection as text and as a URL, without its password.

use std::fmt;
use std::fmt::Write as _;
use std::net::Ipv6Addr;

use super::{ChannelBinding, ConnInfo, DEFAULT_CONNECT_TIMEOUT, SessionAttributes};
use crate::engine::connection::tls::{SslMode, TrustedRoots};

impl ConnInfo {
    /// Returns a description for people: `functions on localhost:5432 as runna`.
    #[must_use]
    pub fn describe(&self) -> String {
        let hosts: Vec<_> = self.endpoints.iter().map(ToString::to_string).collect();
        format!("{} on {} as {}", self.database(), hosts.join(" or "), self.user())
    }

    /// Returns a URL for libpq that connects to the same database, without the password.
    #[must_use]
    pub fn url_without_password(&self) -> String {
        let hosts: Vec<_> = self
            .endpoints
            .iter()
            .map(|endpoint| {
                let name = endpoint.host_name();
                let name = if name.parse::<Ipv6Addr>().is_ok() { format!("[{name}]") } else { encode(&name) };
                format!("{name}:{}", endpoint.port)
            })
            .collect();
        let mut url = format!("postgresql://{}@{}/{}", encode(self.user()), hosts.join(","), encode(self.database()));
        for (index, (keyword, value)) in self.query().into_iter().enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            let _ = write!(url, "{mark}{keyword}={}", encode(&value));
        }
        url
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        let addresses: Vec<_> = self.endpoints.iter().map(|endpoint| endpoint.address).collect();
        if addresses.iter().any(Option::is_some) {
            let text: Vec<_> = addresses.iter().map(|one| one.map(|one| one.to_string()).unwrap_or_default()).collect();
            query.push(("hostaddr", text.join(",")));
        }
        if let Some(options) = &self.options {
            query.push(("options", options.clone()));
        }
        if self.connect_timeout != Some(DEFAULT_CONNECT_TIMEOUT) {
            let seconds = self.connect_timeout.map_or(0, |limit| limit.as_secs());
            query.push(("connect_timeout", seconds.to_string()));
        }
        if self.attributes != SessionAttributes::Any {
            query.push(("target_session_attrs", self.attributes.name().to_owned()));
        }
        match self.channel_binding {
            ChannelBinding::Prefer => {}
            ChannelBinding::Require => query.push(("channel_binding", "require".to_owned())),
            ChannelBinding::Disable => query.push(("channel_binding", "disable".to_owned())),
        }
        if self.tls.mode != SslMode::Prefer {
            query.push(("sslmode", self.tls.mode.name().to_owned()));
        }
        if self.tls.mode != SslMode::Disable {
            self.add_certificate_files(&mut query);
        }
        query
    }

    /// Adds the certificate files.
    fn add_certificate_files(&self, query: &mut Vec<(&'static str, String)>) {
        match &self.tls.roots {
            TrustedRoots::System => query.push(("sslrootcert", "system".to_owned())),
            TrustedRoots::File(path) => query.push(("sslrootcert", path.display().to_string())),
            TrustedRoots::None(_) => {}
        }
        if let Some(path) = &self.tls.certificate {
            query.push(("sslcert", path.display().to_string()));
            query.extend(self.tls.key.as_ref().map(|path| ("sslkey", path.display().to_string())));
        }
    }
}

impl fmt::Display for ConnInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl fmt::Debug for ConnInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnInfo({})", self.url_without_password())
    }
}

/// Percent-encodes all characters that are not safe in every part of a URL.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
