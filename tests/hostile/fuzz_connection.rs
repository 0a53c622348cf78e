//! Random input for what describes a connection: connection strings, password files, service files and `.env`.

use std::collections::BTreeMap;

use limbeck::engine::connection::{ConnInfo, Variables};
use limbeck::engine::project::Project;

use super::random_input::{Reader, fuzz};

const CONNECTION: Reader = Reader {
    name: "connection strings",
    cases: 200,
    seeds: &[
        "postgresql://me:p%40ss@host1:5432,host2,[::1]:5433/app?sslmode=verify-full&target_session_attrs=any&options=-c%20a%3Db",
        "host=/run/pg,h2 port=5433,5434 dbname='a b' user=me password='it\\'s' connect_timeout=3 application_name=x",
        "postgresql+psycopg2://u@/d?host=/tmp",
        "postgres:///?service=mine&passfile=/dev/null",
        "dbname=x hostaddr=127.0.0.1,::1 sslrootcert=system keepalives_idle=5",
    ],
    words: &[
        "postgresql://",
        "host=",
        "port=",
        "&",
        "?",
        "@",
        "/",
        "password=",
        "sslmode=",
        "%",
        "[",
        "]",
        "service=",
        "passfile=/dev/zero",
        "channel_binding=require",
    ],
};

#[test]
fn connection_strings() {
    fuzz(&CONNECTION, |text| {
        if let Ok(info) = ConnInfo::resolve(Some(text), &Variables::default()) {
            let _ = (info.describe(), format!("{info:?}"), info.with_database("x"), info.warnings().len());
        }
        let environment: BTreeMap<String, String> =
            ["PGHOST", "PGPORT", "PGOPTIONS", "PGSSLMODE"].map(|name| (name.to_owned(), text.to_owned())).into();
        let _ = ConnInfo::resolve(None, &Variables { environment: environment.into_iter().collect(), home: None });
    });
}

const PASSWORDS: Reader = Reader {
    name: ".pgpass",
    cases: 200,
    seeds: &[
        "# c\nlocalhost:5432:app:me:one\n*:*:*:other:th\\:r\\\\ee\r\n2001\\:db8\\:\\:1:*:*:*:six\n/run/pg:5433:app:me:sock\n",
    ],
    words: &["*:", "\\:", "\\", ":", "\n", "localhost:"],
};

const SERVICES: Reader = Reader {
    name: "service files",
    cases: 200,
    seeds: &[
        "# all\n[other]\nhost=elsewhere\n[mine]\nhost=here\n  port=5433 \npassword=a=b c\nsslmode=require\n[last]\nbroken\n",
    ],
    words: &["[mine]", "[", "]", "=", "service=mine", "\n", "host=", "port=", "dbname="],
};

const DOTENV: Reader = Reader {
    name: ".env",
    cases: 200,
    seeds: &["# c\nDATABASE_URL=postgres://h/d\nexport A='b c'\nB=\"x\\n${A}\"\n\nC=\n"],
    words: &["export ", "=", "${", "$A", "'", "\"", "\\", "#"],
};

#[test]
fn password_files() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    fuzz(&PASSWORDS, move |text| {
        let path = home.path().join(".pgpass");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let variables = Variables { home: Some(home.path().to_owned()), ..Variables::default() };
        for url in ["postgresql://me@localhost/app", "postgresql://me@[2001:db8::1]/x"] {
            ConnInfo::resolve(Some(url), &variables).unwrap();
        }
    });
}

#[test]
fn service_files() {
    let home = tempfile::tempdir().unwrap();
    fuzz(&SERVICES, move |text| {
        std::fs::write(home.path().join(".pg_service.conf"), text).unwrap();
        let variables = Variables { home: Some(home.path().to_owned()), ..Variables::default() };
        let _ = ConnInfo::resolve(Some("service=mine"), &variables);
    });
}

#[test]
fn dotenv_files() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".git")).unwrap();
    std::fs::write(home.path().join("limbeck.toml"), "").unwrap();
    fuzz(&DOTENV, move |text| {
        std::fs::write(home.path().join(".env"), text).unwrap();
        let _ = Project::open(None, home.path(), Variables::default());
    });
}
