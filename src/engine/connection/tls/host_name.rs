//! Whether a certificate is for a host, by libpq's rules.

use std::net::IpAddr;

use rustls::pki_types::ServerName;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::certificate::ALTERNATIVE_NAMES;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Whether an alternative name is for the host. The common name is used if the certificate has no alternative name of
/// the kind of the host (a name or an address). The examples in PostgreSQL's manual create such certificates.
pub(super) fn is_for_host(certificate: &Certificate, host: &ServerName<'_>) -> bool {
    let address = match host {
        ServerName::IpAddress(address) => Some(IpAddr::from(*address)),
        _ => None,
    };
    let host = host.to_str();
    let Some(names) = alternative_names(certificate) else { return false };
    let mut has_kind = false;
    for name in &names {
        let matches = match name {
            GeneralName::DnsName(name) => {
                has_kind |= address.is_none();
                name_matches(name.as_str(), &host, address.is_none())
            }
            GeneralName::IpAddress(bytes) => {
                has_kind |= address.is_some();
                address.is_some_and(|address| is_address(address, bytes.as_bytes()))
            }
            _ => false,
        };
        if matches {
            return true;
        }
    }
    !has_kind && common_name(certificate).is_some_and(|name| name_matches(&name, &host, address.is_none()))
}

/// Returns the alternative names; `None` if they cannot be read.
fn alternative_names(certificate: &Certificate) -> Option<Vec<GeneralName>> {
    let mut extensions = certificate.tbs_certificate.extensions.iter().flatten();
    match extensions.find(|extension| extension.extn_id == ALTERNATIVE_NAMES) {
        Some(found) => Some(SubjectAltName::from_der(found.extn_value.as_bytes()).ok()?.0),
        None => Some(Vec::new()),
    }
}

/// Returns the first common name of the subject. A name with a NUL byte is not used: programs in C read only its start.
fn common_name(certificate: &Certificate) -> Option<String> {
    let mut parts = certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let part = parts.find(|part| part.oid == COMMON_NAME)?;
    let name = std::str::from_utf8(part.value.value()).ok()?;
    (!name.contains('\0')).then(|| name.to_owned())
}

fn is_address(address: IpAddr, bytes: &[u8]) -> bool {
    match address {
        IpAddr::V4(address) => bytes == address.octets(),
        IpAddr::V6(address) => bytes == address.octets(),
    }
}

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
