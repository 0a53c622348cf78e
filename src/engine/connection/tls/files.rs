//! Certificates and keys on disk.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use crate::engine::{Error, Result};

/// The authorities in a file.
pub(super) fn roots(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    certificates(path, "the root certificate file").map_err(|error| {
        error.hint("sslrootcert must name a PEM file with the certificates of the authorities that are trusted")
    })
}

/// The authorities that the operating system trusts.
pub(super) fn system_roots() -> Result<Vec<CertificateDer<'static>>> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let mut error = Error::new("this machine has no certificates of authorities that it trusts")
            .hint("install the package ca-certificates, or name a file in sslrootcert");
        error.causes.extend(found.errors.iter().map(ToString::to_string));
        return Err(error);
    }
    Ok(found.certs)
}

/// A client's certificate chain and its key.
pub(super) fn identity(
    certificate: &Path,
    key: Option<&Path>,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = certificates(certificate, "the client certificate file")?;
    let Some(key) = key else {
        return Err(Error::new(format!("there is no key for the client certificate {}", certificate.display()))
            .hint("name its file in sslkey"));
    };
    Ok((chain, private_key(key)?))
}

/// The lists of revoked certificates in a file and in the files of a folder.
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
        for list in CertificateRevocationListDer::pem_file_iter(&path).map_err(|error| fault(&error))? {
            lists.push(list.map_err(|error| fault(&error))?);
        }
    }
    Ok(lists)
}

fn certificates(path: &Path, what: &str) -> Result<Vec<CertificateDer<'static>>> {
    let fault =
        |cause: &dyn std::fmt::Display| Error::new(format!("{what} {} cannot be read", path.display())).because(cause);
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| fault(&plain(error)))? {
        certificates.push(certificate.map_err(|error| fault(&plain(error)))?);
    }
    if certificates.is_empty() {
        return Err(fault(&"it has no certificate in PEM form"));
    }
    Ok(certificates)
}

/// A PEM error without the `Debug` text around an IO error.
fn plain(error: rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Reads a key as libpq does: it must be its owner's alone (or root's, and then its group's to read).
fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let named = path.display();
    let unreadable =
        |cause: &dyn std::fmt::Display| Error::new(format!("the key file {named} cannot be read")).because(cause);
    let found =
        std::fs::metadata(path).map_err(|error| unreadable(&error).hint("name the key of sslcert in sslkey"))?;
    let forbidden = if found.uid() == 0 { 0o027 } else { 0o077 };
    if found.is_file() && found.permissions().mode() & forbidden != 0 {
        return Err(Error::new(format!("group or others have access to the key file {named}"))
            .hint(format!("run chmod 600 {named}")));
    }
    let text = std::fs::read(path).map_err(|error| unreadable(&error))?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        if String::from_utf8_lossy(&text).contains("ENCRYPTED") {
            unreadable(&"it is encrypted, which is not supported")
                .hint("keep an unencrypted copy: openssl pkey -in … -out …, then chmod 600")
        } else {
            unreadable(&plain(error)).hint("sslkey must name a key in PEM form")
        }
    })
}
