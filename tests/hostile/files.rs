//! Files that are not regular files, are too large, or have no end.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::{Output, TestProject, server};

/// The time limit of a run in seconds: far less than a run that waits for a FIFO.
const SECONDS: u64 = 30;

/// Kinds of files that must not be read, and what the error says.
const KINDS: &[(&str, &str)] = &[
    ("fifo", "it is a FIFO, not a regular file"),
    ("directory", "it is a directory, not a regular file"),
    ("device", "it is a device, not a regular file"),
    ("endless", "it is a device, not a regular file"),
    ("socket", "it is a socket, not a regular file"),
    ("huge", "it is larger than 64 MB"),
];

/// Creates such a file at a path where nothing is.
fn make(kind: &str, path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    match kind {
        "fifo" => rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RWXU).unwrap(),
        "directory" => std::fs::create_dir(path).unwrap(),
        "device" => symlink("/dev/tty", path).unwrap(),
        "endless" => symlink("/dev/zero", path).unwrap(),
        "socket" => drop(std::os::unix::net::UnixListener::bind(path).unwrap()),
        "huge" => std::fs::File::create(path).unwrap().set_len((64 << 20) + 1).unwrap(),
        _ => unreachable!("{kind}"),
    }
}

fn remove(path: &Path) {
    if path.is_dir() { std::fs::remove_dir(path) } else { std::fs::remove_file(path) }.unwrap();
}

#[track_caller]
fn run(project: &TestProject, words: &[&str]) -> Output {
    project.run_within(SECONDS, words)
}

/// Every file that a project or a user names, as every kind.
#[test]
fn special_files_are_errors_that_name_the_file_and_the_reason() {
    let unreachable = "postgresql://me@127.0.0.1:1/none?connect_timeout=1";
    for (kind, reason) in KINDS {
        let mut project = TestProject::new(&format!("[database]\nurl = \"{unreachable}\"\n"));
        project.script("aaaa00000001", "", "SELECT 1;", "SELECT 1;");
        project.write("models/a.sql", "CREATE TABLE t (i int);");
        let root = project.path("root.crt");
        let with_root = format!("{unreachable}&sslmode=verify-full&sslrootcert={}", root.display());
        let service = project.path("service.conf");
        project.set("PGSERVICEFILE", service.to_str().unwrap());
        for (file, words) in [
            ("versions/b.sql", &["heads"] as &[&str]),
            ("versions/b.sql", &["lint"]),
            ("script.sql.j2", &["revision", "-m", "x"]),
            ("limbeck.toml", &["heads"]),
            ("limbeck.toml", &["-c", "limbeck.toml", "heads"]),
            (".env", &["current"]),
            ("root.crt", &["current", "--database-url", &with_root]),
            ("service.conf", &["current", "--database-url", "service=x"]),
            ("backup.dump", &["restore", "backup.dump"]),
        ] {
            let path = project.path(file);
            let skipped = match file {
                // A folder `.env` is a virtual environment of Python, and a backup may have any size.
                ".env" => *kind == "directory",
                "backup.dump" => *kind == "huge",
                // `-c FOLDER` is the folder of a project.
                "limbeck.toml" => *kind == "directory" && words.len() > 1,
                _ => false,
            };
            if skipped {
                continue;
            }
            let kept = std::fs::read(&path).ok();
            if kept.is_some() {
                remove(&path);
            }
            make(kind, &path);
            let output = run(&project, words);
            assert_eq!(output.status, Some(1), "{kind} {file} {words:?}: {output:?}");
            // The path of the configuration is shown without symbolic links.
            let is_resolved = file == "limbeck.toml" && path.is_symlink();
            let name = if is_resolved { "/dev/" } else { path.file_name().unwrap().to_str().unwrap() };
            assert!(
                output.stderr.contains(reason) && output.stderr.contains(name),
                "{kind} {file} {words:?}: {}",
                output.stderr
            );
            remove(&path);
            if let Some(bytes) = kept {
                std::fs::write(&path, bytes).unwrap();
            }
        }
    }
}

#[test]
fn models_are_regular_files_up_to_a_limit() {
    let database = server().database();
    for (kind, reason) in KINDS {
        let project = TestProject::on(&database);
        project.write("models/a.sql", "CREATE TABLE t (i int);");
        make(kind, &project.path("models/b.sql"));
        let output = run(&project, &["check"]);
        if *kind == "directory" {
            assert_eq!(output.status, Some(4), "a folder below models contains models: {output:?}");
            continue;
        }
        assert_eq!(output.status, Some(1), "{kind}: {output:?}");
        assert!(output.stderr.contains(reason) && output.stderr.contains("b.sql"), "{kind}: {}", output.stderr);
    }
}

#[test]
fn a_password_file_that_cannot_be_read_is_a_warning() {
    let database = server().database();
    for (kind, _) in KINDS {
        let mut project = TestProject::on(&database);
        let path = project.path("pgpass");
        project.set("PGPASSFILE", path.to_str().unwrap());
        make(kind, &path);
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).ok();
        let output = run(&project, &["current"]).expect_status(0);
        assert!(output.stderr.starts_with("warning: the password file "), "{kind}: {}", output.stderr);
    }
}

#[test]
fn limits_are_configured() {
    let database = server().database();
    let project = TestProject::on(&database);
    let script = project.script("aaaa00000001", "", &"SELECT 1;\n".repeat(400), "SELECT 1;");
    project.write("models/a.sql", &"-- comment\n".repeat(400));
    run(&project, &["heads"]).expect_status(0);
    let config = project.read("limbeck.toml");
    project.write("limbeck.toml", &format!("{config}[scripts]\nfile_limit = \"2kB\"\n"));
    let output = run(&project, &["heads"]).expect_status(1);
    let expected = format!("error: {}: cannot be read: it is larger than 2 kB\n", script.display());
    assert!(output.stderr.starts_with(&expected), "{}", output.stderr);
    assert!(output.stderr.contains("hint: raise file_limit under [scripts]"), "{}", output.stderr);
    std::fs::remove_file(script).unwrap();
    project.write("limbeck.toml", &format!("{config}[models]\nfile_limit = \"2kB\"\n"));
    let output = run(&project, &["check"]).expect_status(1);
    assert!(output.stderr.contains("larger than 2 kB"), "{}", output.stderr);
    assert!(output.stderr.contains("hint: raise file_limit under [models]"), "{}", output.stderr);
}

#[test]
fn an_endless_template_ends_with_an_error() {
    let project = TestProject::new("");
    for template in [
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 99999999999 }}",
        "{% set n = namespace(s='xxxx') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
    ] {
        project.write("script.sql.j2", template);
        let output = run(&project, &["revision", "-m", "x"]).expect_status(1);
        assert!(output.stderr.contains("script.sql.j2 was stopped"), "{}", output.stderr);
        std::fs::remove_file(project.path("script.sql.j2")).unwrap();
        project.write("limbeck.toml", &format!("[scripts]\nfile_template = \"{template}\"\n"));
        let output = run(&project, &["revision", "-m", "x"]).expect_status(1);
        assert!(output.stderr.contains("[scripts] file_template was stopped"), "{}", output.stderr);
        project.write("limbeck.toml", "");
    }
}
