//! Certificates, made by the `openssl` program with the commands of PostgreSQL's manual (section "Creating
//! Certificates").

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The section of the configuration for the certificate of an authority, as in OpenSSL's own `openssl.cnf`.
const CONFIGURATION: &str = "\
[req]
distinguished_name = name
[name]
[v3_ca]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always,issuer
basicConstraints = critical,CA:true
[constrained]
basicConstraints = critical,CA:true
nameConstraints = critical,permitted;DNS:example.com
[no_authority]
basicConstraints = critical,CA:false
[short]
basicConstraints = critical,CA:true,pathlen:0
[no_signatures]
basicConstraints = critical,CA:true
keyUsage = critical,digitalSignature
[dns]
subjectAltName = DNS:localhost
[other_dns]
subjectAltName = DNS:db.example.com
[address]
subjectAltName = IP:127.0.0.1
[mail]
subjectAltName = email:root@localhost
[client_only]
extendedKeyUsage = clientAuth
[unknown_critical]
1.2.3.4 = critical,ASN1:UTF8String:x
[ca]
default_ca = lists
[lists]
database = index.txt
default_md = sha256
default_crl_days = 30
";

/// A folder in which certificates are made.
pub struct Workshop {
    folder: tempfile::TempDir,
}

impl Workshop {
    pub fn new() -> Self {
        let workshop = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(workshop.path("openssl.cnf"), CONFIGURATION).unwrap();
        fs::write(workshop.path("index.txt"), "").unwrap();
        workshop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `openssl` with words that are separated by blanks.
    pub fn openssl(&self, words: &str) {
        let mut command = Command::new("openssl");
        let output = command.args(words.split(' ')).current_dir(self.folder.path()).output().expect("openssl starts");
        assert!(output.status.success(), "openssl {words}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes `NAME.csr` and `NAME.key`.
    fn request(&self, name: &str, common_name: &str) {
        self.openssl(&format!(
            "req -new -nodes -text -config openssl.cnf -out {name}.csr -keyout {name}.key -subj /CN={common_name}"
        ));
    }

    /// Makes a certificate that signs itself, with `req -x509`: the manual's first example.
    pub fn self_signed(&self, name: &str, common_name: &str) {
        self.openssl(&format!(
            "req -new -x509 -days 365 -nodes -text -config openssl.cnf -extensions v3_ca -out {name}.crt -keyout {name}.key \
             -subj /CN={common_name}"
        ));
    }

    /// Makes a certificate of version 1 that signs itself.
    pub fn self_signed_version1(&self, name: &str, common_name: &str) {
        self.request(name, common_name);
        self.openssl(&format!("x509 -req -in {name}.csr -text -days 365 -signkey {name}.key -out {name}.crt"));
    }

    /// Makes a root, as the manual does, with a section of the configuration.
    pub fn root(&self, name: &str, section: &str) {
        self.request(name, &format!("{name}.yourdomain.com"));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -text -days 3650 -extfile openssl.cnf -extensions {section} -signkey {name}.key -out \
             {name}.crt"
        ));
    }

    /// Makes a certificate that `issuer` signs. Without a section it has no extensions, as in the manual: X.509 version 1.
    pub fn signed(&self, name: &str, common_name: &str, issuer: &str, section: &str) {
        self.request(name, common_name);
        let extensions = match section {
            "" => String::new(),
            section => format!(" -extfile openssl.cnf -extensions {section}"),
        };
        self.openssl(&format!(
            "x509 -req -in {name}.csr -text -days 365 -CA {issuer}.crt -CAkey {issuer}.key -CAcreateserial{extensions} -out \
             {name}.crt"
        ));
    }

    /// Writes the certificates of several names to one file.
    pub fn join(&self, file: &str, names: &[&str]) {
        let texts = names.iter().map(|name| fs::read_to_string(self.path(&format!("{name}.crt"))).unwrap());
        fs::write(self.path(file), texts.collect::<String>()).unwrap();
    }

    /// Makes a revocation list of version 1. `revoked`: the certificate that it contains.
    pub fn revocation_list(&self, file: &str, issuer: &str, revoked: Option<&str>) {
        fs::write(self.path("index.txt"), "").unwrap();
        let authority = format!("-config openssl.cnf -cert {issuer}.crt -keyfile {issuer}.key");
        if let Some(name) = revoked {
            self.openssl(&format!("ca {authority} -revoke {name}.crt"));
        }
        self.openssl(&format!("ca {authority} -gencrl -out {file}"));
    }
}
