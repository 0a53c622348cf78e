//! The hints of the errors that a user can act on.

use super::{project_with_three_revisions, run, tables};
use crate::support::{Server, ServerOptions, TestDatabase, TestProject, server};

/// The connection string of a database for another role.
fn url_of(database: &TestDatabase<'_>, role: &str) -> String {
    database.url().replacen("postgres@", &format!("{role}@"), 1)
}

/// A role of the test server that is dropped with the value.
struct Role<'a> {
    database: &'a TestDatabase<'static>,
    name: String,
}

impl<'a> Role<'a> {
    fn new(database: &'a TestDatabase<'static>, options: &str) -> Self {
        let name = format!("{}_role", database.name());
        database.psql(&format!("CREATE ROLE {name} LOGIN {options}"));
        Self { database, name }
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        self.database.try_psql(&format!("DROP OWNED BY {}; DROP ROLE {}", self.name, self.name));
    }
}

/// Runs a command that must fail, and checks its message and its hint.
#[track_caller]
fn expect_hint(project: &TestProject, line: &str, message: &str, hint: &str) {
    let output = run(project, line).expect_status(1);
    let (above, below) = output.stderr.rsplit_once("\nhint: ").unwrap_or_else(|| panic!("no hint: {}", output.stderr));
    assert!(above.contains(message), "limbeck {line}: {message}: {}", output.stderr);
    assert!(below.contains(hint), "limbeck {line}: {hint}: {}", output.stderr);
}

#[test]
fn faults_of_the_scripts_name_the_files_and_what_to_do() {
    let header = |id: &str, revises: &str, depends: &str, labels: &str| {
        format!(
            "-- m\n--\n-- Revision ID: {id}\n-- Revises: {revises}\n-- Branch Labels: {labels}\n-- Depends On: {depends}\n\n\
             -- @upgrade\nSELECT 1;\n\n-- @downgrade\nSELECT 1;\n"
        )
    };
    let cases = [
        ("present more than once", "remove it", vec![("aa01", "", "", ""), ("aa01", "", "", "")]),
        (
            "cycle in the revisions: aa01 -> aa02",
            "'Revises:'",
            vec![("aa01", "aa02", "", ""), ("aa02", "aa01", "", "")],
        ),
        ("cycle in the revisions: aa02", "'Depends On:'", vec![("aa02", "", "aa02", "")]),
        (
            "revision gone referenced from aa01 is not present",
            "restore the script of gone",
            vec![("aa01", "gone", "", "")],
        ),
        ("dependency 'gone' of aa01 cannot be found", "restore the script of gone", vec![("aa01", "", "gone", "")]),
        ("branch name 'x' in revision aa02", "use another label", vec![("aa01", "", "", "x"), ("aa02", "", "", "x")]),
    ];
    for (message, hint, scripts) in cases {
        let project = TestProject::new("");
        let names: Vec<String> = (0..scripts.len()).map(|number| format!("versions/file_{number}.sql")).collect();
        for (name, (id, revises, depends, labels)) in names.iter().zip(&scripts) {
            project.write(name, &header(id, revises, depends, labels));
        }
        for line in ["upgrade head --sql", "revision -m next", "heads"] {
            expect_hint(&project, line, message, hint);
            let stderr = run(&project, line).stderr;
            assert!(names.iter().all(|name| stderr.contains(name)), "limbeck {line}: {names:?}: {stderr}");
        }
    }
}

#[test]
fn errors_of_the_connection_have_hints() {
    let (database, project) = project_with_three_revisions();
    let url = database.url();
    let cases = [
        (url.replacen(database.name(), "no_such_database", 1), "does not exist", "createdb no_such_database"),
        (url_of(&database, "no_such_role"), "no_such_role", "check that the role no_such_role exists"),
        ("postgresql://me@127.0.0.1:1/app".to_owned(), "cannot reach the server", "check that PostgreSQL is running"),
        ("postgresql://me@no.such.host.invalid/app".to_owned(), "cannot be looked up", "spelling of the host name"),
        ("postgresql://me@/app?host=/no/such/folder".to_owned(), "cannot reach the server", "with a socket in"),
        ("sqlite:///app.db".to_owned(), "", "postgresql://"),
        ("mysql://me@localhost/app".to_owned(), "", "postgresql://"),
    ];
    for (url, message, hint) in cases {
        expect_hint(&project, &format!("current --database-url {url}"), message, hint);
    }
}

#[test]
fn a_port_that_is_not_a_database_has_a_hint() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 64]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let project = TestProject::new("");
    let line = format!("current --database-url postgresql://me@127.0.0.1:{port}/app?sslmode=disable");
    expect_hint(&project, &line, "closed the connection", "check that a PostgreSQL server listens there");
    expect_hint(&project, &line, "closed the connection", "check that a PostgreSQL server listens there");
    answer.join().unwrap();
}

#[test]
fn a_wrong_password_and_too_many_connections_have_hints() {
    let hba = "local all postgres trust\nlocal all all scram-sha-256\n";
    let settings = vec!["max_connections = 6".to_owned(), "superuser_reserved_connections = 5".to_owned()];
    let server = Server::start(&ServerOptions { hba: Some(hba.to_owned()), settings, ..ServerOptions::default() });
    let database = server.database();
    let mut project = TestProject::on(&database);
    database.psql("CREATE ROLE app LOGIN PASSWORD 'right'");
    let url = database.url().replacen("postgres@", "app@", 1);
    expect_hint(&project, &format!("current --database-url {url}"), "password", "PGPASSWORD or ~/.pgpass");
    project.set("PGPASSWORD", "wrong");
    expect_hint(&project, &format!("current --database-url {url}"), "password", "check the password of app");
    project.set("PGPASSWORD", "right");
    // The only connection that is not reserved is in use while the second session of a run connects.
    let line = format!("upgrade head --database-url {url}");
    project.script("aaaa00000001", "", "SELECT 1;", "SELECT 1;");
    database.psql("GRANT CREATE ON SCHEMA public TO app");
    expect_hint(&project, &line, "connection", "max_connections");
}

#[test]
fn missing_privileges_have_the_grant_as_hint() {
    let (database, project) = project_with_three_revisions();
    let role = Role::new(&database, "");
    let name = &role.name;
    database.psql("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let with_url = |line: &str| format!("{line} --database-url {}", url_of(&database, name));
    expect_hint(
        &project,
        &with_url("upgrade head"),
        "permission denied for schema public",
        &format!("GRANT USAGE, CREATE ON SCHEMA public TO {name}"),
    );
    assert_eq!(tables(&database), "");
    expect_hint(
        &project,
        &with_url("ensure_version"),
        "permission denied for schema public",
        "CREATE ON SCHEMA public",
    );
    run(&project, "ensure_version").expect_status(0);
    expect_hint(&project, &with_url("current"), "permission denied for table alembic_version", "ON alembic_version TO");
    database.psql(&format!("GRANT SELECT ON alembic_version TO {name}; GRANT CREATE ON SCHEMA public TO {name}"));
    expect_hint(
        &project,
        &with_url("upgrade head"),
        "permission denied for table alembic_version",
        "ON alembic_version TO",
    );
    database.psql(&format!("GRANT ALL ON alembic_version TO {name}"));
    let output = run(&project, &with_url("upgrade head")).expect_status(0);
    let warning = "limbeck runs without a ledger";
    assert!(!output.stderr.contains(warning) || output.stderr.contains("GRANT CREATE"), "{}", output.stderr);
}

#[test]
fn a_role_that_may_not_create_the_ledger_is_told_what_to_grant() {
    let (database, project) = project_with_three_revisions();
    let role = Role::new(&database, "");
    run(&project, "ensure_version").expect_status(0);
    database.psql("REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE SCHEMA own");
    database.psql(&format!("GRANT ALL ON alembic_version TO {0}; GRANT ALL ON SCHEMA own TO {0}", role.name));
    project.script("aaaa00000004", "aaaa00000003", "CREATE TABLE own.t4 (a int);", "DROP TABLE own.t4;");
    run(&project, "stamp aaaa00000003").expect_status(0);
    let output =
        run(&project, &format!("upgrade head --database-url {}", url_of(&database, &role.name))).expect_status(0);
    assert!(output.stderr.contains("limbeck runs without a ledger: permission denied for"), "{}", output.stderr);
    assert!(output.stderr.contains("GRANT"), "{}", output.stderr);
}

#[test]
fn a_missing_role_of_apply_has_a_hint() {
    let (database, project) = project_with_three_revisions();
    let with_role = |role: &str| format!("[database]\nurl = \"{}\"\n[apply]\nrole = \"{role}\"\n", database.url());
    project.write("limbeck.toml", &with_role("no_such_role"));
    expect_hint(&project, "upgrade head", "role \"no_such_role\" does not exist", "role under [apply]");
    assert_eq!(tables(&database), "");
}

#[test]
fn statements_that_the_database_rejects_have_hints() {
    let cases = [
        ("CREATE TABLE t1 (a int)", "CREATE TABLE t1 (a int)", "already exists", "limbeck stamp REV"),
        ("SELECT 1", "INSERT INTO nowhere VALUES (1)", "does not exist", "earlier revision"),
        ("CREATE TABLE t1 (a int PRIMARY KEY)", "INSERT INTO t1 VALUES (1), (1)", "duplicate key", "duplicate rows"),
        ("CREATE TABLE t1 (a int NOT NULL)", "INSERT INTO t1 VALUES (NULL)", "null value", "fill the column"),
        ("SELECT 1", "GRANT pg_monitor TO no_such_role", "no_such_role", "CREATE ROLE"),
        ("SELECT 1", "SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)", "statement timeout", "statement_timeout"),
        ("SELECT 1", "SET TRANSACTION READ ONLY; CREATE TABLE t2 ()", "read-only", "connect to the primary server"),
        ("SELECT 1", "SELECT 1 FROM (SELECT) x WHERE", "syntax error", "correct the SQL"),
        ("SELECT 1", "CREATE TABLE nowhere.t2 ()", "does not exist", "CREATE SCHEMA"),
    ];
    for (before, statement, message, hint) in cases {
        let database = server().database();
        let project = TestProject::on(&database);
        database.psql(before);
        project.script("aaaa00000001", "", &format!("{statement};"), "");
        expect_hint(&project, "upgrade head --allow all", message, hint);
    }
}

#[test]
fn an_event_trigger_that_rejects_statements_is_named_as_a_possible_cause() {
    let (database, project) = project_with_three_revisions();
    database.psql(
        "CREATE FUNCTION reject() RETURNS event_trigger LANGUAGE plpgsql AS
             $$BEGIN RAISE EXCEPTION 'no DDL on this database'; END$$;
         CREATE EVENT TRIGGER no_ddl ON ddl_command_start EXECUTE FUNCTION reject()",
    );
    for line in ["upgrade head", "ensure_version", "stamp head"] {
        expect_hint(&project, line, "no DDL on this database", "ALTER EVENT TRIGGER … DISABLE");
    }
    assert_eq!(tables(&database), "");
}

#[test]
fn a_lock_timeout_names_the_blocker_and_what_to_do() {
    let (database, project) = project_with_three_revisions();
    let url = database.url();
    project.write("limbeck.toml", &format!("[database]\nurl = \"{url}\"\n[apply]\nlock_timeout = \"100ms\"\n"));
    database.psql("CREATE TABLE busy (a int)");
    project.script("aaaa00000004", "aaaa00000003", "ALTER TABLE busy ADD b int;", "ALTER TABLE busy DROP b;");
    run(&project, "upgrade aaaa00000003").expect_status(0);
    let mut holder = std::process::Command::new(crate::support::program("psql"))
        .args(["-X", "-q", &url, "-c", "BEGIN; LOCK TABLE busy; SELECT pg_sleep(60)"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    crate::support::eventually("the table is locked", 30, || database.psql(waits) == "1");
    expect_hint(&project, "upgrade head --no-wait", "lock timeout", "pg_terminate_backend");
    holder.kill().unwrap();
    holder.wait().unwrap();
}

#[test]
fn a_file_that_cannot_be_written_has_a_hint() {
    let project = TestProject::new("");
    std::fs::remove_dir(project.path("versions")).unwrap();
    project.write("versions", "not a folder");
    expect_hint(&project, "revision -m one", "versions", "");
    let project = TestProject::new("");
    let long = "a".repeat(300);
    expect_hint(&project, &format!("revision -m one --rev-id {long}"), "File name too long", "file_template");
}
