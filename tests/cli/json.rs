//! The documents of `--json`.

use serde_json::json;

use super::{document, project_with_data_loss, run};
use crate::support::{TestProject, server};

#[test]
fn listings_contain_the_applied_revisions() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    let history = document(&run(&project, "history --json").expect_status(0));
    assert_eq!(
        history[0],
        json!({
            "revision": "0002aaaa0000", "down_revisions": ["0001aaaa0000"], "depends_on": [], "branch_labels": [],
            "message": "revision 0002aaaa0000", "created": "2026-11-22 10:00:00+00:00",
            "path": project.path("versions/0002aaaa0000_script.sql"),
            "is_head": true, "is_base": false, "is_branch_point": false, "is_merge_point": false, "applied": false,
        })
    );
    assert_eq!(history[1]["applied"], true);
    assert_eq!(document(&run(&project, "--json heads"))[0]["revision"], "0002aaaa0000");
    assert_eq!(document(&run(&project, "branches --json")), json!([]));
}

#[test]
fn without_a_database_applied_is_null() {
    let project = TestProject::new("");
    project.script("0001aaaa0000", "", "SELECT 1;", "SELECT 1;");
    let output = run(&project, "heads --json").expect_status(0);
    assert_eq!(document(&output)[0]["applied"], json!(null));
    assert!(output.stderr.contains("no database URL"), "{}", output.stderr);
}

#[test]
fn current_contains_pending_and_missing_revisions() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    let current = document(&run(&project, "current --json").expect_status(0));
    assert_eq!(current["database"], database.name());
    assert_eq!(current["heads"], json!(["0001aaaa0000"]));
    assert_eq!(current["pending"], json!(["0002aaaa0000"]));
    assert!(current["server_version"].as_str().unwrap().starts_with(|first: char| first.is_ascii_digit()));
    assert_eq!(document(&run(&project, "current --check-heads --json").expect_status(4)), current);
    database.psql("UPDATE alembic_version SET version_num = 'fffffffffff1'");
    let current = document(&run(&project, "current --json").expect_status(0));
    assert_eq!(current["missing"], json!(["fffffffffff1"]));
    assert_eq!(run(&project, "current").expect_status(0).stdout, "fffffffffff1 (missing)\n");
}

#[test]
fn a_plan_and_its_outcome_have_the_same_start_and_end() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    let plan = document(&run(&project, "upgrade head --dry-run --json").expect_status(0));
    let step = &plan["steps"][0];
    assert_eq!((&plan["from"], &plan["to"]), (&json!(["0001aaaa0000"]), &json!(["0002aaaa0000"])));
    assert_eq!((&step["direction"], &step["transaction"]), (&json!("upgrade"), &json!(true)));
    assert_eq!(step["statements"][0]["line"], 8);
    assert_eq!(step["statements"][0]["sql"], "ALTER TABLE users DROP COLUMN email");
    let hazard = &step["statements"][0]["hazards"][0];
    assert_eq!((&hazard["class"], &hazard["object"]), (&json!("data-loss"), &json!("users.email")));
    assert_eq!((&hazard["evidence"]["rows"], &hazard["evidence"]["values"]), (&json!(2), &json!(1)));
    let done = document(&run(&project, "upgrade head --allow all --json").expect_status(0));
    assert_eq!((&done["from"], &done["to"]), (&plan["from"], &plan["to"]));
    assert_eq!(done["steps"][0]["revision"], "0002aaaa0000");
    assert!(done["steps"][0]["seconds"].as_f64().unwrap() > 0.0);
    let nothing = document(&run(&project, "upgrade head --json").expect_status(0));
    assert_eq!(nothing, json!({"from": ["0002aaaa0000"], "to": ["0002aaaa0000"], "steps": []}));
}

#[test]
fn revision_returns_the_new_script() {
    let project = TestProject::new("");
    let written = document(&run(&project, "revision -m one --rev-id 0001aaaa0000 --json").expect_status(0));
    assert_eq!(
        written,
        json!({
            "path": project.path("versions/0001aaaa0000_one.sql"), "revision": "0001aaaa0000",
            "operations": [], "renames": [], "proof": null,
        })
    );
}
