//! Commands that work without Python, and commands that refuse to run scripts.

use std::os::unix::fs::PermissionsExt;

use super::{ENV, linear_project, run};
use crate::support::server;

#[test]
fn commands_that_run_scripts_ask_for_consent_first_and_change_nothing() {
    let database = server().database();
    let mut project = linear_project("");
    project.set("DATABASE_URL", &database.url());
    for line in [
        "upgrade head",
        "upgrade head --sql",
        "upgrade head --dry-run",
        "upgrade head --rehearse",
        "downgrade base",
        "downgrade -1",
        "verify",
        "lint",
        "drift",
    ] {
        let output = run(&project, line).expect_status(3);
        assert!(output.stderr.starts_with("error: limbeck needs the project's Python: "), "{line}: {}", output.stderr);
        assert!(output.stderr.contains("\nhint: run the command again with --yes"), "{line}: {}", output.stderr);
        assert_eq!(output.stdout, "", "{line}");
    }
    assert_eq!(database.psql("SELECT to_regclass('alembic_version') IS NULL"), "t");
    let document: serde_json::Value =
        serde_json::from_str(&run(&project, "upgrade head --json").expect_status(3).stdout).unwrap();
    assert_eq!(document["error"]["code"], "approval", "{document}");
}

#[test]
fn opening_a_project_runs_none_of_its_code_and_needs_no_python() {
    let database = server().database();
    let mut project = linear_project("prepend_sys_path = .");
    let leave_a_trace = "import pathlib\npathlib.Path('trace').write_text('ran')\n";
    project.write("migrations/env.py", &format!("{leave_a_trace}{ENV}"));
    project.write("sitecustomize.py", leave_a_trace);
    project.write("migrations/versions/d4.py", &format!("{leave_a_trace}{}", super::script("d4d4", "'c3c3'", "m", "")));
    project.set("PATH", "/nonexistent");
    project.set("DATABASE_URL", &database.url());
    for line in [
        "heads",
        "history -v",
        "branches",
        "show head",
        "stamp c3c3",
        "current -v",
        "history -i",
        "ensure_version",
        "revision -m new --rev-id e5e5",
        "merge --rev-id f6f6 heads --splice base",
        "doctor",
        "log",
    ] {
        let output = run(&project, line);
        assert!(!output.stderr.contains("panicked"), "{line}: {}", output.stderr);
    }
    assert_eq!(run(&project, "current").expect_status(0).stdout, "c3c3\n");
    assert!(!project.path("trace").exists());
}

#[test]
fn json_has_the_fields_of_sql_scripts() {
    let project = linear_project("");
    let document: serde_json::Value =
        serde_json::from_str(&run(&project, "history --json").expect_status(0).stdout).unwrap();
    let second = &document[1];
    assert_eq!(second["revision"], "b2b2");
    assert_eq!(second["down_revisions"][0], "a1a1");
    assert_eq!(second["message"], "second\nin two lines\n\nand more");
    assert_eq!(second["created"], "2026-01-02 03:04:05.678901");
    assert!(second["path"].as_str().unwrap().ends_with("migrations/versions/b2b2_x.py"));
}

#[test]
fn pending_and_missing_are_shown() {
    let database = server().database();
    let mut project = linear_project("");
    project.set("DATABASE_URL", &database.url());
    run(&project, "stamp b2b2").expect_status(0);
    let current: serde_json::Value =
        serde_json::from_str(&run(&project, "current --json").expect_status(0).stdout).unwrap();
    assert_eq!((&current["pending"][0], &current["missing"]), (&"c3c3".into(), &serde_json::json!([])));
    run(&project, "current --check-heads").expect_status(4);
    database.psql("UPDATE alembic_version SET version_num = 'gone'");
    let current: serde_json::Value = serde_json::from_str(&run(&project, "current --json").stdout).unwrap();
    assert_eq!(current["missing"][0], "gone");
}

#[test]
fn edit_opens_the_script_and_checks_it() {
    let mut project = linear_project("");
    let editor =
        project.write("editor", "#!/bin/sh\n[ -z \"$BREAK\" ] || echo 'def (' >> \"$1\"\necho \"$1\" > seen\n");
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    project.set("EDITOR", editor.to_str().unwrap());
    run(&project, "edit b2").expect_status(0);
    assert!(project.read("seen").ends_with("migrations/versions/b2b2_x.py\n"));
    project.set("BREAK", "1");
    let output = run(&project, "edit b2").expect_status(1);
    assert!(output.stderr.contains("b2b2_x.py:24: Python syntax error"), "{}", output.stderr);
}

#[test]
fn what_limbeck_cannot_do_for_a_new_script_is_reported() {
    let project = linear_project("revision_environment = true");
    let output = run(&project, "revision -m x").expect_status(1);
    assert!(output.stderr.contains("revision_environment = true"), "{}", output.stderr);
    let project = linear_project("[post_write_hooks]\nhooks = black");
    let output = run(&project, "revision -m x --rev-id d4d4").expect_status(0);
    assert!(output.stderr.contains("post_write_hooks (black) did not run"), "{}", output.stderr);
    project.write("migrations/script.py.mako", "a\n${message}\n<%include file='x'/>\n");
    let output = run(&project, "revision -m x").expect_status(1);
    assert!(output.stderr.contains("script.py.mako:3: limbeck does not know the tag `<%include`"), "{}", output.stderr);
}
