//! The interpreter of an Alembic project, as `doctor` shows it.

use std::os::unix::fs::PermissionsExt;

use super::empty_project;
use crate::support::python_with_alembic;

#[test]
fn doctor_runs_python_only_with_consent() {
    let mut project = empty_project("");
    project.unset("VIRTUAL_ENV");
    let real = python_with_alembic();
    let ran = project.folder().join("ran");
    let script = format!("#!/bin/sh\necho ran >> {}\nexec {} \"$@\"\n", ran.display(), real.display());
    let python = project.write(".venv/bin/python", &script);
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    let folder = python.parent().unwrap().parent().unwrap().canonicalize().unwrap();
    let place = format!("{}/bin/python (the virtual environment {})", folder.display(), folder.display());
    let doctor = |words: &[&str]| project.run(&[&["doctor"], words].concat()).stdout;
    let before = doctor(&[]);
    assert!(before.contains(&format!("advice  python      {place}; limbeck has no consent to run it")), "{before}");
    assert!(before.contains("--yes") && !ran.exists(), "{before}");
    for words in [&["--yes"][..], &[]] {
        let known = doctor(words);
        assert!(known.contains(&format!("ok      python      {place}: Python 3.")), "{known}");
        assert!(known.contains(", Alembic 1.20.1, SQLAlchemy 2."), "{known}");
    }
}

#[test]
fn doctor_reports_an_interpreter_that_does_not_work() {
    for (script, found) in [
        (
            "#!/bin/sh\necho 'no such thing' >&2; exit 3\n",
            "bin/python failed: exit status: 3: its standard error: no such thing",
        ),
        ("#!/bin/sh\necho hello\n", "is not a Python that limbeck can use"),
        ("not a script", "does not run: it cannot be started"),
    ] {
        let mut project = empty_project("");
        project.unset("VIRTUAL_ENV");
        let python = project.write(".venv/bin/python", script);
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        let doctor = project.run(&["doctor", "--yes"]).stdout;
        assert!(doctor.contains("broken  python") && doctor.contains(found), "{doctor}");
        assert!(doctor.contains("set python under [alembic]"), "{doctor}");
    }
}
