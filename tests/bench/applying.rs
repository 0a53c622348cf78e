//! Applying 1,000 revisions, compared with `psql -f` of the same SQL in the same transactions.

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Server, ServerOptions, TestProject, program};
use crate::{Figure, scripts};

const REVISIONS: usize = 1000;
/// How often each program runs, alternating. The shortest time counts: it was disturbed least by other programs.
const ROUNDS: usize = 4;

pub fn measure() -> Vec<Figure> {
    let on = |setting: &str| format!("{setting} = on");
    let syncing = ["fsync", "synchronous_commit", "full_page_writes"].map(on).to_vec();
    vec![against_psql("as it is installed", syncing), against_psql("that never waits for its disk", Vec::new())]
}

fn against_psql(kind: &str, settings: Vec<String>) -> Figure {
    let server = Server::start(&ServerOptions { settings, ..ServerOptions::default() });
    let project = TestProject::new("");
    scripts::write(&project, REVISIONS);
    let file = project.write("all.sql", &same_sql(&project));
    let (mut theirs, mut ours) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let database = server.database();
        let mut psql = Command::new(program("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&file).arg(database.url()).env_clear();
        theirs = theirs.min(time(&mut psql));
        let tables = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 't\\_%'";
        assert_eq!(database.psql(tables), REVISIONS.to_string());
        let database = server.database();
        let url = database.url();
        let arguments = ["-c", "limbeck.toml", "-q", "--database-url", &url, "upgrade", "heads"];
        ours = ours.min(time(&mut project.command(&arguments)));
        assert_eq!(database.psql(tables), REVISIONS.to_string());
    }
    Figure {
        work: format!("applying {REVISIONS} revisions to a server {kind}, against psql"),
        measured: ours.as_secs_f64() / theirs.as_secs_f64(),
        bound: 1.15,
        unit: "times",
        note: format!(" (psql {:.2} s, limbeck {:.2} s)", theirs.as_secs_f64(), ours.as_secs_f64()),
    }
}

/// The output of `upgrade --sql`. Nothing reads the result of the statements that write the version table.
fn same_sql(project: &TestProject) -> String {
    let printed = project.run(&["-c", "limbeck.toml", "-q", "upgrade", "heads", "--sql"]).expect_status(0).stdout;
    printed.replace(" RETURNING alembic_version.version_num", "")
}

fn time(command: &mut Command) -> Duration {
    let since = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    let elapsed = since.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    elapsed
}
