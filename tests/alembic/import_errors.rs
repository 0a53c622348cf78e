//! Projects that `limbeck import` refuses.

use super::{empty_project, linear_project};
use crate::support::TestProject;

#[test]
fn what_cannot_be_imported_is_an_error_and_nothing_is_written() {
    let not_alembic = TestProject::new("[database]\n");
    let broken = linear_project("");
    broken.write("migrations/versions/d4_x.py", "revision = 'd4d4'\ndown_revision = (\n");
    let invalid = linear_project("");
    invalid.write("migrations/versions/d4_x.py", &super::script("d4/d4", "'c3c3'", "slash", ""));
    let full = linear_project("");
    full.write("out/notes", "mine");
    let no_consent = linear_project("sqlalchemy.url = postgresql://u@localhost:1/d");
    let mut no_python = linear_project("sqlalchemy.url = postgresql://u@localhost:1/d");
    no_python.set("PATH", "/nonexistent");
    for (project, line, status, message, hint) in [
        (
            &TestProject::without_config(),
            "import out",
            1,
            "no project in",
            "run the command in the folder of alembic.ini",
        ),
        (&not_alembic, "import out", 1, "is not the configuration of an Alembic project", "-c alembic.ini import"),
        (&broken, "import out", 1, "d4_x.py:", "correct it, or remove it"),
        (&invalid, "import out", 1, "d4_x.py: the id cannot be written", "change the id"),
        (&full, "import out", 1, "out exists and is not empty; nothing was written", "limbeck import DIR"),
        (&full, "import --output out", 1, "out exists and is not empty; nothing was written", "limbeck import DIR"),
        (&no_consent, "import out", 3, "Python", "--yes"),
        (&no_python, "import out --yes", 1, "Python", ""),
        (&empty_project(""), "import out --output other", 2, "cannot be used with", ""),
    ] {
        let output = project.run(&line.split(' ').collect::<Vec<_>>()).expect_status(status);
        assert!(output.stderr.contains(message) && output.stderr.contains(hint), "{line}: {}", output.stderr);
        let out = project.path("out");
        let files = std::fs::read_dir(&out).map_or(0, std::iter::Iterator::count);
        assert!(files <= 1 && !out.join("limbeck.toml").exists(), "{line}: {files} files");
        let leftovers = std::fs::read_dir(project.root()).unwrap().flatten();
        assert!(leftovers.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(".limbeck")));
    }
}
