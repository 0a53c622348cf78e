//! `backup` and `restore` on real servers, with PostgreSQL's own programs.

mod before_plan;
mod prompt;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Output, Server, ServerOptions, TestDatabase, TestProject, end_of, eventually, program, server};

/// The whole database as `pg_dump` writes it, without the random key that newer versions of `pg_dump` add.
fn dump(database: &TestDatabase<'_>) -> String {
    let output = Command::new(program("pg_dump")).arg(database.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.contains("restrict")).collect::<Vec<_>>().join("\n")
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", output.stdout))
}

/// All files in the project's backup folders.
fn files(project: &TestProject) -> Vec<PathBuf> {
    let folders = fs::read_dir(project.folder().join("data/limbeck/backups")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        folders.flat_map(|folder| fs::read_dir(folder.path()).unwrap().flatten()).map(|file| file.path()).collect();
    files.sort();
    files
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A database with objects of many kinds, and a project for it.
fn filled() -> (TestDatabase<'static>, TestProject) {
    let database = server().database();
    let project = TestProject::on(&database);
    let sql = "CREATE SCHEMA \"odd name\";\nCREATE TYPE mood AS ENUM ('sad', 'ok');\n\
        CREATE TABLE t (id bigserial PRIMARY KEY, note text, m mood);\n\
        CREATE TABLE \"odd name\".\"u u\" (t bigint REFERENCES t, data bytea);\n\
        INSERT INTO t (note, m) SELECT 'note ' || i, 'ok' FROM generate_series(1, 500) AS i;\n\
        INSERT INTO \"odd name\".\"u u\" SELECT id, '\\x00ff' FROM t;\nCREATE VIEW v AS SELECT note FROM t;";
    project.script("aaaa00000001", "", sql, "");
    project.script("aaaa00000002", "aaaa00000001", "ALTER TABLE t DROP COLUMN note CASCADE;", "");
    project.run(&["upgrade", "aaaa00000001"]).expect_status(0);
    (database, project)
}

fn back_up(project: &TestProject) -> PathBuf {
    let run = project.run(&["backup", "--json"]).expect_status(0);
    PathBuf::from(json(&run)["path"].as_str().unwrap())
}

/// A session that locks a table which `pg_dump` and `pg_restore` need.
fn lock_table(url: &str) -> Child {
    let mut child = Command::new(program("psql"))
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", url])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "BEGIN; LOCK TABLE t;").unwrap();
    child
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name LIKE 'limbeck %' AND wait_event_type = 'Lock'";

#[test]
fn a_restore_recreates_a_dropped_database() {
    let (database, project) = filled();
    let before = dump(&database);
    let run = project.run(&["backup", "--json"]).expect_status(0);
    let document = json(&run);
    let path = PathBuf::from(document["path"].as_str().unwrap());
    assert_eq!(document["heads"], serde_json::json!(["aaaa00000001"]));
    assert_eq!(document["database"], database.name());
    assert_eq!(document["bytes"], fs::metadata(&path).unwrap().len());
    assert_eq!(document["sha256"].as_str().unwrap().len(), 64);
    assert!(run.stderr.contains("of 4 tables, "), "{}", run.stderr);
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let beside = path.with_extension("dump.json");
    assert_eq!(mode(&beside), 0o600);
    assert_eq!(files(&project), [path.clone(), beside], "no other files are left");

    let listed = json(&project.run(&["backup", "--list", "--json"]).expect_status(0));
    assert_eq!(listed[0]["path"], document["path"]);
    assert_eq!(listed[0]["checksum"], "recorded");
    assert_eq!(listed[0]["sha256"], document["sha256"]);
    let listed = project.run(&["backup", "--list"]).expect_status(0).stdout;
    assert!(listed.contains("at aaaa00000001  checksum recorded"), "{listed}");

    database.psql("DROP SCHEMA \"odd name\", limbeck CASCADE; DROP TABLE t, alembic_version CASCADE; DROP TYPE mood");
    let run = project.run(&["restore", path.to_str().unwrap(), "--json"]).expect_status(0);
    assert_eq!(json(&run)["heads"], serde_json::json!(["aaaa00000001"]));
    assert!(run.stderr.contains("in one transaction"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT count(*), max(note) FROM t"), "500|note 99");
    assert_eq!(dump(&database), before);
}

#[test]
fn a_damaged_backup_is_refused() {
    let (database, project) = filled();
    let path = back_up(&project);
    database.psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA \"odd name\", limbeck CASCADE");
    let good = fs::read(&path).unwrap();
    let mut wrong = good.clone();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 1;
    fs::write(&path, &wrong).unwrap();
    let run = project.run(&["restore", path.to_str().unwrap()]).expect_status(1);
    assert!(run.stderr.contains("was changed since the backup: its checksum is wrong"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    fs::write(&path, &good[..middle]).unwrap();
    assert_eq!(json(&project.run(&["backup", "--list", "--json"]))[0]["checksum"], "wrong-size");
    project.run(&["restore", path.to_str().unwrap()]).expect_status(1);
    fs::write(&path, &good).unwrap();
    project.run(&["restore", path.to_str().unwrap()]).expect_status(0);
    let run = project.run(&["restore", "nowhere.dump"]).expect_status(1);
    assert!(run.stderr.contains("hint: `limbeck backup --list`"), "{}", run.stderr);
}

#[test]
fn tables_are_replaced_only_with_approval() {
    let (database, project) = filled();
    let path = back_up(&project);
    let path = path.to_str().unwrap();
    let before = dump(&database);
    database.psql("UPDATE t SET note = 'changed'");
    let run = project.run(&["restore", path]).expect_status(3);
    assert!(
        run.stderr.contains("the database contains 4 tables") && run.stderr.contains("--allow data-loss"),
        "{}",
        run.stderr
    );
    assert_eq!(json(&project.run(&["restore", path, "--json"]).expect_status(3))["error"]["code"], "approval");
    assert_eq!(database.psql("SELECT count(*) FROM t WHERE note = 'changed'"), "500");
    project.run(&["restore", path, "--allow", "data-loss"]).expect_status(0);
    assert_eq!(dump(&database), before);

    // An object that cannot be replaced makes the restore fail without changes.
    database.psql("CREATE TABLE later (t bigint REFERENCES t); UPDATE t SET note = 'changed'");
    let run = project.run(&["restore", path, "--allow", "data-loss"]).expect_status(1);
    assert!(run.stderr.contains("rolled back; the database was not changed"), "{}", run.stderr);
    assert!(run.stderr.contains("other objects depend on it"), "{}", run.stderr);
    assert_eq!(database.psql("SELECT count(*) FROM t WHERE note = 'changed'"), "500");

    let url = database.url();
    let config = format!("[environments.production]\nurl = \"{url}\"\nprotected = true\n");
    project.write("limbeck.toml", &config);
    let production = ["-e", "production", "restore", path, "--allow", "data-loss"];
    let run = project.run(&production).expect_status(3);
    assert!(run.stderr.contains("hint: add --confirm production"), "{}", run.stderr);
    database.psql("DROP TABLE later");
    project.run(&[&production[..], &["--confirm", "production"]].concat()).expect_status(0);
    assert_eq!(dump(&database), before);
}

#[test]
fn a_cancelled_backup_leaves_no_file_and_a_cancelled_restore_changes_nothing() {
    let (database, project) = filled();
    let path = back_up(&project);
    let there = files(&project);
    for arguments in [vec!["backup"], vec!["restore", path.to_str().unwrap(), "--allow", "data-loss"]] {
        let holder = lock_table(&database.url());
        let mut child = project.spawn(&arguments);
        eventually("the program waits for the table", 60, || database.psql(WAITING) == "1");
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let status = end_of(&mut child, 60).unwrap();
        let mut output = String::new();
        child.stderr.take().unwrap().read_to_string(&mut output).unwrap();
        assert_eq!(status.code(), Some(130), "{arguments:?} {output}");
        assert!(output.contains("cancelled"), "{output}");
        assert_eq!(files(&project), there);
        eventually("no statement runs on the server any more", 20, || database.psql(WAITING) == "0");
        end(holder);
    }
    assert_eq!(database.psql("SELECT count(*) FROM t"), "500");
}

/// The arguments of all child processes.
fn arguments_below(parent: u32) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let of = |name: &str, pid: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let pids = processes.filter_map(|entry| entry.file_name().into_string().ok());
    pids.filter(|pid| {
        let stat = String::from_utf8_lossy(&of("stat", pid)).into_owned();
        let after = stat.rsplit(')').next().unwrap_or_default().to_owned();
        after.split_whitespace().nth(1) == Some(parent.to_string().as_str())
    })
    .map(|pid| String::from_utf8_lossy(&of("cmdline", &pid)).replace('\0', " "))
    .collect()
}

#[test]
fn a_password_is_not_in_the_arguments_and_not_in_an_error() {
    let hba = "local all postgres trust\nlocal all all scram-sha-256\n".to_owned();
    let server = Server::start(&ServerOptions { hba: Some(hba), ..ServerOptions::default() });
    let database = server.database();
    database.psql("CREATE ROLE keeper SUPERUSER LOGIN PASSWORD 'pa55 w=rd'; CREATE TABLE t (a int)");
    let url = |password: &str| database.url().replacen("postgres@", &format!("keeper:{password}@"), 1);
    assert!(url("x").contains("keeper:x@"), "{}", url("x"));
    let project = TestProject::new(&format!("[database]\nurl = \"{}\"\n", url("pa55%20w%3Drd")));
    let holder = lock_table(&database.url());
    let mut child = project.spawn(&["backup"]);
    eventually("pg_dump waits for the table", 60, || database.psql(WAITING) == "1");
    let arguments = arguments_below(child.id());
    end(holder);
    assert!(arguments.iter().any(|line| line.contains("pg_dump")), "{arguments:?}");
    assert!(arguments.iter().all(|line| !line.contains("pa55")), "{arguments:?}");
    assert!(end_of(&mut child, 60).unwrap().success());
    let path = files(&project).remove(0);
    let beside = fs::read_to_string(path.with_extension("dump.json")).unwrap();
    assert!(!beside.contains("pa55"), "{beside}");

    // Changes the password while the backup runs.
    project.write("limbeck.toml", &format!("[database]\nurl = \"{}\"\n", url("wr0ng")));
    for arguments in [&["backup"][..], &["restore", path.to_str().unwrap()]] {
        let run = project.run(arguments).expect_status(1);
        assert!(!run.stderr.contains("wr0ng") && run.stderr.contains("password"), "{}", run.stderr);
    }
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let (_database, project) = filled();
    project.run(&["backup", "-o", "mine.dump"]).expect_status(0);
    let run = project.run(&["backup", "-o", "mine.dump"]).expect_status(1);
    assert!(run.stderr.contains("already exists"), "{}", run.stderr);
    let run = project.run(&["backup", "-o", "no/such/folder.dump"]).expect_status(1);
    assert!(run.stderr.contains("no/such does not exist"), "{}", run.stderr);
    assert_eq!(files(&project), Vec::<PathBuf>::new());
    assert_eq!(project.run(&["backup", "--list"]).stdout, "No backups\n");
    // A backup without a checksum is restored with a note.
    fs::remove_file(project.path("mine.dump.json")).unwrap();
    let run = project.run(&["restore", "mine.dump", "--allow", "data-loss"]).expect_status(0);
    assert!(run.stderr.contains("mine.dump has no checksum file"), "{}", run.stderr);
    fs::write(project.path("text.dump"), "no archive").unwrap();
    let run = project.run(&["restore", "text.dump", "--allow", "data-loss"]).expect_status(1);
    assert!(run.stderr.contains("does not appear to be a valid archive"), "{}", run.stderr);
}

#[test]
fn a_missing_or_old_program_is_an_error_with_a_hint() {
    let (_database, mut project) = filled();
    let folder = project.folder().join("programs");
    fs::create_dir(&folder).unwrap();
    project.set("LIMBECK_POSTGRES_BIN", folder.to_str().unwrap());
    let run = project.run(&["backup"]).expect_status(1);
    assert!(run.stderr.contains("pg_dump was not found on this machine"), "{}", run.stderr);
    assert!(run.stderr.contains("hint: LIMBECK_POSTGRES_BIN is set, so only "), "{}", run.stderr);
    let old = folder.join("pg_dump");
    fs::write(&old, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.4'\n").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
    let run = project.run(&["backup"]).expect_status(1);
    assert!(run.stderr.contains("pg_dump 12.4 is too old for PostgreSQL"), "{}", run.stderr);
}
