//! Reads certificates and keys from files.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

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
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = certificates(certificate, "the client certificate file")?;
    let Some(key) = key else {
        return Err(Error::new(format!("there is no key for the client certificate {}", certificate.display()))
            .hint("set sslkey to its file"));
    };
    Ok((chain, private_key(key)?))
}

/// Reads the certificate revocation lists in a file and in the files of a folder.
pub(super) fn revoked(
    file: Option<&Path>,
    folder: Option<&Path>,
) -> Result<Vec<CertificateRevocationListDer<'static>>> {
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
            lists.push(list.map_err(|error| fault(&error))?);
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
fn pem_error(error: rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Reads a key under libpq's rules: only the owner may have access; if root owns the file, its group may read it.
fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let named = path.display();
    let unreadable =
        |cause: &dyn std::fmt::Display| Error::new(format!("the key file {named} cannot be read")).because(cause);
    let found = std::fs::metadata(path).map_err(|error| unreadable(&error).hint("set sslkey to the key of sslcert"))?;
    let forbidden = if found.uid() == 0 { 0o027 } else { 0o077 };
    if found.is_file() && found.permissions().mode() & forbidden != 0 {
        return Err(Error::new(format!("group or others have access to the key file {named}"))
            .hint(format!("run chmod 600 {named}")));
    }
    let text = files::read_bytes(path, SIZE_LIMIT).map_err(|error| unreadable(&error))?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        if String::from_utf8_lossy(&text).contains("ENCRYPTED") {
            unreadable(&"encrypted keys are not supported")
                .hint("make an unencrypted copy: openssl pkey -in … -out …, then chmod 600")
        } else {
            unreadable(&pem_error(error)).hint("set sslkey to a key in PEM format")
        }
    })
}
