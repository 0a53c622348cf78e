//! The project's code runs only with a consent, which is asked for on a terminal.

use std::os::unix::fs::PermissionsExt;

use crate::support::{TestProject, run_in_terminal, server};

#[test]
fn a_program_runs_after_the_answer_yes() {
    let database = server().database();
    let config = format!("[database]\nurl = \"{}\"\n[models]\nprogram = [\"./print-ddl\"]\n", database.url());
    let project = TestProject::new(&config);
    let program = project.write("print-ddl", "#!/bin/sh\necho ran >> ran\necho 'CREATE TABLE t (i int);'\n");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let question = "Allow limbeck to run ./print-ddl for this project? [y/N] ";
    for (typed, status, ran) in [("\n", 3, false), ("no\n", 3, false), ("y\n", 4, true)] {
        let (code, screen) = run_in_terminal(&project, &["check"], Some(question), typed);
        assert_eq!(code, status, "{typed:?}: {screen}");
        assert!(screen.contains("Allow limbeck to run ./print-ddl for this project?"), "{screen}");
        assert_eq!(project.path("ran").exists(), ran, "{screen}");
    }
    project.run(&["check"]).expect_status(4);
}

#[test]
fn a_pipe_is_not_asked() {
    let database = server().database();
    let config = format!("[database]\nurl = \"{}\"\n[models]\nprogram = [\"./print-ddl\"]\n", database.url());
    let project = TestProject::new(&config);
    let output = project.run(&["check"]).expect_status(3);
    assert!(output.stderr.contains("--yes") && !output.stderr.contains("[y/N]"), "{}", output.stderr);
}
