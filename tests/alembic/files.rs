//! Files that Alembic refuses: they are named, and the rest of the tree is shown.

use super::{linear_project, run, run_alembic, script};

#[test]
fn files_that_alembic_cannot_load_are_named_with_their_line() {
    for (name, text, expected) in [
        (
            "broken.py",
            "revision = 'd4d4'\ndown_revision = 'c3c3'\ndef upgrade(:\n    pass\n",
            "broken.py:3: Python syntax error",
        ),
        ("helper.py", "import os\nX = 1\n", "helper.py: the file does not assign revision"),
        ("no_parent.py", "revision = 'd4d4'\n", "no_parent.py: the file does not assign down_revision"),
        ("dashes.py", "revision = 'd-4'\ndown_revision = None\n", "dashes.py:1: revision is not a valid revision id"),
    ] {
        let project = linear_project("");
        project.write(&format!("migrations/versions/{name}"), text);
        assert_ne!(run_alembic(&project, &["heads"]).status, Some(0), "{name}");
        let history = run(&project, "history").expect_status(1);
        assert!(history.stdout.contains("<base> -> a1a1, first\n"), "{}", history.stdout);
        assert!(history.stderr.contains(expected), "{}", history.stderr);
        let written = run(&project, "revision -m x").expect_status(1);
        assert!(written.stderr.contains(expected), "nothing is written before it is corrected: {}", written.stderr);
    }
}

#[test]
fn computed_identifiers_are_named_and_not_guessed() {
    let project = linear_project("");
    project.write("migrations/versions/computed.py", "revision = 'd4d4'\ndown_revision = find_parent()\n");
    let heads = run(&project, "heads").expect_status(1);
    assert_eq!(heads.stdout, "c3c3 (head)\n");
    assert!(heads.stderr.contains("computed.py:2: down_revision is not a constant"), "{}", heads.stderr);
    assert!(heads.stderr.contains("find_parent()"), "{}", heads.stderr);
}

#[test]
fn leftovers_that_alembic_ignores_are_ignored() {
    let project = linear_project("");
    for name in ["__init__.py", ".#lock.py", "a.py~", "__pycache__/x.py", "README", "c3.pyc", "deep/nested.py"] {
        project.write(&format!("migrations/versions/{name}"), "not python (");
    }
    assert_eq!(run_alembic(&project, &["heads"]).stdout, "c3c3 (head)\n");
    let heads = run(&project, "heads").expect_status(0);
    assert_eq!((heads.stdout.as_str(), heads.stderr.as_str()), ("c3c3 (head)\n", ""));
}

#[test]
fn the_code_has_precedence_over_the_docstring() {
    let project = linear_project("");
    let wrong = script("d4d4", "'c3c3'", "wrong docstring", "").replace("Revises: c3c3", "Revises: a1a1");
    project.write("migrations/versions/d4.py", &wrong);
    assert_eq!(run(&project, "heads").expect_status(0).stdout, "d4d4 (head)\n");
    let show = run(&project, "show d4d4").expect_status(0);
    assert_eq!(show.stdout, run_alembic(&project, &["show", "d4d4"]).stdout);
    assert!(show.stderr.contains("the docstring says 'Revises: a1a1', but the code says c3c3"), "{}", show.stderr);
    let doctor = run(&project, "doctor");
    assert!(doctor.stdout.contains("the docstring says 'Revises: a1a1'"), "{}", doctor.stdout);
}

#[test]
fn a_symbolic_link_is_shown_as_alembic_shows_it() {
    let project = linear_project("");
    let real = project.write("elsewhere/d4.py", &script("d4d4", "'c3c3'", "linked", ""));
    std::os::unix::fs::symlink(real, project.path("migrations/versions/d4.py")).unwrap();
    assert_eq!(run(&project, "show d4d4").stdout, run_alembic(&project, &["show", "d4d4"]).stdout);
}
