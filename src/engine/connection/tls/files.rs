//! Reads certificates and keys from files.

use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use super::client_key::read_key;
use super::revocation::RevocationList;
use crate::engine::connection::pgpass::Secret;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::{Error, Result};

/// Reads the trusted authorities from a file.
pub(super) fn roots(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    certificates(path, "the root certificate file")
        .map_err(|error| error.hint("set sslrootcert to a PEM file with the certificates of the trusted authorities"))
}

/// Returns the authorities that the operating system trusts.
pub(super) fn system_roots() -> Result<Vec<CertificateDer<'static>>> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let mut error = Error::new("the operating system has no certificates of trusted authorities")
            .hint("install the package ca-certificates, or set sslrootcert to a file");
        error.causes.extend(found.errors.iter().map(ToString::to_string));
        return Err(error);
    }
    Ok(found.certs)
}

/// Reads a client certificate chain and its key.
pub(super) fn identity(
    certificate: &Path,
    key: Option<&Path>,
    password: Option<&Secret>,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = certificates(certificate, "the client certificate file")?;
    let Some(key) = key else {
        return Err(Error::new(format!("there is no key for the client certificate {}", certificate.display()))
            .hint("set sslkey to its file"));
    };
    Ok((chain, read_key(key, password)?))
}

/// Reads the certificate revocation lists in a file and in the files of a folder.
pub(super) fn revoked(file: Option<&Path>, folder: Option<&Path>) -> Result<Vec<RevocationList>> {
    let mut paths: Vec<_> = file.map(Path::to_owned).into_iter().collect();
    if let Some(folder) = folder {
        let entries = std::fs::read_dir(folder)
            .map_err(|error| Error::new(format!("the folder {} cannot be read", folder.display())).because(error))?;
        paths.extend(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()));
    }
    let mut lists = Vec::new();
    for path in paths {
        let fault = |error: &dyn std::fmt::Display| {
            Error::new(format!("the certificate revocation list {} cannot be read", path.display())).because(error)
        };
        let text = files::read_bytes(&path, SIZE_LIMIT).map_err(|error| fault(&error))?;
        for list in CertificateRevocationListDer::pem_slice_iter(&text) {
            let list = list.map_err(|error| fault(&error))?;
            lists.push(RevocationList::parse(&list).ok_or_else(|| fault(&"it is not a valid list"))?);
        }
    }
    Ok(lists)
}

fn certificates(path: &Path, subject: &str) -> Result<Vec<CertificateDer<'static>>> {
    let fault = |cause: &dyn std::fmt::Display| {
        Error::new(format!("{subject} {} cannot be read", path.display())).because(cause)
    };
    let mut certificates = Vec::new();
    let text = files::read_bytes(path, SIZE_LIMIT).map_err(|error| fault(&error))?;
    for certificate in CertificateDer::pem_slice_iter(&text) {
        certificates.push(certificate.map_err(|error| fault(&pem_error(error)))?);
    }
    if certificates.is_empty() {
        return Err(fault(&"it contains no certificate in PEM format"));
    }
    Ok(certificates)
}

/// Returns the text of a PEM error, without the `Debug` text around an IO error.
pub(super) fn pem_error(error: rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
