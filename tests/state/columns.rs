//! Other types of the column, other columns, and other relations with the name of the version table.

use std::process::Command;

use super::{project_with_three_revisions, rows, run, tables};
use crate::support::{TestDatabase, TestProject, python_with_alembic, server};

/// Version tables that are valid, each with the row of the first revision.
const VALID: [&str; 7] = [
    "CREATE TABLE alembic_version (version_num text PRIMARY KEY)",
    "CREATE TABLE alembic_version (version_num varchar(64) PRIMARY KEY)",
    "CREATE TABLE alembic_version (version_num varchar(32))",
    "CREATE DOMAIN revision AS varchar(40); CREATE TABLE alembic_version (version_num revision PRIMARY KEY)",
    "CREATE TABLE alembic_version (id serial, version_num varchar(32) PRIMARY KEY, at timestamptz DEFAULT now())",
    "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY, note text NOT NULL DEFAULT '')",
    "CREATE TABLE versions (version_num varchar(32)); CREATE VIEW alembic_version AS SELECT * FROM versions",
];

#[test]
fn valid_version_tables_are_used_as_alembic_uses_them() {
    for table in VALID {
        let states = [false, true].map(|by_alembic| {
            let (database, project) = project_with_three_revisions();
            let setup = "INSERT INTO alembic_version (version_num) VALUES ('aaaa00000001'); CREATE TABLE t1 (a int)";
            database.psql(&format!("{table}; {setup}"));
            let mut states = Vec::new();
            for line in ["current", "upgrade aaaa00000002", "stamp aaaa00000003", "stamp --purge aaaa00000002"] {
                let printed = if by_alembic {
                    alembic(&project, &database, line)
                } else {
                    run(&project, line).expect_status(0).stdout
                };
                states.push((printed, rows(&database), tables(&database)));
            }
            states
        });
        assert_eq!(states[0], states[1], "{table}");
    }
}

/// Runs the real Alembic on the same revisions, and returns its standard output.
#[track_caller]
fn alembic(project: &TestProject, database: &TestDatabase<'_>, line: &str) -> String {
    let url = database.url().replacen("postgresql://", "postgresql+psycopg://", 1).replace('%', "%%");
    project.write("alembic.ini", &format!("[alembic]\nscript_location = alembic\nsqlalchemy.url = {url}\n"));
    project.write(
        "alembic/env.py",
        "from alembic import context\nfrom sqlalchemy import create_engine\n\
         with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:\n    \
         context.configure(connection=connection)\n    \
         with context.begin_transaction():\n        context.run_migrations()\n",
    );
    for (number, parent) in [(1, "None"), (2, "'aaaa00000001'"), (3, "'aaaa00000002'")] {
        let script = format!(
            "from alembic import op\nrevision = 'aaaa0000000{number}'\ndown_revision = {parent}\n\
             def upgrade():\n    op.execute('CREATE TABLE t{number} (a int)')\n\
             def downgrade():\n    op.execute('DROP TABLE t{number}')\n"
        );
        project.write(&format!("alembic/versions/aaaa0000000{number}.py"), &script);
    }
    let mut command = Command::new(python_with_alembic());
    command.args(["-m", "alembic.config"]).args(line.split(' ')).current_dir(project.root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "alembic {line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_padded_column_is_read_without_its_spaces() {
    let (database, project) = project_with_three_revisions();
    database.psql("CREATE TABLE alembic_version (version_num char(32) PRIMARY KEY)");
    run(&project, "upgrade aaaa00000002").expect_status(0);
    assert_eq!(run(&project, "current").expect_status(0).stdout, "aaaa00000002\n");
    run(&project, "upgrade head").expect_status(0);
    run(&project, "downgrade -1 --allow all").expect_status(0);
    assert_eq!((rows(&database), tables(&database)), ("aaaa00000002".to_owned(), "t1 t2".to_owned()));
    let doctor = run(&project, "doctor").stdout;
    assert!(doctor.contains("ALTER TABLE alembic_version ALTER COLUMN version_num TYPE varchar(32)"), "{doctor}");
}

#[test]
fn a_relation_that_cannot_be_used_is_refused_before_anything_runs() {
    let cases = [
        ("CREATE TABLE alembic_version (x int)", "has no column version_num", "ALTER TABLE alembic_version RENAME TO"),
        ("CREATE TABLE alembic_version (version_num int)", "the type integer", "version_num TYPE varchar(32)"),
        ("CREATE SEQUENCE alembic_version", "it is a sequence", "version_table under [database]"),
        (
            "CREATE VIEW alembic_version AS SELECT 'aaaa00000001'::text AS version_num LIMIT 1",
            "is a view that limbeck cannot write",
            "version_table under [database]",
        ),
        (
            "CREATE TABLE alembic_version (version_num varchar(32), note text NOT NULL)",
            "the column note of alembic_version must have a value",
            "ALTER TABLE alembic_version ALTER COLUMN \"note\" DROP NOT NULL",
        ),
    ];
    for (setup, message, hint) in cases {
        let (database, project) = project_with_three_revisions();
        database.psql(setup);
        for line in ["upgrade head", "stamp --purge head", "doctor", "upgrade head --dry-run"] {
            let output = run(&project, line);
            assert!(output.status == Some(1) || line == "doctor", "limbeck {line}, {setup}: {output:?}");
            let text = format!("{}{}", output.stdout, output.stderr);
            assert!(text.contains(message) && text.contains(hint), "limbeck {line}, {setup}: {text}");
        }
        assert_eq!(tables(&database), "", "{setup}");
    }
}

#[test]
fn rows_that_row_security_hides_are_not_taken_for_base() {
    let (database, mut project) = project_with_three_revisions();
    run(&project, "upgrade aaaa00000001").expect_status(0);
    let role = format!("{}_reader", database.name());
    database.psql(&format!(
        "CREATE ROLE {role} LOGIN; GRANT ALL ON alembic_version TO {role}; GRANT CREATE ON SCHEMA public TO {role};
         ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY"
    ));
    project.set("DATABASE_URL", "");
    let url = database.url().replacen("postgres@", &format!("{role}@"), 1);
    let output = run(&project, &format!("upgrade head --database-url {url}")).expect_status(1);
    assert!(output.stderr.contains("row-level security hides the rows"), "{}", output.stderr);
    assert!(
        output.stderr.contains("hint: ALTER TABLE alembic_version DISABLE ROW LEVEL SECURITY"),
        "{}",
        output.stderr
    );
    assert_eq!(tables(&database), "t1");
    database.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// 40 characters.
const LONG: &str = "users_table_gets_an_email_column_2026_11";

#[test]
fn long_ids_are_read_created_stamped_and_applied_if_the_column_is_wide_enough() {
    for width in ["text", "varchar(64)"] {
        let database = server().database();
        let project = TestProject::on(&database);
        database.psql(&format!("CREATE TABLE alembic_version (version_num {width} PRIMARY KEY)"));
        run(&project, &format!("revision -m one --rev-id {LONG}")).expect_status(0);
        let next = format!("{LONG}_again");
        run(&project, &format!("revision -m two --rev-id {next}")).expect_status(0);
        run(&project, "upgrade head").expect_status(0);
        assert_eq!(run(&project, "current").expect_status(0).stdout, format!("{next} (head)\n"));
        run(&project, "downgrade -1").expect_status(0);
        assert_eq!(rows(&database), LONG);
        run(&project, &format!("stamp {next}")).expect_status(0);
        run(&project, &format!("stamp --purge {LONG}")).expect_status(0);
        run(&project, "upgrade head --rehearse").expect_status(0);
        run(&project, "verify").expect_status(0);
        assert_eq!(rows(&database), LONG);
    }
}

#[test]
fn a_long_id_is_refused_before_anything_runs_if_the_column_is_too_narrow() {
    let widen = "ALTER TABLE alembic_version ALTER COLUMN version_num TYPE varchar(255)";
    for exists in [true, false] {
        let database = server().database();
        let project = TestProject::on(&database);
        project.script("aaaa00000001", "", "CREATE TABLE t1 (a int);", "DROP TABLE t1;");
        project.script(LONG, "aaaa00000001", "CREATE TABLE t2 (a int);", "DROP TABLE t2;");
        if exists {
            run(&project, "ensure_version").expect_status(0);
        }
        let create = format!("revision -m two --rev-id {LONG}_again");
        for line in ["upgrade head", "upgrade head --dry-run", "stamp head", "stamp --purge head", create.as_str()] {
            let output = run(&project, line).expect_status(1);
            let says = |text: &str| output.stderr.contains(text);
            assert!(says("characters") && says(widen) && says("nothing was run"), "limbeck {line}: {}", output.stderr);
            assert_eq!(says("limbeck ensure_version"), !exists, "limbeck {line}: {}", output.stderr);
        }
        assert_eq!(tables(&database), "");
        let ledger = database.psql("SELECT to_regclass('limbeck.log') IS NULL");
        assert_eq!((ledger.as_str(), std::fs::read_dir(project.path("versions")).unwrap().count()), ("t", 2));
        // What the hint says works.
        run(&project, "ensure_version").expect_status(0);
        database.psql(widen);
        run(&project, "upgrade head").expect_status(0);
        assert_eq!((rows(&database).as_str(), tables(&database).as_str()), (LONG, "t1 t2"));
    }
}

#[test]
fn a_script_may_widen_the_column_before_long_ids_are_applied() {
    let database = server().database();
    let project = TestProject::on(&database);
    let widen = "ALTER TABLE alembic_version ALTER COLUMN version_num TYPE varchar(255);";
    project.script("aaaa00000001", "", widen, "SELECT 1;");
    project.script(LONG, "aaaa00000001", "SELECT 1;", "SELECT 1;");
    run(&project, "upgrade head").expect_status(0);
    assert_eq!(rows(&database), LONG);
}

#[test]
fn a_long_id_without_a_database_is_created_with_a_note() {
    let project = TestProject::new("");
    let output = run(&project, &format!("revision -m one --rev-id {LONG}")).expect_status(0);
    assert!(output.stderr.contains("note: the id has 40 characters"), "{}", output.stderr);
    assert_eq!(run(&project, "heads").expect_status(0).stdout, format!("{LONG} (head)\n"));
    let sql = run(&project, "upgrade head --sql").expect_status(0).stdout;
    assert!(sql.contains("ALTER TABLE alembic_version ALTER COLUMN version_num TYPE VARCHAR(40);"), "{sql}");
}
