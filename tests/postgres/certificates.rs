//! Certificates made by `openssl` as in PostgreSQL's manual. limbeck accepts those that libpq accepts.

mod openssl;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use limbeck::engine::connection::{ConnInfo, Session, Variables};

use super::connect::server::{Certificate, Server};
use crate::support::{eventually, program};
use openssl::Workshop;

/// A kind of server certificate: its name, the files of the server's certificate and key, the roots, the revocation list,
/// and who accepts it with `verify-ca` and with `verify-full`: `n` for the host `localhost`, `a` for `127.0.0.1`.
struct Kind(&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const KINDS: &[Kind] = &[
    Kind("self-signed, by the common name", "self.crt", "self.key", "self.crt", "", "na", "n"),
    Kind("self-signed, version 1", "self1.crt", "self1.key", "self1.crt", "", "na", "n"),
    Kind("self-signed by another key", "self.crt", "self.key", "self1.crt", "", "", ""),
    Kind("signed by a root, version 1, by the common name", "server.crt", "server.key", "root.crt", "", "na", "n"),
    Kind("signed by a root of version 1", "under1.crt", "under1.key", "root1.crt", "", "na", "n"),
    Kind("signed by another root", "server.crt", "server.key", "other.crt", "", "", ""),
    Kind("one of two roots", "server.crt", "server.key", "roots.crt", "", "na", "n"),
    Kind("an intermediate in the server's file", "chain.crt", "leaf.key", "root.crt", "", "na", "n"),
    Kind("an intermediate in the root file", "leaf.crt", "leaf.key", "root+inter.crt", "", "na", "n"),
    Kind("no intermediate", "leaf.crt", "leaf.key", "root.crt", "", "", ""),
    Kind("an intermediate instead of a root", "leaf.crt", "leaf.key", "inter.crt", "", "", ""),
    Kind("an alternative name", "dns.crt", "dns.key", "root.crt", "", "na", "n"),
    Kind("another alternative name", "elsewhere.crt", "elsewhere.key", "root.crt", "", "na", ""),
    Kind("an address, and the common name", "address.crt", "address.key", "root.crt", "", "na", "na"),
    Kind("a mail address, and the common name", "mail.crt", "mail.key", "root.crt", "", "na", "n"),
    Kind("an address as the common name", "ip.crt", "ip.key", "root.crt", "", "na", "a"),
    Kind("a client's certificate", "client-only.crt", "client-only.key", "root.crt", "", "", ""),
    Kind("an unknown critical extension", "critical.crt", "critical.key", "root.crt", "", "", ""),
    Kind("signed by a server of version 1", "chain-v1.crt", "below-v1.key", "root.crt", "", "", ""),
    Kind("signed by a certificate without CA", "chain-no-ca.crt", "below-no-ca.key", "root.crt", "", "", ""),
    Kind("signed by a key that may not sign", "chain-no-sign.crt", "below-no-sign.key", "root.crt", "", "", ""),
    Kind("too many authorities", "chain-short.crt", "below-short.key", "root.crt", "", "", ""),
    Kind("an authority as the server", "authority.crt", "authority.key", "root.crt", "", "na", "n"),
    Kind("outside the name constraints", "outside.crt", "outside.key", "constrained.crt", "", "", ""),
    Kind(
        "outside the name constraints, by the common name",
        "outside-cn.crt",
        "outside-cn.key",
        "constrained.crt",
        "",
        "",
        "",
    ),
    Kind("a list that revokes nothing", "server.crt", "server.key", "root.crt", "empty.crl", "na", "n"),
    Kind("a list that revokes the certificate", "server.crt", "server.key", "root.crt", "revoked.crl", "", ""),
    Kind("a list of another authority", "server.crt", "server.key", "root.crt", "other.crl", "", ""),
    Kind("an intermediate without a list", "chain.crt", "leaf.key", "root.crt", "empty.crl", "", ""),
    Kind("an intermediate with a list", "chain.crt", "leaf.key", "root.crt", "both.crl", "na", "n"),
];

fn make_certificates() -> Workshop {
    let shop = Workshop::new();
    shop.self_signed("self", "localhost");
    shop.self_signed_version1("self1", "localhost");
    for (name, section) in [("root", "v3_ca"), ("other", "v3_ca"), ("constrained", "constrained")] {
        shop.root(name, section);
    }
    shop.self_signed_version1("root1", "root1.yourdomain.com");
    for (name, common_name, issuer, section) in [
        ("server", "localhost", "root", ""),
        ("under1", "localhost", "root1", ""),
        ("inter", "intermediate.yourdomain.com", "root", "v3_ca"),
        ("leaf", "localhost", "inter", ""),
        ("dns", "db.example.com", "root", "dns"),
        ("elsewhere", "localhost", "root", "other_dns"),
        ("address", "localhost", "root", "address"),
        ("mail", "localhost", "root", "mail"),
        ("ip", "127.0.0.1", "root", ""),
        ("client-only", "localhost", "root", "client_only"),
        ("critical", "localhost", "root", "unknown_critical"),
        ("below-v1", "localhost", "server", ""),
        ("no-ca", "intermediate", "root", "no_authority"),
        ("below-no-ca", "localhost", "no-ca", ""),
        ("no-sign", "intermediate", "root", "no_signatures"),
        ("below-no-sign", "localhost", "no-sign", ""),
        ("short", "intermediate", "root", "short"),
        ("under-short", "second intermediate", "short", "v3_ca"),
        ("below-short", "localhost", "under-short", ""),
        ("authority", "localhost", "root", "v3_ca"),
        ("outside", "localhost", "constrained", "dns"),
        ("outside-cn", "db.example.org", "constrained", ""),
    ] {
        shop.signed(name, &common_name.replace(' ', "_"), issuer, section);
    }
    for (file, names) in [
        ("chain.crt", &["leaf", "inter"][..]),
        ("root+inter.crt", &["root", "inter"]),
        ("roots.crt", &["other", "root"]),
        ("chain-v1.crt", &["below-v1", "server"]),
        ("chain-no-ca.crt", &["below-no-ca", "no-ca"]),
        ("chain-no-sign.crt", &["below-no-sign", "no-sign"]),
        ("chain-short.crt", &["below-short", "under-short", "short"]),
    ] {
        shop.join(file, names);
    }
    shop.revocation_list("empty.crl", "root", None);
    shop.revocation_list("revoked.crl", "root", Some("server"));
    shop.revocation_list("other.crl", "other", None);
    shop.revocation_list("inter.crl", "inter", None);
    let lists = ["empty.crl", "inter.crl"].map(|name| fs::read_to_string(shop.path(name)).unwrap());
    fs::write(shop.path("both.crl"), lists.concat()).unwrap();
    shop
}

/// Makes the server use a certificate. New connections use it at once.
fn serve(server: &Server, shop: &Workshop, certificate: &str, key: &str) {
    for (setting, name) in [("ssl_key_file", key), ("ssl_cert_file", certificate)] {
        let copy = format!("served-{name}");
        server.put(&copy, &fs::read_to_string(shop.path(name)).unwrap());
        server.run(&format!("ALTER SYSTEM SET {setting} = '{}'", server.file(&copy)));
    }
    server.run("SELECT pg_reload_conf()");
    let file = server.file(&format!("served-{certificate}"));
    eventually("the server uses the certificate", 20, || server.run("SHOW ssl_cert_file") == file);
}

async fn open(text: &str) -> Result<Session, String> {
    let variables = Variables { environment: BTreeMap::new(), home: None };
    let conninfo = ConnInfo::resolve(Some(text), &variables).map_err(|error| error.report())?;
    Session::open(&conninfo, "limbeck test").await.map_err(|error| error.report())
}

/// The major version of the libpq that `psql` uses. Older ones do not look at addresses in certificates.
fn psql_major() -> u32 {
    let output = Command::new(program("psql")).arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().nth(2).unwrap().split(['.', 'b', 'r']).next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn certificates_of_openssl_are_accepted_as_by_libpq() {
    let shop = make_certificates();
    let server = Server::start(Certificate::Signed, "");
    let compares = psql_major() >= 15;
    let mut cases = 0;
    for Kind(kind, certificate, key, roots, list, by_chain, by_name) in KINDS {
        serve(&server, &shop, certificate, key);
        for (mode, accepting) in [
            ("disable", "na"),
            ("prefer", "na"),
            ("require", *by_chain),
            ("verify-ca", by_chain),
            ("verify-full", by_name),
        ] {
            for (host, letter) in [("localhost", 'n'), ("127.0.0.1", 'a')] {
                let list = if list.is_empty() { String::new() } else { shop.path(list).display().to_string() };
                let text = format!(
                    "host={host} port={} user=plain dbname=postgres sslmode={mode} sslrootcert={} sslcrl='{list}'",
                    server.port,
                    shop.path(roots).display(),
                );
                let found = open(&text).await;
                assert_eq!(found.is_ok(), accepting.contains(letter), "{kind}, {mode}, {host}: {found:?}");
                if let Err(report) = &found {
                    assert!(report.contains("the certificate of the server at"), "{kind}, {mode}, {host}: {report}");
                }
                if compares {
                    let by_psql = server.ssl_by_psql(&text).is_some();
                    assert_eq!(by_psql, found.is_ok(), "psql: {kind}, {mode}, {host}: {found:?}");
                }
                cases += 1;
            }
        }
    }
    assert_eq!(cases, KINDS.len() * 10);
}

#[tokio::test]
async fn a_certificate_of_version_1_works_with_tls_1_2() {
    let shop = make_certificates();
    let server = Server::start(Certificate::Signed, "ssl_max_protocol_version = 'TLSv1.2'\n");
    for (certificate, key, roots) in [("server.crt", "server.key", "root.crt"), ("self1.crt", "self1.key", "self1.crt")]
    {
        serve(&server, &shop, certificate, key);
        for mode in ["require", "verify-ca", "verify-full"] {
            let roots = shop.path(roots);
            let text = format!(
                "host=localhost port={} user=plain dbname=postgres sslmode={mode} sslrootcert={}",
                server.port,
                roots.display()
            );
            open(&text).await.unwrap();
        }
    }
}

/// Makes a key that only this user can read.
fn protect(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn an_encrypted_client_key_is_decrypted_with_sslpassword() {
    let shop = Workshop::new();
    let server = Server::start(Certificate::Signed, "");
    shop.root("root", "v3_ca");
    shop.signed("rsa", "certuser", "root", "");
    shop.openssl("ecparam -name prime256v1 -genkey -noout -out ec.key");
    shop.openssl("req -new -config openssl.cnf -key ec.key -out ec.csr -subj /CN=certuser");
    shop.openssl("x509 -req -in ec.csr -days 365 -CA root.crt -CAkey root.key -CAcreateserial -out ec.crt");
    server.put("root.crt", &fs::read_to_string(shop.path("root.crt")).unwrap());
    server.run("SELECT pg_reload_conf()");
    // The certificate, and the command that encrypts its key.
    for (certificate, words) in [
        ("rsa", "pkcs8 -topk8 -in rsa.key -v2 aes-256-cbc"),
        ("rsa", "pkcs8 -topk8 -in rsa.key -v2 aes-128-cbc -v2prf hmacWithSHA512"),
        ("rsa", "pkcs8 -topk8 -in rsa.key -scrypt"),
        ("rsa", "pkcs8 -topk8 -in rsa.key -v2 des3"),
        ("rsa", "pkey -in rsa.key -aes256"),
        ("rsa", "rsa -in rsa.key -aes256 -traditional"),
        ("rsa", "rsa -in rsa.key -aes192 -traditional"),
        ("rsa", "rsa -in rsa.key -aes128 -traditional"),
        ("rsa", "rsa -in rsa.key -des3 -traditional"),
        ("ec", "ec -in ec.key -aes256"),
        ("ec", "pkcs8 -topk8 -in ec.key -v2 aes-256-cbc"),
    ] {
        let password = "it's%20a\u{e9}";
        fs::write(shop.path("password"), password).unwrap();
        shop.openssl(&format!("{words} -passout file:password -out encrypted.key"));
        let key = shop.path("encrypted.key");
        protect(&key);
        let text = |password: &str| {
            format!(
                "host=localhost port={} user=certuser dbname=postgres sslmode=require sslcert={} sslkey={}{password}",
                server.port,
                shop.path(&format!("{certificate}.crt")).display(),
                key.display()
            )
        };
        let given = text(" sslpassword='it\\'s%20a\u{e9}'");
        let session = open(&given).await.unwrap_or_else(|report| panic!("{words}: {report}"));
        assert_eq!(session.server().user, "certuser");
        assert!(server.ssl_by_psql(&given).is_some(), "psql: {words}");
        for (password, says) in
            [("", "no sslpassword is given"), (" sslpassword=wrong", "sslpassword does not decrypt it")]
        {
            let report = open(&text(password)).await.unwrap_err();
            assert!(report.contains(says) && report.contains("hint: "), "{words}: {report}");
            assert!(!report.contains("it's") && !report.contains("=wrong"), "{words}: {report}");
        }
    }
    shop.openssl("rsa -in rsa.key -outform DER -out der.key");
    protect(&shop.path("der.key"));
    let (certificate, key) = (shop.path("rsa.crt"), shop.path("der.key"));
    let text = format!(
        "host=localhost port={} user=certuser dbname=postgres sslmode=require sslcert={} sslkey={}",
        server.port,
        certificate.display(),
        key.display()
    );
    open(&text).await.unwrap();
}
