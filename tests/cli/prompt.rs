//! On a terminal, limbeck asks for a missing approval.

use super::project_with_data_loss;
use crate::support::{TestProject, run_in_terminal, server};

#[test]
fn the_right_word_approves() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    let (status, screen) = answer(&project, "email\n");
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("drops column users.email: 1 value in 2 rows"), "{screen}");
    assert!(!database.try_psql("SELECT email FROM users").status.success());
}

#[test]
fn another_word_runs_nothing() {
    let database = server().database();
    let project = project_with_data_loss(&database);
    let (status, screen) = answer(&project, "yes\n");
    assert_eq!(status, 3, "{screen}");
    assert!(screen.contains("'yes' is not 'email'"), "{screen}");
    assert_eq!(database.psql("SELECT count(email) FROM users"), "1");
}

/// Upgrades in a terminal and types the answer to the question. Returns the exit code and the output.
fn answer(project: &TestProject, typed: &str) -> (u32, String) {
    run_in_terminal(project, &["upgrade", "head"], Some("Type email to approve: "), typed)
}
