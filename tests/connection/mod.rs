//! The role, the time limits and the properties of limbeck's connections, with the real binary.

mod encoding;
mod read_only;
mod role;
mod stalled;
mod time_limits;

use crate::support::{TestDatabase, TestProject};

/// A project on a database that logs in as another role.
fn project_as(database: &TestDatabase<'_>, login: &str, apply: &str) -> TestProject {
    let url = database.url().replace("postgres@", &format!("{login}@"));
    TestProject::new(&format!("[database]\nurl = \"{url}\"\n[apply]\n{apply}\n"))
}
