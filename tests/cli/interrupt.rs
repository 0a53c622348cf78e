//! `^C` during an upgrade.

use std::io::Read;

use rustix::process::{Pid, Signal, kill_process};

use super::run;
use crate::support::{TestProject, end_of, eventually, server};

const SLEEPING: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";

#[test]
fn the_first_signal_cancels_on_the_server_and_rolls_back() {
    for signal in [Signal::INT, Signal::TERM] {
        let database = server().database();
        let project = TestProject::on(&database);
        project.script("0001aaaa0000", "", "CREATE TABLE first (i int);", "DROP TABLE first;");
        project.script("0002aaaa0000", "0001aaaa0000", "CREATE TABLE second (i int);\nSELECT pg_sleep(600);", "");
        let mut child = project.spawn(&["upgrade", "head"]);
        eventually("the statement sleeps", 60, || database.psql(SLEEPING) == "1");
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = end_of(&mut child, 60).expect("the process ends");
        let mut output = String::new();
        child.stderr.take().unwrap().read_to_string(&mut output).unwrap();
        assert_eq!(status.code(), Some(130), "{output}");
        assert!(output.contains("rolled back"), "{output}");
        assert_eq!(database.psql(SLEEPING), "0");
        assert_eq!(database.psql("SELECT to_regclass('first') IS NOT NULL, to_regclass('second') IS NULL"), "t|t");
        assert_eq!(run(&project, "current").stdout, "0001aaaa0000\n");
    }
}
