//! Drift in the UI: a change by hand is found, shown in the header, and shown before a stamp.

use super::{Program, sample};
use crate::support::{Server, ServerOptions};

#[test]
fn a_change_by_hand_is_found_in_the_sample() {
    // The test counts scratch databases, so the server must not be shared.
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    let project = sample(&database);
    project.run(&["upgrade", "head"]).expect_status(0);
    let mut program = Program::start(&project, &[], (140, 40));
    program.wait_for(&["nothing pending", "drop legacy code"]);
    program.send("=");
    program.wait_for(&["no drift: the database matches its history"]);
    database.psql("ALTER TABLE public.functions ADD COLUMN added_by_hand text");
    program.send("R");
    program.wait_for(&["1 object differs from the history", "DROP COLUMN added_by_hand", "drift: 1"]);
    program.send("\x1b");
    program.wait_for(&["1 History", "drift: 1"]);
    program.send("js");
    program.wait_for(&["Stamp", "1 object differs from the history"]);
    program.send("\x1b");
    program.wait_for(&["q quit"]);
    program.send("q");
    assert_eq!(program.end().exit_code(), 0);
    program.assert_restored();
    assert_eq!(database.psql("SELECT count(*) FROM pg_database WHERE datname LIKE 'limbeck\\_scratch\\_%'"), "0");
}
