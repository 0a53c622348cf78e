//! Where the scratch database is created.

use super::{document, good_history, is_untouched, scratch};
use crate::support::{Server, ServerOptions, TestProject, server};

/// A project for a role that cannot create databases. Returns the project and the URL of the role.
fn as_role(server: &Server, role: &str, database: &str) -> String {
    server.url(database).replace("postgres@", &format!("{role}@"))
}

#[test]
fn a_role_that_cannot_create_databases_uses_a_private_server() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql("CREATE ROLE plain LOGIN");
    let project = TestProject::new(&format!("[database]\nurl = \"{}\"\n", as_role(&server, "plain", database.name())));
    good_history(&project);
    project.script("ff01", "ee01", "GRANT SELECT ON a TO plain;", "REVOKE SELECT ON a FROM plain;");
    let output = project.run(&["verify"]).expect_status(0);
    assert!(output.stderr.contains("a private server is used because no database can be created"), "{}", output.stderr);
    assert!(is_untouched(&database) && scratch(&database).is_empty());
    let left: Vec<_> = std::fs::read_dir(project.folder().join("embedded/scratch")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn scripts_with_roles_and_protected_environments_use_a_private_server() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql("CREATE ROLE app; CREATE ROLE other");
    let project = TestProject::new(&format!(
        "[database]\nurl = \"{0}\"\n[environments.live]\nurl = \"{0}\"\nprotected = true\n",
        database.url()
    ));
    project.script("aa01", "", "CREATE TABLE a (i int);", "DROP TABLE a;");
    let protected = project.run(&["verify", "-e", "live"]).expect_status(0);
    assert!(protected.stderr.contains("because the environment is protected"), "{}", protected.stderr);
    // The target has both roles. The private server must not have `app`, which a script creates, but must have `other`.
    project.script(
        "bb01",
        "aa01",
        "CREATE ROLE app;\nGRANT SELECT ON a TO app, other;",
        "REVOKE SELECT ON a FROM app, other;\nDROP ROLE app;",
    );
    let output = project.run(&["verify", "--json"]).expect_status(0);
    assert!(output.stderr.contains("a script creates a role: CREATE ROLE app"), "{}", output.stderr);
    assert_eq!(document(&output).len(), 2);
    assert_eq!(database.psql("SELECT count(*) FROM pg_roles WHERE rolname IN ('app', 'other')"), "2");
}

#[test]
fn the_configured_server_is_used_or_an_error() {
    let (target, other) = (server().database(), Server::start(&ServerOptions::default()));
    let elsewhere = other.database();
    elsewhere.psql("CREATE ROLE plain LOGIN");
    let config = |url: &str| format!("[database]\nurl = \"{}\"\n[scratch]\nurl = \"{url}\"\n", target.url());
    let project = TestProject::new(&config(&elsewhere.url()));
    good_history(&project);
    let output = project.run(&["verify", "-v"]).expect_status(0);
    assert!(output.stderr.contains(other.socket_folder().to_str().unwrap()), "{}", output.stderr);
    assert!(scratch(&elsewhere).is_empty());
    project.write("limbeck.toml", &config(&as_role(&other, "plain", elsewhere.name())));
    let refused = project.run(&["verify"]).expect_status(1);
    assert!(refused.stderr.contains("permission denied") && refused.stderr.contains("CREATEDB"), "{}", refused.stderr);
}

#[test]
fn the_scratch_database_has_the_encoding_and_locale_of_the_target() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    database.psql("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
    let project = TestProject::new(&format!("[database]\nurl = \"{}\"\n", server.url("latin")));
    let check = "DO $$ BEGIN ASSERT (SELECT pg_encoding_to_char(encoding) = 'LATIN1' AND datcollate = 'C' \
                 FROM pg_database WHERE datname = current_database()); END $$;";
    project.script("aa01", "", check, check);
    project.run(&["verify"]).expect_status(0);
}
