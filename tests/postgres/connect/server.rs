//! A PostgreSQL server with roles and `pg_hba.conf` lines for every login method, and with certificates.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::support::{as_server_user, program, server_user};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa, KeyIdMethod,
    KeyPair, RevokedCertParams, SerialNumber, date_time_ymd,
};

/// The kind of the server's certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// Signed by the authority, for the name `localhost`.
    Signed,
    /// Self-signed, with the common name `localhost` and no other name.
    SelfSigned,
    /// Self-signed, X.509 version 1, as `openssl x509 -req -signkey` creates them.
    Version1,
}

pub struct Server {
    folder: tempfile::TempDir,
    process: Child,
    pub port: u16,
}

/// The server that all tests share while one of them runs.
pub fn shared() -> Arc<Server> {
    static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    server.upgrade().unwrap_or_else(|| {
        let started = Arc::new(Server::start(Certificate::Signed, ""));
        *server = Arc::downgrade(&started);
        started
    })
}

impl Server {
    pub fn start(certificate: Certificate, configuration: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("lbk").tempdir_in("/tmp").unwrap();
        give(folder.path());
        let data = folder.path().join("data");
        let mut initdb = server_program("initdb");
        initdb.args(["-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C", "-D"]).arg(&data);
        assert!(initdb.stdout(Stdio::null()).status().unwrap().success());
        certificates(folder.path(), certificate);
        fs::write(data.join("pg_hba.conf"), HBA).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder_name = folder.path().display();
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{folder_name}'\nfsync = off\n\
             password_encryption = 'scram-sha-256'\nssl = on\nssl_cert_file = '{folder_name}/server.crt'\nssl_key_file = '{folder_name}/server.key'\n\
             ssl_ca_file = '{folder_name}/root.crt'\n{configuration}\n"
        );
        fs::write(data.join("postgresql.auto.conf"), settings).unwrap();
        let process = serve(folder.path());
        let mut server = Self { folder, process, port };
        server.wait_until_ready();
        server.run(ROLES);
        server
    }

    /// Restarts the server as a standby without a primary. It answers queries all the same.
    pub fn demote(&mut self) {
        let data = self.folder().join("data");
        let stopped = server_program("pg_ctl").args(["stop", "-m", "fast", "-w", "-D"]).arg(&data).output().unwrap();
        assert!(stopped.status.success(), "{}", self.log());
        self.process.wait().unwrap();
        fs::write(data.join("standby.signal"), "").unwrap();
        self.process = serve(self.folder());
        self.wait_until_ready();
    }

    fn wait_until_ready(&mut self) {
        let began = Instant::now();
        while !self.psql("SELECT 1").output().unwrap().status.success() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < Duration::from_mins(1), "{}", self.log());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn psql(&self, sql: &str) -> Command {
        let mut psql = Command::new(program("psql"));
        psql.env_clear().env("PGOPTIONS", "-c default_transaction_read_only=off").args([
            "-qAtX",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-c",
            sql,
        ]);
        psql.arg("-h").arg(self.folder()).arg("-p").arg(self.port.to_string());
        psql
    }

    /// Runs SQL as the superuser and returns the result as text.
    pub fn run(&self, sql: &str) -> String {
        let output = self.psql(sql).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Whether libpq uses TLS with a connection string: `t` or `f`; `None` if it cannot connect.
    pub fn ssl_by_psql(&self, connection: &str) -> Option<String> {
        let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let mut psql = Command::new(program("psql"));
        psql.env_clear().env("HOME", self.folder()).args(["-AtX", connection, "-c", sql]);
        let output = psql.output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file in the server's folder: `root.crt`, `client.crt`, `client.key`.
    pub fn file(&self, name: &str) -> String {
        self.folder().join(name).display().to_string()
    }

    /// Writes a file into the server's folder, for the user that the server runs as.
    pub fn put(&self, name: &str, text: &str) {
        write(self.folder(), name, text);
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }
}

fn serve(folder: &Path) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
    server_program("postgres").arg("-D").arg(folder.join("data")).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder().join("data");
        let stopped = server_program("pg_ctl").args(["stop", "-m", "immediate", "-w", "-D"]).arg(&data).output();
        if !stopped.is_ok_and(|output| output.status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

const HBA: &str = "\
local     all all       trust
host      all scram     all scram-sha-256
hostssl   all certuser  all cert
hostssl   all tlsonly   all trust
hostnossl all plainonly all trust
host      all plain     all trust
host      all limited   all trust
host      all nobody    all trust
";

/// The password of the role `scram` contains every character that needs escaping in a URL or a file.
pub const PASSWORD: &str = r#"p@ss:w/rd?#%'"\ 한글&=+"#;

const ROLES: &str = r#"
    CREATE ROLE scram LOGIN PASSWORD 'p@ss:w/rd?#%''"\ 한글&=+';
    CREATE ROLE certuser LOGIN; CREATE ROLE tlsonly LOGIN; CREATE ROLE plainonly LOGIN; CREATE ROLE plain LOGIN;
    CREATE ROLE limited LOGIN CONNECTION LIMIT 0;
"#;

fn give(path: &Path) {
    if let Some((user, group)) = server_user() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

fn server_program(name: &str) -> Command {
    let mut command = Command::new(program(name));
    as_server_user(&mut command).env_remove("PGDATA").env("LC_ALL", "C").current_dir("/tmp");
    command
}

fn certificates(folder: &Path, certificate: Certificate) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "test authority");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    write(folder, "root.crt", &authority.pem());
    let mut stranger = CertificateParams::new(Vec::new()).unwrap();
    stranger.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    write(folder, "other.crt", &stranger.self_signed(&KeyPair::generate().unwrap()).unwrap().pem());

    let key = KeyPair::generate().unwrap();
    let serial = SerialNumber::from(42_u64);
    let (certificate, key_text) = match certificate {
        Certificate::Signed => {
            let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.serial_number = Some(serial.clone());
            (params.signed_by(&key, &authority).unwrap().pem(), key.serialize_pem())
        }
        Certificate::SelfSigned => (named("localhost", true).self_signed(&key).unwrap().pem(), key.serialize_pem()),
        Certificate::Version1 => (include_str!("version1.crt").to_owned(), include_str!("version1.key").to_owned()),
    };
    write(folder, "server.crt", &certificate);
    write(folder, "server.key", &key_text);
    write(folder, "root.crl", &revocation_list(&[serial]).signed_by(&authority).unwrap().pem().unwrap());
    write(folder, "empty.crl", &revocation_list(&[]).signed_by(&authority).unwrap().pem().unwrap());

    let key = KeyPair::generate().unwrap();
    write(folder, "client.crt", &named("certuser", false).signed_by(&key, &authority).unwrap().pem());
    write(folder, "client.key", &key.serialize_pem());
}

fn revocation_list(serials: &[SerialNumber]) -> CertificateRevocationListParams {
    let time = date_time_ymd(2026, 1, 1);
    let revoked = |serial: &SerialNumber| RevokedCertParams {
        serial_number: serial.clone(),
        revocation_time: time,
        reason_code: None,
        invalidity_date: None,
    };
    CertificateRevocationListParams {
        this_update: time,
        next_update: date_time_ymd(2126, 1, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    }
}

fn named(common_name: &str, authority: bool) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    if authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    give(&path);
}
