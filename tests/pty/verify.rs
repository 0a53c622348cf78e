//! Verifying in the UI: progress, results, and no scratch database is left.

use super::{Program, sample};
use crate::support::{Server, ServerOptions, TestDatabase, TestProject, eventually};

/// The number of scratch databases on a server.
fn scratch(database: &TestDatabase<'_>) -> String {
    database.psql("SELECT count(*) FROM pg_database WHERE datname LIKE 'limbeck\\_scratch\\_%'")
}

#[test]
fn the_sample_is_verified_and_its_scripts_show_their_proof() {
    // The test counts scratch databases, so the server must not be shared.
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = sample(&database);
    let mut program = Program::start(&project, &[], (120, 40));
    program.wait_for(&["pending"]);
    program.send("V");
    program.wait_for(&["Verify the whole history", "revisions proved, and back to base"]);
    program.send("\x1b");
    program.wait_for(&["1 History", "proof: up ok · down ok · again ok"]);
    program.send("v");
    program.wait_for(&["1 revision proved"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
    assert_eq!(database.psql("SELECT to_regclass('alembic_version') IS NULL"), "t");
}

#[test]
fn faults_are_shown_and_a_cancelled_verification_leaves_nothing() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = TestProject::on(&database);
    project.script("aa01", "", "CREATE TABLE a (i int);", "SELECT 1;");
    project.script("bb01", "aa01", "SELECT pg_sleep(600);", "SELECT 1;");
    let mut program = Program::start(&project, &[], (100, 30));
    program.wait_for(&["2 pending"]);
    program.send("V");
    program.wait_for(&["down differs", "is left over", "proving 2 of 2: bb01 up"]);
    eventually("there is a scratch database", 60, || scratch(&database) == "1");
    program.send("\x03");
    program.wait_for(&["cancelled; the scratch database was dropped"]);
    assert_eq!(scratch(&database), "0");
    program.send("R");
    program.wait_for(&["proving 2 of 2: bb01 up"]);
    program.send("q");
    program.wait_for(&["Quit?", "A verification is running", "Cancel and quit"]);
    program.send("\x1b[C\r");
    assert_eq!(program.end().exit_code(), 0);
    assert_eq!(scratch(&database), "0");
    program.assert_restored();
}
