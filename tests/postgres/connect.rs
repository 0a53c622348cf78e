//! Connection strings with a real server: passwords, TLS, several hosts, cancelling, and error messages.
#![allow(clippy::unwrap_used)]

pub mod server;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use limbeck::engine::connection::{ConnInfo, NoticeSeverity, Session, Variables, database_error};
use limbeck::engine::{Error, ErrorKind, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use server::{Certificate, PASSWORD, Server, shared};

/// [`PASSWORD`], encoded for a URL.
const ENCODED: &str = "p%40ss%3Aw%2Frd%3F%23%25%27%22%5C%20%ED%95%9C%EA%B8%80%26%3D%2B";

fn variables(home: &Path, environment: &[(&str, &str)]) -> Variables {
    let environment: BTreeMap<_, _> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Variables { environment, home: Some(home.to_owned()) }
}

async fn open(text: &str) -> Result<Session> {
    let home = tempfile::tempdir().unwrap();
    open_with(text, &variables(home.path(), &[])).await
}

async fn open_with(text: &str, variables: &Variables) -> Result<Session> {
    Session::open(&ConnInfo::resolve(Some(text), variables)?, "limbeck test").await
}

async fn ask(session: &Session, sql: &str) -> String {
    session.client().query_one(sql, &[]).await.unwrap().get(0)
}

async fn connection_error(text: &str) -> Error {
    let error = open(text).await.err().unwrap_or_else(|| panic!("{text} was let in"));
    assert!(!error.report().contains(PASSWORD) && !error.report().contains(ENCODED), "{error:?}");
    error
}

fn write_private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn a_password_is_read_from_the_url_the_environment_a_file_or_a_service() {
    let server = shared();
    let port = server.port;
    let home = tempfile::tempdir().unwrap();
    let plain = format!("postgresql://scram@localhost:{port}/postgres");
    let quoted = PASSWORD.replace('\\', r"\\").replace('\'', r"\'");
    for text in [
        format!("postgresql://scram:{ENCODED}@localhost:{port}/postgres"),
        format!("postgresql+psycopg2://scram:{ENCODED}@localhost:{port}/postgres"),
        format!("postgresql://localhost:{port}/postgres?user=scram&password={ENCODED}"),
        format!("host=localhost port={port} user=scram dbname=postgres password='{quoted}'"),
    ] {
        let session = open_with(&text, &variables(home.path(), &[])).await.unwrap();
        assert_eq!(session.server().user, "scram");
    }
    open_with(&plain, &variables(home.path(), &[("PGPASSWORD", PASSWORD)])).await.unwrap();

    let line = format!("localhost:{port}:*:scram:{}\n", PASSWORD.replace('\\', r"\\").replace(':', r"\:"));
    write_private(&home.path().join(".pgpass"), &line);
    open_with(&plain, &variables(home.path(), &[])).await.unwrap();
    open_with(&plain, &variables(home.path(), &[("PGPASSWORD", "wrong")])).await.unwrap_err();
    std::fs::rename(home.path().join(".pgpass"), home.path().join("elsewhere")).unwrap();
    let elsewhere = home.path().join("elsewhere").display().to_string();
    open_with(&plain, &variables(home.path(), &[("PGPASSFILE", &elsewhere)])).await.unwrap();

    let section = format!("[mine]\nhost=localhost\nport={port}\nuser=scram\ndbname=postgres\npassword={PASSWORD}\n");
    write_private(&home.path().join(".pg_service.conf"), &section);
    open_with("service=mine", &variables(home.path(), &[])).await.unwrap();
    open_with("", &variables(home.path(), &[("PGSERVICE", "mine")])).await.unwrap();
}

#[tokio::test]
async fn a_wrong_or_missing_password_is_an_error_that_does_not_show_it() {
    let server = shared();
    let port = server.port;
    let wrong = connection_error(&format!("postgresql://scram:{ENCODED}x@localhost:{port}/postgres")).await;
    assert_eq!(wrong.kind, ErrorKind::Failed);
    assert!(wrong.report().contains("28P01") && wrong.report().contains("check the password of scram"), "{wrong:?}");

    let missing = connection_error(&format!("postgresql://scram@localhost:{port}/postgres")).await;
    assert_eq!(missing.kind, ErrorKind::Failed);
    assert!(missing.message.contains("requires a password, but none was given"), "{missing:?}");

    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".pgpass");
    write_private(&file, "*:*:*:*:whatever\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let text = format!("postgresql://scram@localhost:{port}/postgres");
    let ignored = open_with(&text, &variables(home.path(), &[])).await.unwrap_err();
    assert!(ignored.report().contains(".pgpass was ignored"), "{ignored:?}");
}

#[tokio::test]
async fn connection_errors_have_hints() {
    let server = shared();
    let port = server.port;
    for (text, kind, says) in [
        (format!("postgresql://plain@localhost:{port}/nowhere"), ErrorKind::Failed, "createdb nowhere"),
        (format!("postgresql://nobody@localhost:{port}/postgres"), ErrorKind::Failed, "createuser nobody"),
        (format!("postgresql://limited@localhost:{port}/postgres"), ErrorKind::Connection, "53300"),
        (format!("postgresql://stranger@localhost:{port}/postgres"), ErrorKind::Failed, "to the server's pg_hba.conf"),
        (
            format!("postgresql://tlsonly@localhost:{port}/postgres?sslmode=disable"),
            ErrorKind::Failed,
            "sslmode=require",
        ),
        (
            "postgresql://me@localhost:1/postgres".to_owned(),
            ErrorKind::Connection,
            "check that PostgreSQL is running on localhost:1",
        ),
        (
            "postgresql://me@/postgres?host=/nowhere".to_owned(),
            ErrorKind::Connection,
            "socket in /nowhere and on port 5432",
        ),
        ("postgresql://me@no-such-host.invalid/postgres".to_owned(), ErrorKind::Connection, "cannot be looked up"),
    ] {
        let error = connection_error(&text).await;
        assert_eq!(error.kind, kind, "{text}: {error:?}");
        assert!(error.report().contains(says), "{text}: {error:?}");
    }
}

#[tokio::test]
async fn sslmode_works_as_in_libpq() {
    let server = shared();
    let (root, other) = (server.file("root.crt"), server.file("other.crt"));
    // user, host, sslmode, root certificate; then `t` or `f` for TLS, or a part of the error.
    for (user, host, mode, roots, expected) in [
        ("plain", "localhost", "disable", "", "f"),
        ("plain", "localhost", "allow", "", "f"),
        ("plain", "localhost", "prefer", "", "t"),
        ("plain", "localhost", "require", "", "t"),
        ("tlsonly", "localhost", "disable", "", "pg_hba.conf"),
        ("tlsonly", "localhost", "allow", "", "t"),
        ("plainonly", "localhost", "allow", "", "f"),
        ("plainonly", "localhost", "prefer", "", "f"),
        ("plainonly", "localhost", "require", "", "pg_hba.conf"),
        ("plain", "localhost", "verify-ca", "", "requires the certificate of an authority"),
        ("plain", "localhost", "verify-full", "", "requires the certificate of an authority"),
        ("plain", "localhost", "verify-ca", &root, "t"),
        ("plain", "localhost", "verify-full", &root, "t"),
        ("plain", "127.0.0.1", "verify-ca", &root, "t"),
        ("plain", "127.0.0.1", "verify-full", &root, "is for another host"),
        ("plain", "localhost", "verify-ca", &other, "not signed by a trusted authority"),
        ("plain", "localhost", "verify-full", &other, "not signed by a trusted authority"),
        ("plain", "localhost", "require", &other, "not signed by a trusted authority"),
        ("plain", "localhost", "prefer", &other, "f"),
        ("plain", "localhost", "verify-full", "system", "not signed by a trusted authority"),
        ("plain", "localhost", "require", "system", "not secure enough"),
        ("plain", "localhost", "verify-full", "/nowhere", "cannot be read"),
    ] {
        let text = format!(
            "host={host} port={} user={user} dbname=postgres sslmode={mode} sslrootcert={}",
            server.port,
            if roots.is_empty() { "''" } else { roots }
        );
        let found = match open(&text).await {
            Ok(session) => {
                ask(&session, "SELECT left(ssl::text, 1) FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await
            }
            Err(error) => error.report(),
        };
        assert!(if expected.len() == 1 { found == expected } else { found.contains(expected) }, "{text}: {found}");
        // libpq supports `system` since version 16.
        if roots != "system" {
            let of_libpq = server.ssl_by_psql(&text).unwrap_or_default();
            assert_eq!(of_libpq, if expected.len() == 1 { expected } else { "" }, "psql with {text}");
        }
    }
}

#[tokio::test]
async fn the_default_certificate_files_are_used_as_in_libpq() {
    let server = shared();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".postgresql");
    std::fs::create_dir(&folder).unwrap();
    let text = format!("postgresql://certuser@localhost:{}/postgres?sslmode=verify-full", server.port);
    let variables = variables(home.path(), &[]);
    open_with(&text, &variables).await.unwrap_err();
    for (from, to) in [("root.crt", "root.crt"), ("client.crt", "postgresql.crt"), ("client.key", "postgresql.key")] {
        write_private(&folder.join(to), &std::fs::read_to_string(server.file(from)).unwrap());
    }
    assert_eq!(open_with(&text, &variables).await.unwrap().server().user, "certuser");

    let key = folder.join("postgresql.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = open_with(&text, &variables).await.unwrap_err();
    assert!(error.report().contains("have access to the key file"), "{error:?}");
}

#[tokio::test]
async fn a_client_certificate_logs_in() {
    let server = shared();
    let base = format!("postgresql://certuser@localhost:{}/postgres?sslmode=require", server.port);
    let with = format!("{base}&sslcert={}&sslkey={}", server.file("client.crt"), server.file("client.key"));
    let session = open(&with).await.unwrap();
    assert_eq!(ask(&session, "SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await, "/CN=certuser");
    let without = connection_error(&base).await;
    assert_eq!(without.kind, ErrorKind::Failed);
    assert!(without.report().contains("sslcert"), "{without:?}");
    let mixed = format!("{base}&sslcert={}&sslkey={}", server.file("client.crt"), server.file("root.crt"));
    assert!(connection_error(&mixed).await.report().contains("set sslkey to a key"));
}

#[tokio::test]
async fn a_self_signed_certificate_is_its_own_authority_and_its_common_name_is_checked() {
    for certificate in [Certificate::SelfSigned, Certificate::Version1] {
        let server = Server::start(certificate, "");
        let text = |host: &str, mode: &str, root: &str| {
            format!(
                "postgresql://plain@{host}:{}/postgres?sslmode={mode}&sslrootcert={}",
                server.port,
                server.file(root)
            )
        };
        open(&format!("postgresql://plain@localhost:{}/postgres?sslmode=require", server.port)).await.unwrap();
        open(&text("localhost", "verify-full", "server.crt")).await.unwrap();
        open(&text("127.0.0.1", "verify-ca", "server.crt")).await.unwrap();
        connection_error(&text("127.0.0.1", "verify-full", "server.crt")).await;
        let stranger = connection_error(&text("localhost", "verify-ca", "root.crt")).await;
        assert_eq!(stranger.kind, ErrorKind::Failed, "{stranger:?}");
        assert!(stranger.message.starts_with("the certificate of the server at"), "{stranger:?}");
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_refused() {
    let server = shared();
    let text = |list: &str| {
        let (root, list) = (server.file("root.crt"), server.file(list));
        format!(
            "postgresql://plain@localhost:{}/postgres?sslmode=verify-ca&sslrootcert={root}&sslcrl={list}",
            server.port
        )
    };
    open(&text("empty.crl")).await.unwrap();
    let error = connection_error(&text("root.crl")).await;
    assert!(error.message.contains("was revoked"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_starting_is_an_error_with_a_hint_and_the_next_host_is_tried() {
    let server = shared();
    let starting = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = starting.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = starting.accept().await.unwrap();
            let mut startup = [0; 1024];
            let _ = client.read(&mut startup).await;
            let fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            let _ = client.write_all(&[&b"E"[..], &length, fields].concat()).await;
        }
    });
    let alone = connection_error(&format!("postgresql://plain@127.0.0.1:{port}/postgres?sslmode=disable")).await;
    assert_eq!(alone.kind, ErrorKind::Connection);
    assert!(alone.report().contains("is starting up") && alone.report().contains("try again"), "{alone:?}");
    let both = format!("postgresql://plain@127.0.0.1:{port},127.0.0.1:{}/postgres?sslmode=disable", server.port);
    assert_eq!(open(&both).await.unwrap().server().port, server.port);
}

#[tokio::test]
async fn channel_binding_can_be_required() {
    let server = shared();
    let base = format!("postgresql://scram:{ENCODED}@localhost:{}/postgres?channel_binding=require", server.port);
    open(&format!("{base}&sslmode=require")).await.unwrap();
    let error = connection_error(&format!("{base}&sslmode=disable")).await;
    assert!(error.report().contains("channel_binding=require needs TLS"), "{error:?}");
}

#[tokio::test]
async fn hosts_are_tried_in_order() {
    let server = shared();
    let text = format!("postgresql://plain@localhost:1,127.0.0.1:{}/postgres", server.port);
    let session = open(&text).await.unwrap();
    assert_eq!((session.server().host.as_str(), session.server().port), ("127.0.0.1", server.port));
    let error = connection_error("postgresql://me@localhost:1,localhost:2/app").await;
    assert_eq!(error.kind, ErrorKind::Connection);
    assert!(
        error.message.contains("no host accepts a connection to app on localhost:1 or localhost:2 as me"),
        "{error:?}"
    );
    assert_eq!(error.causes.len(), 2);
    let addressed =
        format!("host=no-such-host.invalid hostaddr=127.0.0.1 port={} user=plain dbname=postgres", server.port);
    assert_eq!(open(&addressed).await.unwrap().server().host, "no-such-host.invalid");
}

#[tokio::test]
async fn target_session_attrs_selects_the_server() {
    let writable = shared();
    let mut read_only = Server::start(Certificate::Signed, "default_transaction_read_only = on\n");
    let hosts = format!("localhost:{},localhost:{}", read_only.port, writable.port);
    let text = |attributes: &str| format!("postgresql://plain@{hosts}/postgres?target_session_attrs={attributes}");
    for (attributes, port) in [
        ("any", read_only.port),
        ("read-write", writable.port),
        ("read-only", read_only.port),
        ("primary", read_only.port),
        ("prefer-standby", read_only.port),
    ] {
        assert_eq!(open(&text(attributes)).await.unwrap().server().port, port, "{attributes}");
    }
    let error = connection_error(&text("standby")).await;
    assert_eq!(error.kind, ErrorKind::Connection);
    assert!(error.report().contains("is not a standby"), "{error:?}");

    read_only.demote();
    let standby = read_only;
    for (attributes, port) in [
        ("any", standby.port),
        ("standby", standby.port),
        ("prefer-standby", standby.port),
        ("read-only", standby.port),
        ("primary", writable.port),
        ("read-write", writable.port),
    ] {
        assert_eq!(open(&text(attributes)).await.unwrap().server().port, port, "{attributes}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_statement_is_cancelled_with_and_without_tls() {
    let server = shared();
    for mode in ["disable", "require", "prefer"] {
        let session =
            open(&format!("postgresql://plain@localhost:{}/postgres?sslmode={mode}", server.port)).await.unwrap();
        let pid = session.server().backend_pid;
        let canceller = session.canceller();
        let began = Instant::now();
        let sleeping = tokio::spawn(async move { session.client().batch_execute("SELECT pg_sleep(60)").await });
        let asleep = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep'");
        while server.run(&asleep) == "0" {
            assert!(began.elapsed() < Duration::from_secs(30), "the statement was not executed to its end");
        }
        canceller.cancel().await.unwrap();
        let error = database_error(&sleeping.await.unwrap().unwrap_err());
        assert!(error.report().contains("57014"), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(40));
    }
}

#[tokio::test]
async fn a_session_has_server_information_notices_and_an_end() {
    let server = shared();
    let conninfo = ConnInfo::socket(server.folder(), server.port, "plain", "template1").with_database("postgres");
    let session = Session::open(&conninfo, "limbeck test").await.unwrap();
    let info = session.server();
    assert_eq!((info.database.as_str(), info.user.as_str()), ("postgres", "plain"));
    assert_eq!(info.host, server.folder().display().to_string());
    assert_eq!(info.version_num / 10000, info.version.split('.').next().unwrap().parse::<u32>().unwrap());
    assert_eq!(ask(&session, "SELECT pg_backend_pid()::text").await, info.backend_pid.to_string());
    assert_eq!(ask(&session, "SHOW application_name").await, "limbeck test");
    assert_eq!(ask(&session, "SHOW client_encoding").await, "UTF8");
    assert!(ask(&session, "SHOW datestyle").await.starts_with("ISO"));

    session.client().batch_execute("DO $$ BEGIN RAISE NOTICE 'before'; END $$").await.unwrap();
    let mut notices = session.take_notices();
    session.client().batch_execute("DO $$ BEGIN RAISE WARNING 'after' USING HINT = 'so'; END $$").await.unwrap();
    let (before, after) = (notices.recv().await.unwrap(), notices.recv().await.unwrap());
    assert_eq!((before.severity, before.message.as_str()), (NoticeSeverity::Notice, "before"));
    assert_eq!((after.severity, after.hint.as_deref()), (NoticeSeverity::Warning, Some("so")));

    assert_eq!(session.lost(), None);
    server.run(&format!("SELECT pg_terminate_backend({})", info.backend_pid));
    let began = Instant::now();
    while session.lost().is_none() {
        assert!(began.elapsed() < Duration::from_secs(30), "the end of the session was not noticed");
        tokio::task::yield_now().await;
    }
    assert!(session.lost().unwrap().report().contains("57P01"), "{:?}", session.lost());
    assert_eq!(session.lost().unwrap().kind, ErrorKind::Connection);
}

#[tokio::test]
async fn a_server_that_never_answers_is_an_error_after_connect_timeout() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let error = connection_error(&format!("postgresql://me@127.0.0.1:{port}/app?connect_timeout=1")).await;
    assert_eq!(error.kind, ErrorKind::Connection);
    assert!(error.message.contains("did not answer within 2 seconds"), "{error:?}");
}

#[tokio::test]
async fn database_errors_contain_the_fields_of_the_server() {
    let server = shared();
    let session = open(&format!("postgresql://plain@localhost:{}/postgres", server.port)).await.unwrap();
    let sql =
        "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '23514', DETAIL = 'the detail', HINT = 'the hint'; END $$";
    let error = database_error(&session.client().batch_execute(sql).await.unwrap_err());
    assert_eq!(error.message, "no");
    assert_eq!(error.hint.as_deref(), Some("the hint"));
    assert!(error.causes.iter().any(|cause| cause.contains("23514")), "{error:?}");
    assert!(error.causes.iter().any(|cause| cause == "detail: the detail"), "{error:?}");
}
