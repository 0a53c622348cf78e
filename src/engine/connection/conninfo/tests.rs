//! Tests of complete connection strings, and that the password is never shown.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Variables { environment: pairs.iter().map(pair).collect(), home: None }
}

fn resolve(text: &str) -> ConnInfo {
    ConnInfo::resolve(Some(text), &Variables::default()).unwrap()
}

fn report(text: &str, environment: &[(&str, &str)]) -> String {
    ConnInfo::resolve(Some(text), &variables(environment)).unwrap_err().report()
}

#[test]
fn hosts_ports_and_addresses_are_paired() {
    for (text, described) in [
        ("postgresql://me@localhost/functions", "functions on localhost:5432 as me"),
        ("postgresql://me@localhost", "me on localhost:5432 as me"),
        ("postgresql://me@a:1,b,[::1]:3/d", "d on a:1 or b:5432 or [::1]:3 as me"),
        ("host=a,b port=7 user=me dbname=d", "d on a:7 or b:7 as me"),
        ("host=a,b port=7,8 user=me dbname=d", "d on a:7 or b:8 as me"),
        ("hostaddr=127.0.0.1 user=me dbname=d", "d on 127.0.0.1:5432 as me"),
        ("host=a hostaddr=127.0.0.1 user=me dbname=d", "d on a:5432 as me"),
        ("host=/run/pg user=me dbname=d", "d on /run/pg:5432 as me"),
    ] {
        assert_eq!(resolve(text).describe(), described, "{text}");
    }
}

#[test]
fn without_a_host_the_local_server_is_used() {
    let conninfo = resolve("user=me port=1");
    // No server uses port 1.
    assert_eq!(conninfo.describe(), "me on localhost:1 as me");
}

#[test]
fn errors_name_the_part() {
    for (text, environment, says) in [
        ("host=a,b port=1,2,3", &[][..], "`port` of the connection string has 3 ports for 2 hosts"),
        ("host=a hostaddr=127.0.0.1,127.0.0.2", &[], "names 1 host and"),
        ("hostaddr=localhost", &[], "`hostaddr` of the connection string is not an IP address"),
        ("host=a port=70000", &[], "`port` of the connection string is not a number from 1 to 65535"),
        ("host=a", &[("PGPORT", "x")], "PGPORT is not a number"),
        ("host=a sslmode=sometimes", &[], "is `sometimes`, which is not a valid sslmode"),
        ("host=a", &[("PGSSLMODE", "on")], "PGSSLMODE is `on`"),
        ("host=a connect_timeout=soon", &[], "`connect_timeout` of the connection string is not a whole number"),
        (
            "host=a target_session_attrs=master",
            &[],
            "the valid values are any, read-write, read-only, primary, standby, prefer-standby",
        ),
        ("host=a sslrootcert=system sslmode=require", &[], "not secure enough for sslrootcert=system"),
        ("host=a sslnegotiation=direct", &[], "requires another sslmode"),
        ("host=a gssencmode=require", &[], "requires a feature that limbeck does not support"),
        ("host=a", &[("PGREQUIREAUTH", "scram-sha-256")], "PGREQUIREAUTH requires"),
        ("service=none", &[], "the service `none` is not defined"),
    ] {
        let report = report(text, environment);
        assert!(report.contains(says), "{text}: {report}");
    }
}

#[test]
fn keywords_without_effect_are_accepted() {
    let text = "host=a user=me gssencmode=prefer krbsrvname=postgres replication=off client_encoding=latin1 \
                load_balance_hosts=disable sslcompression=0 fallback_application_name=x";
    assert_eq!(resolve(text).user(), "me");
}

#[test]
fn tls_follows_libpqs_defaults() {
    use crate::engine::connection::tls::{SslMode, TrustedRoots};
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".postgresql");
    std::fs::create_dir(&folder).unwrap();
    let variables = Variables { home: Some(home.path().to_owned()), ..Variables::default() };
    let tls = |text: &str| ConnInfo::resolve(Some(text), &variables).unwrap().tls;
    assert_eq!((tls("host=a").mode, tls("host=a").roots), (SslMode::Prefer, TrustedRoots::None(Some(folder.clone()))));
    std::fs::write(folder.join("root.crt"), "").unwrap();
    std::fs::write(folder.join("postgresql.crt"), "").unwrap();
    assert_eq!(tls("host=a").roots, TrustedRoots::File(folder.join("root.crt")));
    assert_eq!(tls("host=a sslrootcert=/x").roots, TrustedRoots::File("/x".into()));
    assert_eq!(tls("host=a").certificate, Some(folder.join("postgresql.crt")));
    assert_eq!(tls("host=a sslcertmode=disable").certificate, None);
    assert_eq!(tls("host=a").key, Some(folder.join("postgresql.key")));
    let system = tls("host=a sslrootcert=system");
    assert_eq!((system.mode, system.roots), (SslMode::VerifyFull, TrustedRoots::System));
    assert_eq!(tls("host=a requiressl=1").mode, SslMode::Require);
}

#[test]
fn timeouts_equal_those_of_libpq() {
    for (text, seconds) in
        [("''", Some(10)), ("0", None), ("-1", None), ("1", Some(2)), ("2", Some(2)), ("30", Some(30))]
    {
        let conninfo = resolve(&format!("host=a user=me connect_timeout={text}"));
        assert_eq!(conninfo.connect_timeout, seconds.map(Duration::from_secs), "{text}");
    }
}

#[test]
fn keepalive_settings_have_defaults_and_zero_means_those_of_the_system() {
    let keepalive = |text: &str| resolve(&format!("host=a user=me {text}")).keepalive;
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let default = keepalive("");
    assert_eq!((default.off, default.idle, default.interval), (false, seconds(60), seconds(10)));
    assert_eq!((default.count, default.user_timeout), (Some(6), None));
    let zero = keepalive("keepalives_idle=0 keepalives_interval=0 keepalives_count=0 tcp_user_timeout=0");
    assert_eq!((zero.idle, zero.interval, zero.count, zero.user_timeout), (None, None, None, None));
    let given = keepalive("keepalives=0 keepalives_idle=5 tcp_user_timeout=1500");
    assert_eq!((given.off, given.idle, given.user_timeout), (true, seconds(5), Some(Duration::from_millis(1500))));
}

#[test]
fn the_password_of_a_key_is_not_shown() {
    let conninfo = resolve("host=a user=me sslcert=c sslkey=k sslpassword=hunter2 sslmode=require");
    let shown = format!("{conninfo:?} {conninfo} {:?} {}", conninfo.tls, conninfo.url_without_password());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(conninfo.tls.key_password.is_some());
}

#[test]
fn the_password_file_is_used_for_each_host_and_database() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".pgpass");
    std::fs::write(&file, "a:1:d:me:first\nb:*:*:me:second\na:1:other:me:third\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let variables = Variables { home: Some(home.path().to_owned()), ..Variables::default() };
    let passwords = |conninfo: &ConnInfo| -> Vec<String> {
        let of = |endpoint| conninfo.password_for(endpoint).map(|secret| secret.reveal().to_vec());
        conninfo.endpoints.iter().map(|end| String::from_utf8(of(end).unwrap_or_default()).unwrap()).collect()
    };
    let conninfo = ConnInfo::resolve(Some("postgresql://me@a:1,b:2/d"), &variables).unwrap();
    assert_eq!(passwords(&conninfo), ["first", "second"]);
    assert_eq!(passwords(&conninfo.with_database("other")), ["third", "second"]);
    let given = ConnInfo::resolve(Some("postgresql://me:mine@a:1,b:2/d"), &variables).unwrap();
    assert_eq!(passwords(&given), ["mine", "mine"]);
}

#[test]
fn a_socket_uses_no_environment() {
    let conninfo = ConnInfo::socket(Path::new("/tmp/x y"), 5433, "me", "app");
    assert_eq!(conninfo.describe(), "app on /tmp/x y:5433 as me");
    assert_eq!(conninfo.url_without_password(), "postgresql://me@%2Ftmp%2Fx%20y:5433/app?sslmode=disable");
    assert_eq!(conninfo.with_database("b").database(), "b");
}

fn value() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 @:/?#%&=+'\\\\,\\[\\]가é!$]{1,12}"
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02x}"))
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

proptest! {
    #[test]
    fn both_forms_keep_all_values(user in value(), password in value(), database in value()) {
        let url = format!("postgresql://{}:{}@host:1/{}", encode(&user), encode(&password), encode(&database));
        let pairs = format!(
            "host=host port=1 user={} password={} dbname={}", quote(&user), quote(&password), quote(&database)
        );
        for text in [url, pairs] {
            let conninfo = resolve(&text);
            prop_assert_eq!(conninfo.user(), &user);
            prop_assert_eq!(conninfo.database(), &database);
            let found = conninfo.password_for(&conninfo.endpoints[0]).unwrap();
            prop_assert_eq!(found.reveal(), password.as_bytes());
        }
    }

    #[test]
    fn the_url_without_password_connects_to_the_same_database(user in value(), database in value(), folder in "/[a-z가 :@]{1,9}") {
        for host in ["localhost:1", "a:1,b:2", "[::1]:5432", &format!("{}:3", encode(&folder))] {
            let text = format!("postgresql://{}:secret@{host}/{}?sslmode=require&target_session_attrs=primary",
                encode(&user), encode(&database));
            let conninfo = resolve(&text);
            let again = resolve(&conninfo.url_without_password());
            prop_assert_eq!(&again.endpoints, &conninfo.endpoints);
            prop_assert_eq!(again.describe(), conninfo.describe());
            prop_assert_eq!(again.url_without_password(), conninfo.url_without_password());
        }
    }

    /// The password contains a unique word, which must not appear in any output, however the text is split.
    #[test]
    fn no_output_and_no_error_has_the_password(before in value(), after in value(), form in 0..8_usize) {
        let password = format!("{before}HUNTER2{after}");
        let text = match form {
            0 => format!("postgresql://me:{}@host/db?sslmode=require", encode(&password)),
            1 => format!("postgresql://me:{password}@host/db"),
            2 => format!("host=h user=me password={password} dbname=d"),
            3 => format!("host=h user=me password='{password}' dbname=d"),
            4 => format!("postgresql://host/db?user=me&password={password}"),
            5 => format!("host=h user=me password={} sslmode=what", quote(&password)),
            6 => format!("mysql://me:{password}@host/db"),
            _ => format!("postgresql+psycopg2://me:{}@host:x/db", encode(&password)),
        };
        match ConnInfo::resolve(Some(&text), &variables(&[("PGPASSWORD", "HUNTER2")])) {
            Err(error) => prop_assert!(!format!("{error}{error:?}").contains("HUNTER2"), "{}: {:?}", text, error),
            // libpq itself may parse such text as a host, a user or a database.
            Ok(conninfo) if form == 1 || form == 2 || form == 4 => prop_assert!(!conninfo.user().is_empty()),
            Ok(conninfo) => {
                let all = format!("{conninfo} {conninfo:?} {} {:?}", conninfo.url_without_password(), conninfo.warnings());
                prop_assert!(!all.contains("HUNTER2"), "{}", all);
            }
        }
    }
}

#[test]
fn variables_show_names_only() {
    let mut variables = variables(&[("PGPASSWORD", "hunter2")]);
    variables.home = Some(PathBuf::from("/home/me"));
    let text = format!("{variables:?}");
    assert!(text.contains("PGPASSWORD") && text.contains("/home/me") && !text.contains("hunter2"), "{text}");
}
