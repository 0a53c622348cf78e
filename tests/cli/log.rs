//! The command `log`, and the format of the ledger.

use super::{document, project_with_data_loss, run};
use crate::support::server;

#[test]
fn the_log_names_approvals_copies_and_errors() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    run(&project, "upgrade head --allow data-loss").expect_status(0);
    project.script("0003aaaa0000", "0002aaaa0000", "SELECT 1 / 0;", "");
    run(&project, "upgrade head").expect_status(1);
    let log = document(&run(&project, "log --json").expect_status(0));
    let facts = |name: &str| log.as_array().unwrap().iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(facts("revision"), ["0003aaaa0000", "0002aaaa0000", "0001aaaa0000"]);
    assert_eq!(facts("state"), ["failed", "done", "done"]);
    assert_eq!(log[0]["approved"], serde_json::json!([]));
    assert_eq!(log[1]["approved"], serde_json::json!(["data-loss"]));
    assert_eq!(log[1]["kept"], serde_json::json!([{"object": "users.email", "rows": 1, "state": "kept"}]));
    assert!(log[1]["seconds"].as_f64().unwrap() > 0.0 && log[1]["role"].is_string(), "{log}");
    run(&project, "downgrade -1").expect_status(0);
    let text = run(&project, "log --limit 2").expect_status(0).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with("AT ") && lines[1].contains("downgrade") && lines[2].contains("failed"), "{text}");
    assert_eq!(lines[3], "  error: revision 0003aaaa0000: division by zero", "{text}");
    let text = run(&project, "log").expect_status(0).stdout;
    assert!(text.contains("data-loss") && text.contains("users.email (1 value, restored)"), "{text}");
}

#[test]
fn a_database_without_a_ledger_has_an_empty_log() {
    let database = server().database();
    let project = crate::support::TestProject::on(&database);
    assert_eq!(document(&run(&project, "log --json").expect_status(0)), serde_json::json!([]));
    assert!(run(&project, "log").expect_status(0).stderr.contains("The ledger has no runs"));
}

/// Version 0.1.0 created the ledger without the column `approved`, and no table with a comment.
#[test]
fn the_ledger_of_an_older_version_is_read_and_changed() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    run(&project, "upgrade head --allow data-loss").expect_status(0);
    database.psql(
        "ALTER TABLE limbeck.log DROP COLUMN approved; COMMENT ON TABLE limbeck.log IS NULL; \
         COMMENT ON TABLE limbeck.kept IS NULL",
    );
    let log = document(&run(&project, "log --json").expect_status(0));
    assert_eq!(log[0]["approved"], serde_json::json!([]));
    assert_eq!(log[0]["kept"][0]["object"], "users.email");
    run(&project, "downgrade -1").expect_status(0);
    assert_eq!(database.psql("SELECT count(email) FROM users"), "1");
    assert_eq!(database.psql("SELECT obj_description('limbeck.log'::regclass)"), "limbeck, format 2");
}

#[test]
fn a_newer_format_is_refused_before_anything_runs() {
    for table in ["log", "kept"] {
        let database = server().database();
        let project = project_with_data_loss(&database);
        run(&project, "upgrade head --allow data-loss").expect_status(0);
        database.psql(&format!("COMMENT ON TABLE limbeck.{table} IS 'limbeck, format 99'"));
        let refused = run(&project, "downgrade -1").expect_status(1);
        assert!(refused.stderr.contains("has format 99"), "{}", refused.stderr);
        assert!(refused.stderr.contains("hint: install the newest version of limbeck"), "{}", refused.stderr);
        assert_eq!(database.psql("SELECT version_num FROM alembic_version"), "0002aaaa0000");
    }
}
