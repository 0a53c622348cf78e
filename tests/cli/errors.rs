//! Usage errors, broken scripts, missing projects and broken pipes.

use std::io::Read;

use super::{document, project_with_data_loss, run};
use crate::support::{TestProject, server};

#[test]
fn a_usage_error_exits_with_2_and_suggests_a_command() {
    let project = TestProject::new("");
    let output = run(&project, "updgrade head").expect_status(2);
    assert!(output.stderr.contains("'upgrade'"), "{}", output.stderr);
    run(&project, "upgrade").expect_status(2);
    run(&project, "upgrade head --allow nonsense").expect_status(2);
    run(&project, "heads --read-only").expect_status(2);
    assert_eq!(document(&run(&project, "updgrade --json").expect_status(2))["error"]["code"], "usage");
}

#[test]
fn a_section_needs_an_alembic_project() {
    let project = TestProject::new("");
    let output = run(&project, "-n alembic:other heads").expect_status(2);
    assert!(output.stderr.contains("limbeck.toml is not an Alembic project"), "{}", output.stderr);
}

#[test]
fn without_a_project_the_hint_says_how_to_create_one() {
    let project = TestProject::without_config();
    let output = run(&project, "heads").expect_status(1);
    assert!(output.stderr.starts_with("error: no project in "), "{}", output.stderr);
    assert!(output.stderr.contains("hint: create one with `limbeck init`"), "{}", output.stderr);
    assert_eq!(document(&run(&project, "heads --json").expect_status(1))["error"]["code"], "no-project");
}

#[test]
fn a_broken_script_is_reported_and_the_others_are_listed() {
    let project = TestProject::new("");
    project.script("0001aaaa0000", "", "SELECT 1;", "SELECT 1;");
    let broken = project.write("versions/broken.sql", "-- no id here\n\n-- @upgrade\n");
    let output = run(&project, "heads").expect_status(1);
    assert_eq!(output.stdout, "0001aaaa0000 (head)\n");
    assert!(output.stderr.contains(broken.to_str().unwrap()), "{}", output.stderr);
    run(&project, "revision -m two").expect_status(1);
    assert_eq!(std::fs::read_dir(project.path("versions")).unwrap().count(), 2);
}

#[test]
fn a_failing_statement_is_shown_with_its_line_and_column() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("0001aaaa0000", "", "CREATE TABLE t (i int);\nSELECT nonsense FROM t;", "");
    let output = run(&project, "upgrade head").expect_status(1);
    for part in [
        "revision 0001aaaa0000: column \"nonsense\" does not exist",
        "SELECT nonsense FROM t",
        "SQLSTATE 42703",
        ":9:8",
    ] {
        assert!(output.stderr.contains(part), "{part} is not in {}", output.stderr);
    }
    let error = document(&run(&project, "upgrade head --json").expect_status(1))["error"].clone();
    assert_eq!((error["revision"].as_str(), error["line"].as_u64()), (Some("0001aaaa0000"), Some(9)));
    assert_eq!(run(&project, "current").stdout, "");
}

#[test]
fn colours_are_used_on_terminals_or_on_request() {
    let project = TestProject::new("");
    assert!(!run(&project, "show nope").stderr.contains('\x1b'));
    assert!(run(&project, "show nope --color always").stderr.starts_with("\x1b[31;1merror:\x1b[0m "));
}

#[test]
fn a_password_is_never_shown() {
    let mut project = TestProject::new("");
    project.set("DATABASE_URL", "postgresql://me:geheim@127.0.0.1:1/nowhere");
    project.script("0001aaaa0000", "", "SELECT 1;", "SELECT 1;");
    for line in ["current", "upgrade head -v", "doctor", "doctor --json", "current --json", "heads --json"] {
        let output = run(&project, line);
        assert!(!format!("{output:?}").contains("geheim"), "limbeck {line}: {output:?}");
    }
}

#[test]
fn a_broken_pipe_is_not_an_error() {
    let project = TestProject::new("");
    for number in 1..600 {
        let parent = if number == 1 { String::new() } else { format!("{:012x}", number - 1) };
        project.script(&format!("{number:012x}"), &parent, "SELECT 1;", "SELECT 1;");
    }
    let mut child = project.spawn(&["history", "-v"]);
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn no_wait_exits_with_5_while_another_migrator_runs() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    project.script("0003aaaa0000", "0002aaaa0000", "SELECT pg_sleep(600);", "");
    let mut other = project.spawn(&["upgrade", "head", "--allow", "all"]);
    let sleeping =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    crate::support::eventually("the other migrator sleeps", 60, || database.psql(sleeping) == "1");
    let output = run(&project, "upgrade head --allow all --no-wait").expect_status(5);
    assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
    rustix::process::kill_process(rustix::process::Pid::from_child(&other), rustix::process::Signal::INT).unwrap();
    assert_eq!(crate::support::end_of(&mut other, 60).and_then(|status| status.code()), Some(130));
}
