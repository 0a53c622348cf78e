//! What a server's certificate is checked for: nothing, its chain, or its chain and its name.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use crate::engine::{Error, Result};

/// Checks certificates as libpq does with OpenSSL.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    chain: Option<Chain>,
}

#[derive(Debug)]
struct Chain {
    webpki: Arc<WebPkiServerVerifier>,
    /// Also good as the server's own certificate: a self-signed one is its own authority.
    roots: Vec<CertificateDer<'static>>,
    name: bool,
}

impl Verifier {
    /// Encrypts and trusts anybody.
    pub(super) fn nothing(provider: Arc<CryptoProvider>) -> Self {
        Self { provider, chain: None }
    }

    /// Trusts what the roots have signed and no list has revoked; with `name`, only for the host's name.
    pub(super) fn chain(
        provider: Arc<CryptoProvider>,
        roots: Vec<CertificateDer<'static>>,
        revoked: Vec<CertificateRevocationListDer<'static>>,
        name: bool,
    ) -> Result<Self> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().cloned());
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
            .with_crls(revoked)
            .build()
            .map_err(|error| Error::new("the certificates of the trusted authorities cannot be used").because(error))?;
        Ok(Self { provider, chain: Some(Chain { webpki, roots, name }) })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.webpki.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Ok(verified) => Ok(verified),
            // webpki looks at the name last, so that the chain is good here.
            Err(error) if is_about_the_name(&error) => chain.judge_name(certificate, name, error),
            Err(error) if chain.roots.iter().any(|root| root.as_ref() == certificate.as_ref()) => {
                chain.judge_self_signed(certificate, name, now, error)
            }
            Err(error) => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms).or_else(|error| {
            // webpki reads no certificates of version 1, which `openssl x509 -req` long made: the
            // signature is then checked with the bare key.
            let key = public_key(certificate).ok_or(error)?;
            verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl Chain {
    /// The chain is good, the alternative names do not fit.
    fn judge_name(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        error: rustls::Error,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if !self.name || common_name_fits(certificate, name) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(error)
    }

    /// The certificate is one of the trusted ones itself, which webpki does not take for a server's.
    fn judge_self_signed(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
        error: rustls::Error,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Ok(parsed) = Certificate::from_der(certificate) else { return Err(error) };
        let validity = &parsed.tbs_certificate.validity;
        if validity.not_after.to_unix_duration().as_secs() < now.as_secs() {
            return Err(CertificateError::Expired.into());
        }
        if validity.not_before.to_unix_duration().as_secs() > now.as_secs() {
            return Err(CertificateError::NotValidYet.into());
        }
        match ParsedCertificate::try_from(certificate).and_then(|parsed| verify_server_name(&parsed, name)) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(error) => self.judge_name(certificate, name, error),
        }
    }
}

fn is_about_the_name(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        )
    )
}

fn public_key(certificate: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let parsed = Certificate::from_der(certificate).ok()?;
    parsed.tbs_certificate.subject_public_key_info.to_der().ok().map(SubjectPublicKeyInfoDer::from)
}

/// The common name speaks for the host where a certificate has no alternative names at all, as
/// those have that PostgreSQL's own manual makes.
fn common_name_fits(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    let Ok(parsed) = Certificate::from_der(certificate) else { return false };
    let extensions = parsed.tbs_certificate.extensions.as_deref().unwrap_or_default();
    if extensions.iter().any(|extension| extension.extn_id.to_string() == ALTERNATIVE_NAMES) {
        return false;
    }
    let host = name.to_str();
    let wildcards = matches!(name, ServerName::DnsName(_));
    let parts = parsed.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    parts
        .filter(|part| part.oid.to_string() == COMMON_NAME)
        .filter_map(|part| std::str::from_utf8(part.value.value()).ok())
        .any(|common| name_fits(common, &host, wildcards))
}

const ALTERNATIVE_NAMES: &str = "2.5.29.17";
const COMMON_NAME: &str = "2.5.4.3";

/// Whether a certificate's name is a host's; a leading `*` stands for one label.
fn name_fits(pattern: &str, host: &str, wildcards: bool) -> bool {
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let (Some(pattern), Some((first, rest))) = (pattern.strip_prefix("*."), host.split_once('.')) else {
        return false;
    };
    wildcards && !first.is_empty() && pattern.contains('.') && pattern.eq_ignore_ascii_case(rest)
}

#[cfg(test)]
mod tests {
    use super::name_fits;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (pattern, host, fits) in [
            ("db.example.com", "DB.example.com", true),
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "a.db.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.com", "example.com", false),
            ("*", "localhost", false),
            ("d*.example.com", "db.example.com", false),
            ("other", "localhost", false),
        ] {
            assert_eq!(name_fits(pattern, host, true), fits, "{pattern} {host}");
        }
        assert!(!name_fits("*.0.0.1", "127.0.0.1", false));
    }
}
