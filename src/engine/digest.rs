//! Digests as file names.

use sha2::{Digest, Sha256};

/// Returns the first half of a digest in hexadecimal digits, for use as a file name.
pub fn short_hex(hash: Sha256) -> String {
    let digest = hash.finalize();
    let half = digest.iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    format!("{half:032x}")
}
