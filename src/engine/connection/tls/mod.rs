//! TLS with rustls, as libpq's `ssl…` parameters specify it.

mod certificate;
mod chain;
mod client_key;
mod files;
mod host_name;
mod revocation;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, SupportedProtocolVersion};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::engine::connection::pgpass::Secret;
use crate::engine::{Error, Result};
use verify::Verifier;

/// The values of `sslmode`, from no TLS to full verification.
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

    /// The name that libpq uses.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, mode)| *mode == self).map_or("prefer", |(name, _)| name)
    }
}

/// The trusted certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TrustedRoots {
    /// The certificates that the operating system trusts.
    System,
    File(PathBuf),
    /// No file is set, and this folder has no `root.crt`.
    None(Option<PathBuf>),
}

/// A TLS version as a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TlsVersion {
    /// 1.0 and 1.1, which rustls does not support.
    Older,
    Tls12,
    Tls13,
}

/// The `ssl…` parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsSettings {
    pub mode: SslMode,
    pub roots: TrustedRoots,
    pub certificate: Option<PathBuf>,
    /// The path of the key, if there is a certificate.
    pub key: Option<PathBuf>,
    /// The password of an encrypted key.
    pub key_password: Option<Secret>,
    pub revoked: Option<PathBuf>,
    pub revoked_folder: Option<PathBuf>,
    /// Whether the client sends the host name (SNI).
    pub server_name: bool,
    /// Whether TLS starts without a request message (PostgreSQL 17).
    pub direct: bool,
    pub oldest: Option<TlsVersion>,
    pub newest: Option<TlsVersion>,
}

impl TlsSettings {
    /// Settings without TLS.
    pub(super) fn disabled() -> Self {
        Self {
            mode: SslMode::Disable,
            roots: TrustedRoots::None(None),
            certificate: None,
            key: None,
            key_password: None,
            revoked: None,
            revoked_folder: None,
            server_name: true,
            direct: false,
            oldest: None,
            newest: None,
        }
    }

    /// Reads the certificates and returns the object that performs TLS handshakes.
    ///
    /// # Errors
    /// When a required file is missing or cannot be read.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = if self.mode == SslMode::Disable {
            Verifier::accept_all(provider.clone())
        } else {
            self.verifier(provider.clone())?
        };
        let keys = provider.clone();
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions()?)
            .map_err(|error| Error::new("TLS cannot be set up").because(error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let certificate = self.certificate.as_ref().filter(|_| self.mode != SslMode::Disable);
        let mut config = match certificate {
            None => builder.with_no_client_auth(),
            Some(path) => builder.with_client_cert_resolver(Arc::new(self.identity(path, &keys)?)),
        };
        config.enable_sni = self.server_name;
        if self.direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(MakeRustlsConnect::new(config))
    }

    /// Reads the client certificate and its key. The certificate may be of version 1, which webpki does not read.
    fn identity(&self, path: &Path, keys: &CryptoProvider) -> Result<SingleCertAndKey> {
        let unusable = |cause: &dyn std::fmt::Display| {
            Error::new(format!("the client certificate {} cannot be used", path.display()))
                .because(cause)
                .hint("set sslkey to the key of the certificate in sslcert")
        };
        let (chain, key) = files::identity(path, self.key.as_deref(), self.key_password.as_ref())?;
        let key = keys.key_provider.load_private_key(key).map_err(|error| unusable(&error))?;
        let of_certificate = chain.first().and_then(verify::public_key);
        if key.public_key().is_some_and(|public| Some(public.into_owned()) != of_certificate) {
            return Err(unusable(&"the key does not belong to it"));
        }
        Ok(SingleCertAndKey::from(CertifiedKey::new(chain, key)))
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Verifier> {
        let roots = match &self.roots {
            TrustedRoots::System => files::system_roots()?,
            TrustedRoots::File(path) => files::roots(path)?,
            TrustedRoots::None(_) if self.mode <= SslMode::Require => return Ok(Verifier::accept_all(provider)),
            TrustedRoots::None(folder) => {
                let place = folder.as_ref().map_or("~/.postgresql".into(), |folder| folder.display().to_string());
                return Err(Error::new(format!(
                    "sslmode={} requires the certificate of an authority, but {place}/root.crt does not exist",
                    self.mode.name()
                ))
                .hint("set sslrootcert to the file, or to `system` to use the authorities that the operating system trusts"));
            }
        };
        let revoked = files::revoked(self.revoked.as_deref(), self.revoked_folder.as_deref())?;
        Verifier::chain(provider, &roots, revoked, self.mode == SslMode::VerifyFull)
    }

    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>> {
        let oldest = self.oldest.unwrap_or(TlsVersion::Tls12);
        let newest = self.newest.unwrap_or(TlsVersion::Tls13);
        let versions: Vec<_> =
            [(TlsVersion::Tls12, &rustls::version::TLS12), (TlsVersion::Tls13, &rustls::version::TLS13)]
                .into_iter()
                .filter(|(version, _)| (oldest..=newest).contains(version))
                .map(|(_, version)| version)
                .collect();
        if versions.is_empty() {
            return Err(Error::new(
                "no supported TLS version is between ssl_min_protocol_version and ssl_max_protocol_version",
            )
            .hint("limbeck supports TLSv1.2 and TLSv1.3"));
        }
        Ok(versions)
    }
}
