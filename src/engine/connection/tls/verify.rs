//! Verifies a server's certificate: nothing, its chain, or its chain and its host name.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::certificate::ParsedCertificate;
use super::chain::ChainSearch;
use super::host_name::is_for_host;
use super::revocation::RevocationList;
use crate::engine::{Error, Result};

/// Verifies certificates like libpq with OpenSSL.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    authorities: Option<Authorities>,
}

/// What a certificate is verified against.
#[derive(Debug)]
struct Authorities {
    trusted: Vec<ParsedCertificate>,
    lists: Vec<RevocationList>,
    /// Checks name constraints. `None` if it can read none of the trusted certificates.
    webpki: Option<Arc<WebPkiServerVerifier>>,
    /// Whether the host name is checked.
    name: bool,
}

impl Verifier {
    /// Accepts every certificate. The connection is encrypted, but the server is not verified.
    pub(super) fn accept_all(provider: Arc<CryptoProvider>) -> Self {
        Self { provider, authorities: None }
    }

    /// Accepts certificates that the trusted authorities have signed and that are not revoked. With `name`, the
    /// certificate must also match the host name.
    pub(super) fn chain(
        provider: Arc<CryptoProvider>,
        roots: &[CertificateDer<'static>],
        lists: Vec<RevocationList>,
        name: bool,
    ) -> Result<Self> {
        let trusted: Vec<_> = roots.iter().filter_map(ParsedCertificate::parse).collect();
        if trusted.is_empty() {
            return Err(Error::new("the certificates of the trusted authorities cannot be used")
                .because("they are not valid X.509 certificates")
                .hint("check the file in sslrootcert with openssl x509 -text"));
        }
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(
            trusted.iter().filter(|root| root.is_self_issued()).map(|root| root.der.clone()),
        );
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build().ok();
        Ok(Self { provider, authorities: Some(Authorities { trusted, lists, webpki, name }) })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(authorities) = &self.authorities {
            authorities.verify(&self.provider, (certificate, intermediates), name, now)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms).or_else(|error| {
            // webpki does not read certificates of version 1, which older versions of `openssl x509 -req` create. For
            // these, the signature is checked with the public key only.
            let parsed = ParsedCertificate::parse(certificate).ok_or(error)?;
            if parsed.key.has_signed(message, (signature.scheme, signature.signature()), algorithms) {
                return Ok(HandshakeSignatureValid::assertion());
            }
            Err(CertificateError::BadSignature.into())
        })
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms).or_else(|error| {
            let key = public_key(certificate).ok_or(error)?;
            verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl Authorities {
    fn verify(
        &self,
        provider: &CryptoProvider,
        (certificate, intermediates): (&CertificateDer<'_>, &[CertificateDer<'_>]),
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let server = ParsedCertificate::parse(certificate).ok_or(CertificateError::BadEncoding)?;
        let sent: Vec<_> = intermediates.iter().filter_map(ParsedCertificate::parse).collect();
        let algorithms = provider.signature_verification_algorithms;
        let chain = ChainSearch::new((&self.trusted, &sent), &self.lists, algorithms, now).find(&server)?;
        if chain.iter().any(|one| one.extensions.has_name_constraints) {
            return self.verify_constrained(&chain, name, now);
        }
        if self.name && !is_for_host(&server.certificate, name) {
            return Err(CertificateError::NotValidForName.into());
        }
        Ok(())
    }

    /// Verifies a chain that limits the names of its certificates, with webpki. It does not read certificates of version 1,
    /// and does not compare the common name with the limits, so neither is accepted here.
    fn verify_constrained(
        &self,
        chain: &[&ParsedCertificate],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let Some(webpki) = &self.webpki else { return Err(CertificateError::UnhandledCriticalExtension.into()) };
        let authorities: Vec<_> = chain.iter().skip(1).map(|one| one.der.clone()).collect();
        let Some(server) = chain.first() else { return Err(CertificateError::UnknownIssuer.into()) };
        match webpki.verify_server_cert(&server.der, &authorities, name, &[], now) {
            // webpki checks the name last, so the chain is valid here.
            Err(error) if !self.name && is_name_error(&error) => Ok(()),
            result => result.map(drop),
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

/// Returns the public key of a certificate.
pub(super) fn public_key(certificate: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let parsed = Certificate::from_der(certificate).ok()?;
    parsed.tbs_certificate.subject_public_key_info.to_der().ok().map(SubjectPublicKeyInfoDer::from)
}
