//! Databases with another encoding than UTF-8, and the bytes of scripts: line endings and NUL.

use crate::support::{TestDatabase, TestProject, server};

/// A database in LATIN1, which is dropped with the value.
struct Latin1 {
    name: String,
    template: TestDatabase<'static>,
}

impl Latin1 {
    fn create() -> Self {
        let template = server().database();
        let name = format!("latin1_{}", template.name());
        template
            .psql(&format!("CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"));
        Self { name, template }
    }

    fn project(&self) -> TestProject {
        TestProject::new(&format!("[database]\nurl = \"{}\"\n", server().url(&self.name)))
    }
}

impl Drop for Latin1 {
    fn drop(&mut self) {
        self.template.try_psql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Writes a script whose message has characters that LATIN1 does not have.
fn script(project: &TestProject, revision: &str, revises: &str, upgrade: &str, downgrade: &str) {
    let text = format!(
        "-- 한글 – “message”\n--\n-- Revision ID: {revision}\n-- Revises: {revises}\n\n-- @upgrade\n{upgrade}\n\n\
         -- @downgrade\n{downgrade}\n"
    );
    project.write(&format!("versions/{revision}.sql"), &text);
}

#[test]
fn a_comment_that_the_encoding_does_not_have_does_not_prevent_a_run() {
    let database = Latin1::create();
    let project = database.project();
    script(&project, "0001aaaa0000", "", "CREATE TABLE t (name text);\nINSERT INTO t VALUES ('é');", "DROP TABLE t;");
    script(&project, "0002aaaa0000", "0001aaaa0000", "DELETE FROM t;", "SELECT 1;");
    project.run(&["upgrade", "+1"]).expect_status(0);
    project.run(&["upgrade", "head", "--allow", "data-loss"]).expect_status(0);
    project.run(&["downgrade", "-1"]).expect_status(0);
    let drift = project.run(&["drift"]).expect_status(0);
    assert!(!drift.stderr.contains("edited"), "{}", drift.stderr);
    project.run(&["verify"]).expect_status(0);
    // The ledger has the script, also without its file.
    std::fs::remove_file(project.path("versions/0001aaaa0000.sql")).unwrap();
    std::fs::remove_file(project.path("versions/0002aaaa0000.sql")).unwrap();
    let output = project.run(&["downgrade", "base", "--allow", "data-loss"]).expect_status(0);
    assert!(output.stderr.contains("한글 – “message”"), "{}", output.stderr);
}

#[test]
fn a_value_that_the_encoding_does_not_have_is_an_error_with_its_position() {
    let database = Latin1::create();
    let project = database.project();
    script(
        &project,
        "0001aaaa0000",
        "",
        "CREATE TABLE t (name text);\nINSERT INTO t\nVALUES ('é한');",
        "DROP TABLE t;",
    );
    for line in ["upgrade head", "verify"] {
        let output = project.run(&line.split(' ').collect::<Vec<_>>()).expect_status(1);
        for words in ["22P05", "versions/0001aaaa0000.sql:9:11", "hint: replace the character, or use a database with"]
        {
            assert!(output.stderr.contains(words), "{line}: {}", output.stderr);
        }
    }
}

#[test]
fn line_endings_are_not_an_edit() {
    let database = server().database();
    let project = TestProject::on(&database);
    let body = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\nSELECT 1\n$$;";
    let path = project.script("0001aaaa0000", "", body, "DROP FUNCTION f();");
    let path = path.strip_prefix(project.root()).unwrap().to_str().unwrap().to_owned();
    project.run(&["upgrade", "head"]).expect_status(0);
    let (unix, is_edited) = (project.read(&path), || {
        let drift = project.run(&["drift"]).expect_status(0);
        drift.stderr.contains("revision 0001aaaa0000 was edited after it ran")
    });
    assert!(!is_edited());
    project.write(&path, &unix.replace('\n', "\r\n"));
    assert!(!is_edited());
    // The same the other way round: the ledger has the text with CRLF.
    project.run(&["downgrade", "base"]).expect_status(0);
    project.run(&["upgrade", "head"]).expect_status(0);
    assert!(!is_edited());
    project.write(&path, &unix);
    assert!(!is_edited());
    project.write(&path, &(unix + "-- more\n"));
    assert!(is_edited());
    // A model that was saved with other line endings defines the same function.
    project.write("models/schema.sql", &body.replace('\n', "\r\n"));
    project.run(&["check"]).expect_status(0);
}

#[test]
fn a_run_outside_a_transaction_continues_after_line_endings_changed() {
    let database = server().database();
    let project = TestProject::on(&database);
    let upgrade =
        "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\nVACUUM t;\nSELECT 1 / (SELECT count(*) FROM go);";
    let path = project.script("0001aaaa0000", "", upgrade, "");
    project.run(&["upgrade", "head"]).expect_status(1);
    let text = project.read(path.strip_prefix(project.root()).unwrap().to_str().unwrap());
    std::fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    database.psql("CREATE TABLE go AS SELECT 1");
    project.run(&["upgrade", "head"]).expect_status(0);
    assert_eq!(database.psql("SELECT count(*) FROM t"), "1");
}

#[test]
fn a_nul_byte_is_an_error_with_file_and_line() {
    let database = server().database();
    let project = TestProject::on(&database);
    project.script("0001aaaa0000", "", "SELECT 1;\nSELECT \0 2;", "");
    for line in ["upgrade head", "heads", "verify", "lint"] {
        let output = project.run(&line.split(' ').collect::<Vec<_>>()).expect_status(1);
        let text = output.stdout + &output.stderr;
        let file = "0001aaaa0000_script.sql:9: a zero byte is not allowed in SQL";
        assert!(text.contains(file) && text.contains("hint: remove the NUL byte"), "{line}: {text}");
    }
}
