//! On a terminal, `restore` asks for the name of the database. Files of killed runs are removed.

use std::fs::{self, FileTimes};
use std::time::{Duration, SystemTime};

use super::{back_up, dump, files, filled};
use crate::pty::Program;

#[test]
fn restoring_over_tables_asks_for_the_name_of_the_database() {
    let (database, project) = filled();
    let path = back_up(&project);
    let was = dump(&database);
    database.psql("DELETE FROM \"odd name\".\"u u\"; DELETE FROM t");
    let file = path.to_str().unwrap();
    let mut program = Program::start(&project, &["restore", file], (120, 24));
    program.wait_for(&["dropped and made again", &format!("Type {} to replace", database.name())]);
    program.send("other\r");
    assert_eq!(program.end().exit_code(), 3);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "0");
    let mut program = Program::start(&project, &["restore", file], (120, 24));
    program.wait_for(&["to replace what is in it:"]);
    program.send(&format!("{}\r", database.name()));
    assert_eq!(program.end().exit_code(), 0);
    assert_eq!(dump(&database), was);
    // In a pipe, limbeck never asks.
    let refused = project.run(&["restore", file]).expect_status(3);
    assert!(refused.stderr.contains("--allow data-loss"), "{}", refused.stderr);
}

#[test]
fn files_of_a_killed_run_are_removed_after_a_day() {
    let (_database, project) = filled();
    let folder = back_up(&project).parent().unwrap().to_owned();
    let (old, new) = (folder.join(".limbeck-backup-old"), folder.join(".limbeck-backup-new"));
    for path in [&old, &new] {
        fs::write(path, "half").unwrap();
    }
    let long_ago = SystemTime::now() - Duration::from_hours(48);
    fs::File::options().write(true).open(&old).unwrap().set_times(FileTimes::new().set_modified(long_ago)).unwrap();
    back_up(&project);
    assert!(!old.exists() && new.exists(), "{:?}", files(&project));
}
