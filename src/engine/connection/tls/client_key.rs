//! Reads the private key of a client certificate, also an encrypted one.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use md5::{Digest, Md5};
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};

use super::files::pem_error;
use crate::engine::connection::pgpass::Secret;
use crate::engine::files::{self, SIZE_LIMIT};
use crate::engine::{Error, Result};

/// Why an encrypted key cannot be used.
#[derive(Debug, thiserror::Error)]
enum KeyFault {
    #[error("it is encrypted, and no sslpassword is given")]
    NoPassword,
    #[error("sslpassword does not decrypt it")]
    WrongPassword,
    #[error("it is not valid PEM")]
    NotPem,
    #[error("it is encrypted with {0}, which limbeck does not support")]
    Unsupported(String),
}

/// Reads a key under libpq's rules: only the owner may have access; if root owns the file, its group may read it.
pub(super) fn read_key(path: &Path, password: Option<&Secret>) -> Result<PrivateKeyDer<'static>> {
    let named = path.display();
    let unreadable =
        |cause: &dyn std::fmt::Display| Error::new(format!("the key file {named} cannot be read")).because(cause);
    let found = std::fs::metadata(path).map_err(|error| unreadable(&error).hint("set sslkey to the key of sslcert"))?;
    let forbidden = if found.uid() == 0 { 0o027 } else { 0o077 };
    if found.is_file() && found.permissions().mode() & forbidden != 0 {
        return Err(Error::new(format!("group or others have access to the key file {named}"))
            .hint(format!("run chmod 600 {named}")));
    }
    let bytes = files::read_bytes(path, SIZE_LIMIT).map_err(|error| unreadable(&error))?;
    if let Some(encrypted) = std::str::from_utf8(&bytes).ok().and_then(find_encrypted) {
        return decrypt(&encrypted, password).map_err(|fault| unreadable(&fault).hint(hint(&fault)));
    }
    PrivateKeyDer::from_pem_slice(&bytes).or_else(|error| {
        // Like libpq, accept a file in DER format.
        PrivateKeyDer::try_from(bytes.as_slice())
            .map(|key| key.clone_key())
            .map_err(|_| unreadable(&pem_error(error)).hint("set sslkey to a key in PEM or DER format"))
    })
}

fn hint(fault: &KeyFault) -> &'static str {
    match fault {
        KeyFault::NoPassword => {
            "add sslpassword to the connection string, or make an unencrypted copy with openssl pkey"
        }
        KeyFault::WrongPassword => "correct sslpassword in the connection string",
        KeyFault::NotPem => "set sslkey to a key in PEM or DER format",
        KeyFault::Unsupported(_) => "encrypt it with AES: openssl pkey -in … -aes256 -out …, then chmod 600",
    }
}

/// An encrypted section of a PEM file.
struct EncryptedSection<'a> {
    label: &'a str,
    /// The value of `DEK-Info`, in the traditional format of OpenSSL.
    cipher: Option<&'a str>,
    /// The Base64 text.
    body: String,
}

/// Returns the first section with a private key, if it is encrypted.
fn find_encrypted(text: &str) -> Option<EncryptedSection<'_>> {
    let mut lines = text.lines().map(str::trim);
    let label = lines.by_ref().find_map(|line| {
        let label = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
        label.ends_with("PRIVATE KEY").then_some(label)
    })?;
    let (mut cipher, mut body) = (None, String::new());
    for line in lines.take_while(|line| !line.starts_with("-----END ")) {
        match line.split_once(':') {
            Some(("DEK-Info", value)) => cipher = Some(value.trim()),
            Some(_) => {}
            None => body.extend([line, "\n"]),
        }
    }
    (label == "ENCRYPTED PRIVATE KEY" || cipher.is_some()).then_some(EncryptedSection { label, cipher, body })
}

fn decrypt(section: &EncryptedSection<'_>, password: Option<&Secret>) -> Result<PrivateKeyDer<'static>, KeyFault> {
    let password = password.ok_or(KeyFault::NoPassword)?.reveal();
    // The label makes the parser decode the Base64 text. It does not look at the content.
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}-----END PRIVATE KEY-----\n", section.body);
    let data = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyFault::NotPem)?;
    let data = data.secret_pkcs8_der();
    let Some(cipher) = section.cipher else { return decrypt_pkcs8(data, password) };
    let key = decrypt_traditional(cipher, data, password)?;
    Ok(match section.label {
        "RSA PRIVATE KEY" => PrivatePkcs1KeyDer::from(key).into(),
        "EC PRIVATE KEY" => PrivateSec1KeyDer::from(key).into(),
        other => return Err(KeyFault::Unsupported(format!("the format {other}"))),
    })
}

fn decrypt_pkcs8(data: &[u8], password: &[u8]) -> Result<PrivateKeyDer<'static>, KeyFault> {
    let info = EncryptedPrivateKeyInfoRef::try_from(data).map_err(|error| match error {
        pkcs8::Error::Asn1(_) => KeyFault::Unsupported("an unknown algorithm".to_owned()),
        other => KeyFault::Unsupported(other.to_string()),
    })?;
    let key = info.decrypt(password).map_err(|_| KeyFault::WrongPassword)?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

/// Decrypts the traditional format. `cipher` is its name, a comma and the initialization vector in hexadecimal digits.
fn decrypt_traditional(cipher: &str, data: &[u8], password: &[u8]) -> Result<Vec<u8>, KeyFault> {
    let (name, vector) = cipher.split_once(',').ok_or(KeyFault::NotPem)?;
    let vector = decode_hex(vector).filter(|vector| vector.len() >= SALT_LENGTH).ok_or(KeyFault::NotPem)?;
    let key = |length: usize| derive_key(password, &vector, length);
    let decrypted = match name {
        "AES-128-CBC" => decrypt_cbc::<aes::Aes128>(&key(16), &vector, data),
        "AES-192-CBC" => decrypt_cbc::<aes::Aes192>(&key(24), &vector, data),
        "AES-256-CBC" => decrypt_cbc::<aes::Aes256>(&key(32), &vector, data),
        "DES-EDE3-CBC" => decrypt_cbc::<des::TdesEde3>(&key(24), &vector, data),
        other => return Err(KeyFault::Unsupported(other.to_owned())),
    };
    // The content is an ASN.1 sequence. A wrong password can produce valid padding by chance.
    decrypted.filter(|key| key.first() == Some(&0x30)).ok_or(KeyFault::WrongPassword)
}

fn decrypt_cbc<C: BlockCipherDecrypt + KeyInit>(key: &[u8], vector: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let mut buffer = data.to_vec();
    let decryptor = cbc::Decryptor::<C>::new_from_slices(key, vector).ok()?;
    Some(decryptor.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.to_vec())
}

/// The first bytes of the initialization vector are also the salt.
const SALT_LENGTH: usize = 8;

/// OpenSSL's `EVP_BytesToKey` with MD5 and one iteration.
fn derive_key(password: &[u8], vector: &[u8], length: usize) -> Vec<u8> {
    let salt = vector.get(..SALT_LENGTH).unwrap_or_default();
    let mut key: Vec<u8> = Vec::new();
    let mut last: Vec<u8> = Vec::new();
    while key.len() < length {
        last = Md5::new().chain_update(&last).chain_update(password).chain_update(salt).finalize().to_vec();
        key.extend(&last);
    }
    key.truncate(length);
    key
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.trim().chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| pairs.map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
