//! Finds the chain from a server's certificate to a trusted authority, by OpenSSL's rules.
//!
//! webpki does not read certificates of version 1, and refuses an authority as a server, but PostgreSQL's manual creates
//! such certificates.

use std::cell::Cell;

use rustls::CertificateError;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::UnixTime;

use super::certificate::ParsedCertificate;
use super::revocation::RevocationList;

/// The longest chain, without the server's certificate.
const MAX_AUTHORITIES: usize = 8;
/// The number of signatures that a search may check. A server can send certificates that lead to many chains.
const MAX_SIGNATURES: u32 = 100;

/// What a chain is built from and checked against.
pub(super) struct ChainSearch<'a> {
    pub trusted: &'a [ParsedCertificate],
    /// The certificates that the server sent with its own one.
    pub sent: &'a [ParsedCertificate],
    /// If there are any, each certificate needs one.
    pub lists: &'a [RevocationList],
    pub algorithms: WebPkiSupportedAlgorithms,
    pub now: UnixTime,
    signatures_left: Cell<u32>,
}

impl<'a> ChainSearch<'a> {
    pub(super) fn new(
        (trusted, sent): (&'a [ParsedCertificate], &'a [ParsedCertificate]),
        lists: &'a [RevocationList],
        algorithms: WebPkiSupportedAlgorithms,
        now: UnixTime,
    ) -> Self {
        Self { trusted, sent, lists, algorithms, now, signatures_left: Cell::new(MAX_SIGNATURES) }
    }

    /// Searches a valid chain for the certificate of a server, and returns it, the server's certificate first.
    pub(super) fn find(&self, server: &'a ParsedCertificate) -> Result<Vec<&'a ParsedCertificate>, CertificateError> {
        let mut chain = vec![server];
        self.extend(&mut chain)?;
        Ok(chain)
    }

    /// Adds issuers until a trusted, self-issued certificate is reached.
    fn extend(&self, chain: &mut Vec<&'a ParsedCertificate>) -> Result<(), CertificateError> {
        let mut failure = CertificateError::UnknownIssuer;
        let Some(last) = chain.last().copied() else { return Err(failure) };
        if last.is_self_issued() && self.trusted.iter().any(|one| one.der == last.der) {
            return self.check(chain);
        }
        if chain.len() > MAX_AUTHORITIES {
            return Err(failure);
        }
        for issuer in self.trusted.iter().chain(self.sent) {
            let is_new = chain.iter().all(|one| one.der != issuer.der);
            if !is_new || !issuer.is_named_as_issuer_of(last) || !self.is_signed(last, issuer) {
                continue;
            }
            chain.push(issuer);
            match self.extend(chain) {
                Ok(()) => return Ok(()),
                Err(CertificateError::UnknownIssuer) => {}
                Err(specific) => failure = specific,
            }
            chain.pop();
        }
        Err(failure)
    }

    fn is_signed(&self, certificate: &ParsedCertificate, issuer: &ParsedCertificate) -> bool {
        let left = self.signatures_left.get();
        self.signatures_left.set(left.saturating_sub(1));
        left > 0 && certificate.signed.is_signed_by(&issuer.key, &self.algorithms)
    }

    /// Checks a chain that is complete.
    fn check(&self, chain: &[&ParsedCertificate]) -> Result<(), CertificateError> {
        let Some((server, authorities)) = chain.split_first() else { return Err(CertificateError::UnknownIssuer) };
        if !server.may_identify_server() {
            return Err(CertificateError::InvalidPurpose);
        }
        let mut below = 0;
        for authority in authorities {
            if !authority.may_issue(below) {
                return Err(CertificateError::InvalidPurpose);
            }
            below += usize::from(!authority.is_self_issued());
        }
        for (certificate, issuer) in chain.iter().zip(authorities.iter().chain(chain.last())) {
            certificate.check(self.now)?;
            if !self.lists.is_empty() {
                self.check_revocation(certificate, issuer)?;
            }
        }
        Ok(())
    }

    fn check_revocation(
        &self,
        certificate: &ParsedCertificate,
        issuer: &ParsedCertificate,
    ) -> Result<(), CertificateError> {
        let mut failure = CertificateError::UnknownRevocationStatus;
        for list in self.lists.iter().filter(|list| list.is_of(issuer, &self.algorithms)) {
            match list.check(certificate, self.now) {
                Err(CertificateError::Revoked) => return Err(CertificateError::Revoked),
                Ok(()) => return Ok(()),
                Err(other) => failure = other,
            }
        }
        Err(failure)
    }
}
