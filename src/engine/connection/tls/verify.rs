//! Verifies a server's certificate: nothing, its chain, or its chain and its host name.

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

/// Verifies certificates like libpq with OpenSSL.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    chain: Option<Chain>,
}

#[derive(Debug)]
struct Chain {
    webpki: Arc<WebPkiServerVerifier>,
    /// A root can also be the certificate of the server itself, if it is self-signed.
    roots: Vec<CertificateDer<'static>>,
    name: bool,
}

impl Verifier {
    /// Accepts every certificate. The connection is encrypted, but the server is not verified.
    pub(super) fn accept_all(provider: Arc<CryptoProvider>) -> Self {
        Self { provider, chain: None }
    }

    /// Accepts certificates that the roots have signed and that are not revoked. With `name`, the certificate must also
    /// match the host name.
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
            // webpki checks the name last, so the chain is valid here.
            Err(error) if is_name_error(&error) => chain.check_common_name(certificate, name, error),
            Err(error) if chain.roots.iter().any(|root| root.as_ref() == certificate.as_ref()) => {
                chain.check_self_signed(certificate, name, now, error)
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
            // webpki does not read X.509 version 1 certificates, which older versions of `openssl x509 -req` create.
            // For these, the signature is checked with the public key only.
            let key = public_key(certificate).ok_or(error)?;
            verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl Chain {
    /// Checks the common name. The chain is valid, but no alternative name matches.
    fn check_common_name(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        error: rustls::Error,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if !self.name || common_name_matches(certificate, name) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(error)
    }

    /// Checks a certificate that is itself one of the trusted ones. webpki does not accept it as a server certificate.
    fn check_self_signed(
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
            Err(error) => self.check_common_name(certificate, name, error),
        }
    }
}

fn is_name_error(error: &rustls::Error) -> bool {
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

/// Whether the common name matches the host. It is used only when the certificate has no alternative names. The
/// examples in PostgreSQL's manual create such certificates.
fn common_name_matches(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
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
        .any(|common| name_matches(common, &host, wildcards))
}

const ALTERNATIVE_NAMES: &str = "2.5.29.17";
const COMMON_NAME: &str = "2.5.4.3";

/// Whether a name in a certificate matches a host. A leading `*` matches one label.
fn name_matches(pattern: &str, host: &str, wildcards: bool) -> bool {
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
    use super::name_matches;

    #[test]
    fn a_wildcard_matches_one_label() {
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
            assert_eq!(name_matches(pattern, host, true), fits, "{pattern} {host}");
        }
        assert!(!name_matches("*.0.0.1", "127.0.0.1", false));
    }
}
