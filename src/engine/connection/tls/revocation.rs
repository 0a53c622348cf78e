//! Certificate revocation lists, of version 1 and 2.

use rustls::CertificateError;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::UnixTime;
use x509_cert::crl::RevokedCert;
use x509_cert::der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier};
use x509_cert::der::{Decode, Reader, SliceReader, Tag, TagNumber};
use x509_cert::ext::Extensions;
use x509_cert::name::Name;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::certificate::{ParsedCertificate, SignedData, seconds};

const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const LIST_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");

/// The certificates that an authority has revoked.
#[derive(Debug, Clone)]
pub(super) struct RevocationList {
    issuer: Name,
    this_update: Time,
    next_update: Option<Time>,
    revoked: Vec<RevokedCert>,
    extensions: Extensions,
    signed: SignedData,
}

impl RevocationList {
    /// Parses a list. `None` if it is not valid. `x509-cert` does not parse version 1, which `openssl ca` creates.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let outer = AnyRef::from_der(der).ok()?;
        let mut outer = SliceReader::new(outer.value()).ok()?;
        let content = AnyRef::decode(&mut outer).ok()?;
        let algorithm = AlgorithmIdentifierOwned::decode(&mut outer).ok()?;
        let mut fields = SliceReader::new(content.value()).ok()?;
        if next_tag(&fields) == Some(Tag::Integer) {
            u8::decode(&mut fields).ok().filter(|version| *version == 1)?;
        }
        if AlgorithmIdentifierOwned::decode(&mut fields).ok()? != algorithm {
            return None;
        }
        let issuer = Name::decode(&mut fields).ok()?;
        let this_update = Time::decode(&mut fields).ok()?;
        let next_update = match next_tag(&fields) {
            Some(Tag::UtcTime | Tag::GeneralizedTime) => Some(Time::decode(&mut fields).ok()?),
            _ => None,
        };
        let revoked = match next_tag(&fields) {
            Some(Tag::Sequence) => Vec::<RevokedCert>::decode(&mut fields).ok()?,
            _ => Vec::new(),
        };
        let extensions = ContextSpecific::<Extensions>::decode_explicit(&mut fields, TagNumber::N0).ok()?;
        let extensions = extensions.map(|found| found.value).unwrap_or_default();
        let is_complete = fields.is_finished();
        let signed = SignedData::parse(der)?;
        is_complete.then_some(Self { issuer, this_update, next_update, revoked, extensions, signed })
    }

    /// Whether the authority has signed the list.
    pub(super) fn is_of(&self, authority: &ParsedCertificate, algorithms: &WebPkiSupportedAlgorithms) -> bool {
        self.issuer == authority.certificate.tbs_certificate.subject
            && authority.may_sign_lists()
            && self.signed.is_signed_by(&authority.key, algorithms)
    }

    /// Checks that the list is valid and does not contain the certificate.
    pub(super) fn check(&self, certificate: &ParsedCertificate, now: UnixTime) -> Result<(), CertificateError> {
        let serial = &certificate.certificate.tbs_certificate.serial_number;
        if self.revoked.iter().any(|entry| entry.serial_number == *serial) {
            return Err(CertificateError::Revoked);
        }
        let is_unknown = |id: ObjectIdentifier| id != AUTHORITY_KEY && id != LIST_NUMBER;
        let mut of_entries = self.revoked.iter().filter_map(|entry| entry.crl_entry_extensions.as_ref()).flatten();
        let has_unknown = self.extensions.iter().any(|one| one.critical && is_unknown(one.extn_id));
        let is_current = seconds(&self.this_update) <= now.as_secs()
            && self.next_update.as_ref().is_none_or(|next| seconds(next) >= now.as_secs());
        if has_unknown || of_entries.any(|one| one.critical) || !is_current {
            return Err(CertificateError::UnknownRevocationStatus);
        }
        Ok(())
    }
}

fn next_tag(fields: &SliceReader<'_>) -> Option<Tag> {
    fields.peek_byte().and_then(|byte| Tag::try_from(byte).ok())
}
