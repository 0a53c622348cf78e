//! TLS as libpq's `ssl…` parameters ask for it, over rustls.

mod files;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, SupportedProtocolVersion};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::engine::{Error, Result};
use verify::Verifier;

/// How much TLS is wanted, from none to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    pub(super) const NAMES: [(&'static str, Self); 6] = [
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];

    /// libpq's name of it.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, mode)| *mode == self).map_or("prefer", |(name, _)| name)
    }
}

/// The certificates that are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those that the operating system trusts.
    System,
    File(PathBuf),
    /// None are named, and this folder has no `root.crt`.
    None(Option<PathBuf>),
}

/// A version of TLS in a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    /// 1.0 and 1.1, which rustls does not speak.
    Older,
    Tls12,
    Tls13,
}

/// The `ssl…` parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsSettings {
    pub mode: SslMode,
    pub roots: Roots,
    pub certificate: Option<PathBuf>,
    /// Where the key is if there is a certificate.
    pub key: Option<PathBuf>,
    pub revoked: Option<PathBuf>,
    pub revoked_folder: Option<PathBuf>,
    /// Whether the server is told the name that it is called by.
    pub server_name: bool,
    /// Whether TLS begins without asking (PostgreSQL 17).
    pub direct: bool,
    pub oldest: Option<Version>,
    pub newest: Option<Version>,
}

impl TlsSettings {
    /// No TLS at all.
    pub(super) fn disabled() -> Self {
        Self {
            mode: SslMode::Disable,
            roots: Roots::None(None),
            certificate: None,
            key: None,
            revoked: None,
            revoked_folder: None,
            server_name: true,
            direct: false,
            oldest: None,
            newest: None,
        }
    }

    /// Reads the certificates and makes what performs the handshakes.
    ///
    /// # Errors
    /// When a file that is needed is missing or cannot be read.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = if self.mode == SslMode::Disable {
            Verifier::nothing(provider.clone())
        } else {
            self.verifier(provider.clone())?
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions()?)
            .map_err(|error| Error::new("TLS cannot be set up").because(error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let certificate = self.certificate.as_ref().filter(|_| self.mode != SslMode::Disable);
        let mut config = match certificate {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let (chain, key) = files::identity(path, self.key.as_deref())?;
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    Error::new(format!("the client certificate {} cannot be used", path.display()))
                        .because(error)
                        .hint("sslkey must be the key that sslcert was made for")
                })?
            }
        };
        config.enable_sni = self.server_name;
        if self.direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(MakeRustlsConnect::new(config))
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Verifier> {
        let roots = match &self.roots {
            Roots::System => files::system_roots()?,
            Roots::File(path) => files::roots(path)?,
            Roots::None(_) if self.mode <= SslMode::Require => return Ok(Verifier::nothing(provider)),
            Roots::None(folder) => {
                let place = folder.as_ref().map_or("~/.postgresql".into(), |folder| folder.display().to_string());
                return Err(Error::new(format!(
                    "sslmode={} needs the certificate of an authority, and there is no {place}/root.crt",
                    self.mode.name()
                ))
                .hint("name the file in sslrootcert, or set sslrootcert=system to trust what this machine trusts"));
            }
        };
        let revoked = files::revoked(self.revoked.as_deref(), self.revoked_folder.as_deref())?;
        Verifier::chain(provider, roots, revoked, self.mode == SslMode::VerifyFull)
    }

    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>> {
        let oldest = self.oldest.unwrap_or(Version::Tls12);
        let newest = self.newest.unwrap_or(Version::Tls13);
        let versions: Vec<_> = [(Version::Tls12, &rustls::version::TLS12), (Version::Tls13, &rustls::version::TLS13)]
            .into_iter()
            .filter(|(version, _)| (oldest..=newest).contains(version))
            .map(|(_, version)| version)
            .collect();
        if versions.is_empty() {
            return Err(Error::new(
                "no version of TLS lies between ssl_min_protocol_version and ssl_max_protocol_version",
            )
            .hint("limbeck speaks TLSv1.2 and TLSv1.3"));
        }
        Ok(versions)
    }
}
