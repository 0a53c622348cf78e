//! Errors of PEM files.

use rustls::pki_types::pem;

/// Returns the text of a PEM error, without the `Debug` text around an IO error.
pub(super) fn describe_error(error: pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
