//! Read-only databases: commands that read work and create nothing; commands that write are refused with a reason.

use crate::postgres::connect::server::{Certificate, Server};
use crate::support::{self, TestProject};

const WRITES: [&str; 5] =
    ["upgrade head", "downgrade base --allow all", "upgrade head --rehearse", "stamp head", "kept drop --all"];
const READS: [&str; 8] = [
    "current",
    "history -i",
    "upgrade head --dry-run",
    "downgrade -1 --dry-run",
    "drift",
    "verify",
    "kept list",
    "doctor",
];

/// A project with two revisions. The first is applied before the database becomes read-only.
fn write_scripts(project: &TestProject) {
    project.script("0001aaaa0000", "", "CREATE TABLE t (id int PRIMARY KEY);", "DROP TABLE t;");
    project.script("0002aaaa0000", "0001aaaa0000", "CREATE INDEX i ON t (id);", "DROP INDEX i;");
}

/// Runs all commands. `databases` lists the databases of the server.
fn check_commands(project: &TestProject, says: &str, databases: &dyn Fn() -> String) {
    let before = databases();
    for line in READS {
        let output = project.run(&line.split(' ').collect::<Vec<_>>()).expect_status(0);
        let noted = output.stdout + &output.stderr;
        match line {
            "drift" | "verify" => assert!(noted.contains("a private server is used because"), "{line}: {noted}"),
            _ if line.ends_with("--dry-run") => assert!(noted.contains(says), "{line}: {noted}"),
            _ => {}
        }
    }
    for line in WRITES {
        let output = project.run(&line.split(' ').collect::<Vec<_>>());
        if line.starts_with("kept") {
            continue;
        }
        assert_eq!(output.status, Some(1), "{line}: {}", output.stderr);
        assert!(output.stderr.contains("is read-only: ") && output.stderr.contains(says), "{line}: {}", output.stderr);
        assert!(output.stderr.contains("nothing was run\nhint: "), "{line}: {}", output.stderr);
    }
    assert_eq!(databases(), before);
}

#[test]
fn a_database_with_default_transaction_read_only_is_only_read() {
    // A server of its own, because other tests create scratch databases.
    let server = support::Server::start(&support::ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    write_scripts(&project);
    project.run(&["upgrade", "+1"]).expect_status(0);
    let name = database.name();
    database.psql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    let scratch = || database.psql("SELECT datname FROM pg_database WHERE datname LIKE 'limbeck%' ORDER BY 1");
    check_commands(&project, "default_transaction_read_only is on", &scratch);
    // The models are loaded on a private server, too.
    database.psql(&format!("ALTER DATABASE {name} RESET default_transaction_read_only"));
    project.run(&["upgrade", "head"]).expect_status(0);
    database.psql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    project.write("models/schema.sql", "CREATE TABLE t (id int PRIMARY KEY); CREATE INDEX i ON t (id);");
    let check = project.run(&["check"]).expect_status(0);
    assert!(check.stderr.contains("a private server is used because"), "{}", check.stderr);
    assert_eq!(scratch(), "");
}

#[test]
fn a_hot_standby_is_only_read() {
    let mut server = Server::start(Certificate::Signed, "");
    let url = format!("postgresql://postgres@/postgres?host={}&port={}", server.folder().display(), server.port);
    let project = TestProject::new(&format!("[database]\nurl = \"{url}\"\n"));
    write_scripts(&project);
    project.run(&["upgrade", "+1"]).expect_status(0);
    server.demote();
    check_commands(&project, "the server is a hot standby", &|| {
        server.run("SELECT datname FROM pg_database ORDER BY 1")
    });
}
