//! Data loss needs approval. Without a terminal, limbeck never asks.

use super::{document, project_with_data_loss, run};
use crate::support::{TestProject, server};

#[test]
fn an_unapproved_loss_is_refused_with_its_objects_and_nothing_runs() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    let output = run(&project, "upgrade head").expect_status(3);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("error: approval is needed for data-loss; nothing was run\n"), "{}", output.stderr);
    assert!(output.stderr.contains("drops column users.email: 1 value in 2 rows"), "{}", output.stderr);
    assert!(output.stderr.contains("add --allow data-loss"), "{}", output.stderr);
    assert_eq!(database.psql("SELECT count(email) FROM users"), "1");
    assert_eq!(run(&project, "current").stdout, "0001aaaa0000\n");
}

#[test]
fn with_json_the_refusal_is_a_document() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    let error = document(&run(&project, "upgrade head --json").expect_status(3))["error"].clone();
    assert_eq!(error["code"], "approval");
    assert_eq!(error["causes"][0], "0002aaaa0000, line 8, drops column users.email: 1 value in 2 rows [data-loss]");
}

#[test]
fn only_the_class_of_the_hazard_approves_it() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    run(&project, "upgrade head --allow lock,index").expect_status(3);
    run(&project, "upgrade head --dry-run").expect_status(0);
    assert_eq!(database.psql("SELECT count(email) FROM users"), "1");
    run(&project, "upgrade head --allow lock,data-loss").expect_status(0);
    assert!(!database.try_psql("SELECT email FROM users").status.success());
}

#[test]
fn a_protected_environment_needs_its_name_and_every_class_by_name() {
    let database = server().database();
    project_with_data_loss(&database);
    let config = format!("[environments.production]\nurl = \"{}\"\nprotected = true\n", database.url());
    let project = TestProject::new(&config);
    project.script("0001aaaa0000", "", "CREATE TABLE users (id int, email text);", "DROP TABLE users;");
    project.script("0002aaaa0000", "0001aaaa0000", "ALTER TABLE users DROP COLUMN email;", "");
    let output = run(&project, "upgrade head -e production --allow all --confirm production").expect_status(3);
    assert!(output.stderr.contains("`--allow all` has no effect in a protected environment"), "{}", output.stderr);
    let output = run(&project, "downgrade base -e production --dry-run").expect_status(0);
    assert!(output.stdout.contains("drops table users: 2 rows\n"), "{}", output.stdout);
    let output = run(&project, "upgrade head -e production --allow data-loss,lock").expect_status(3);
    assert!(output.stderr.contains("--confirm production"), "{}", output.stderr);
    run(&project, "upgrade head -e production --allow data-loss,lock --confirm staging").expect_status(3);
    assert_eq!(database.psql("SELECT count(email) FROM users"), "1");
    run(&project, "upgrade head -e production --allow data-loss,lock --confirm production").expect_status(0);
}

#[test]
fn the_name_of_another_environment_is_refused() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    for line in [
        "downgrade base --allow data-loss --confirm production",
        "downgrade base --rehearse --confirm production",
        "upgrade head --allow data-loss --confirm staging",
    ] {
        let output = run(&project, line).expect_status(3);
        assert!(output.stderr.contains("the environment is 'default', and '"), "{}", output.stderr);
        assert!(output.stderr.contains("nothing was run"), "{}", output.stderr);
    }
    assert_eq!(run(&project, "current").stdout, "0001aaaa0000\n");
    run(&project, "upgrade head --allow data-loss --confirm default").expect_status(0);
}
