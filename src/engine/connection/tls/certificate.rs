//! A certificate or a revocation list in its parts, as far as verification needs them.

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{AlgorithmIdentifier, CertificateDer, UnixTime};
use rustls::{CertificateError, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use x509_cert::der::{Decode, Encode, Reader, SliceReader};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Time;

pub(super) const ALTERNATIVE_NAMES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const SERVER_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");

/// The extensions that a certificate may mark as critical.
const KNOWN: [ObjectIdentifier; 6] =
    [ALTERNATIVE_NAMES, BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, NAME_CONSTRAINTS, CERTIFICATE_POLICIES];

/// A certificate of any version.
#[derive(Debug, Clone)]
pub(super) struct ParsedCertificate {
    pub der: CertificateDer<'static>,
    pub certificate: Certificate,
    pub signed: SignedData,
    pub key: PublicKey,
    pub extensions: Extensions,
}

/// The extensions that restrict the use of a certificate.
#[derive(Debug, Clone, Default)]
pub(super) struct Extensions {
    basic: Option<BasicConstraints>,
    usage: Option<KeyUsage>,
    extended: Option<ExtendedKeyUsage>,
    pub has_name_constraints: bool,
    has_unknown_critical: bool,
}

/// Content, and the signature of an issuer.
#[derive(Debug, Clone)]
pub(super) struct SignedData {
    content: Vec<u8>,
    /// The contents of the `AlgorithmIdentifier`.
    algorithm: Vec<u8>,
    signature: Vec<u8>,
}

/// A public key.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    /// The contents of the `AlgorithmIdentifier`.
    algorithm: Vec<u8>,
    bits: Vec<u8>,
}

impl ParsedCertificate {
    /// Parses a certificate. `None` if it is not valid.
    pub(super) fn parse(der: &CertificateDer<'_>) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        if certificate.tbs_certificate.signature != certificate.signature_algorithm {
            return None;
        }
        Some(Self {
            der: der.clone().into_owned(),
            signed: SignedData::parse(der)?,
            key: PublicKey::parse(&certificate.tbs_certificate.subject_public_key_info)?,
            extensions: Extensions::parse(&certificate)?,
            certificate,
        })
    }

    /// Whether the subject is also the issuer.
    pub(super) fn is_self_issued(&self) -> bool {
        self.certificate.tbs_certificate.subject == self.certificate.tbs_certificate.issuer
    }

    /// Whether the other certificate names this one as its issuer.
    pub(super) fn is_named_as_issuer_of(&self, other: &Self) -> bool {
        self.certificate.tbs_certificate.subject == other.certificate.tbs_certificate.issuer
    }

    /// Checks the period of validity, and that all critical extensions are known.
    pub(super) fn check(&self, now: UnixTime) -> Result<(), CertificateError> {
        let validity = &self.certificate.tbs_certificate.validity;
        if seconds(&validity.not_before) > now.as_secs() {
            return Err(CertificateError::NotValidYet);
        }
        if seconds(&validity.not_after) < now.as_secs() {
            return Err(CertificateError::Expired);
        }
        if self.extensions.has_unknown_critical {
            return Err(CertificateError::UnhandledCriticalExtension);
        }
        Ok(())
    }

    /// Whether it may identify a server.
    pub(super) fn may_identify_server(&self) -> bool {
        let usages = KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment | KeyUsages::KeyAgreement;
        let extended = self.extensions.extended.as_ref();
        self.extensions.usage.as_ref().is_none_or(|usage| usage.0.into_iter().any(|one| usages.contains(one)))
            && extended.is_none_or(|usage| usage.0.contains(&SERVER_AUTHENTICATION))
    }

    /// Whether it may issue certificates of servers, by OpenSSL's rules: a root of version 1 may, and a certificate
    /// without basic constraints whose key may sign certificates. `below`: the number of authorities below it.
    pub(super) fn may_issue(&self, below: usize) -> bool {
        let Extensions { basic, usage, extended, .. } = &self.extensions;
        let signs = usage.as_ref().map(KeyUsage::key_cert_sign);
        let is_authority = if let Some(basic) = basic {
            basic.ca && basic.path_len_constraint.is_none_or(|limit| below <= usize::from(limit))
        } else {
            let is_version1 = self.certificate.tbs_certificate.version == x509_cert::Version::V1;
            (is_version1 && self.is_self_issued()) || signs == Some(true)
        };
        is_authority
            && signs != Some(false)
            && extended.as_ref().is_none_or(|usage| usage.0.contains(&SERVER_AUTHENTICATION))
    }

    /// Whether it may sign revocation lists.
    pub(super) fn may_sign_lists(&self) -> bool {
        self.extensions.usage.as_ref().is_none_or(KeyUsage::crl_sign)
    }
}

/// A time in seconds since 1970.
pub(super) fn seconds(time: &Time) -> u64 {
    time.to_unix_duration().as_secs()
}

impl Extensions {
    fn parse(certificate: &Certificate) -> Option<Self> {
        let mut found = Self::default();
        for extension in certificate.tbs_certificate.extensions.iter().flatten() {
            let value = extension.extn_value.as_bytes();
            match extension.extn_id {
                BASIC_CONSTRAINTS => found.basic = Some(BasicConstraints::from_der(value).ok()?),
                KEY_USAGE => found.usage = Some(KeyUsage::from_der(value).ok()?),
                EXTENDED_KEY_USAGE => found.extended = Some(ExtendedKeyUsage::from_der(value).ok()?),
                NAME_CONSTRAINTS => found.has_name_constraints = true,
                _ => {}
            }
            found.has_unknown_critical |= extension.critical && !KNOWN.contains(&extension.extn_id);
        }
        Some(found)
    }
}

impl SignedData {
    /// Parses the outer structure that certificates and revocation lists share. The content keeps its original bytes.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let outer = AnyRef::from_der(der).ok()?;
        let mut reader = SliceReader::new(outer.value()).ok()?;
        let content = reader.tlv_bytes().ok()?.to_vec();
        let algorithm = AnyRef::decode(&mut reader).ok()?.value().to_vec();
        let signature = BitStringRef::decode(&mut reader).ok()?.as_bytes()?.to_vec();
        Some(Self { content, algorithm, signature })
    }

    /// Whether the key has signed the content.
    pub(super) fn is_signed_by(&self, key: &PublicKey, algorithms: &WebPkiSupportedAlgorithms) -> bool {
        algorithms.all.iter().any(|algorithm| {
            is(algorithm.signature_alg_id(), &self.algorithm)
                && is(algorithm.public_key_alg_id(), &key.algorithm)
                && algorithm.verify_signature(&key.bits, &self.content, &self.signature).is_ok()
        })
    }
}

impl PublicKey {
    fn parse(key: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        let algorithm = key.algorithm.to_der().ok()?;
        let algorithm = AnyRef::from_der(&algorithm).ok()?.value().to_vec();
        Some(Self { algorithm, bits: key.subject_public_key.as_bytes()?.to_vec() })
    }

    /// Whether the key has signed a message of a handshake.
    pub(super) fn has_signed(
        &self,
        message: &[u8],
        (scheme, signature): (SignatureScheme, &[u8]),
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> bool {
        let mapped = algorithms.mapping.iter().filter(|(known, _)| *known == scheme);
        mapped.flat_map(|(_, algorithms)| algorithms.iter()).any(|algorithm| {
            is(algorithm.public_key_alg_id(), &self.algorithm)
                && algorithm.verify_signature(&self.bits, message, signature).is_ok()
        })
    }
}

fn is(known: AlgorithmIdentifier, found: &[u8]) -> bool {
    known.as_ref() == found
}
