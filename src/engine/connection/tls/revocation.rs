//! Certificate revocation lists, of version 1 and 2.

use rustls::CertificateError;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::UnixTime;
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;

use super::certificate::{ParsedCertificate, SignedData, seconds};

const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const LIST_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");

/// The certificates that an authority has revoked.
#[derive(Debug, Clone)]
pub(super) struct RevocationList {
    list: CertificateList,
    signed: SignedData,
}

impl RevocationList {
    /// Parses a list. `None` if it is not valid.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let list = CertificateList::from_der(der).ok()?;
        if list.tbs_cert_list.signature != list.signature_algorithm {
            return None;
        }
        Some(Self { list, signed: SignedData::parse(der)? })
    }

    /// Whether the authority has signed the list.
    pub(super) fn is_of(&self, authority: &ParsedCertificate, algorithms: &WebPkiSupportedAlgorithms) -> bool {
        self.list.tbs_cert_list.issuer == authority.certificate.tbs_certificate.subject
            && authority.may_sign_lists()
            && self.signed.is_signed_by(&authority.key, algorithms)
    }

    /// Checks that the list is valid and does not contain the certificate.
    pub(super) fn check(&self, certificate: &ParsedCertificate, now: UnixTime) -> Result<(), CertificateError> {
        let content = &self.list.tbs_cert_list;
        let revoked = content.revoked_certificates.iter().flatten();
        let serial = &certificate.certificate.tbs_certificate.serial_number;
        if revoked.clone().any(|entry| entry.serial_number == *serial) {
            return Err(CertificateError::Revoked);
        }
        let is_unknown = |id: ObjectIdentifier| id != AUTHORITY_KEY && id != LIST_NUMBER;
        let mut extensions = content.crl_extensions.iter().flatten();
        let mut of_entries = revoked.filter_map(|entry| entry.crl_entry_extensions.as_ref()).flatten();
        if extensions.any(|one| one.critical && is_unknown(one.extn_id)) || of_entries.any(|one| one.critical) {
            return Err(CertificateError::UnknownRevocationStatus);
        }
        let is_current = seconds(&content.this_update) <= now.as_secs()
            && content.next_update.as_ref().is_none_or(|next| seconds(next) >= now.as_secs());
        if is_current { Ok(()) } else { Err(CertificateError::UnknownRevocationStatus) }
    }
}
