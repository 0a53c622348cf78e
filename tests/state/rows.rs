//! Faulty rows: they are reported with the command that repairs them, and nothing runs until then.

use super::{project_with_three_revisions, rows, run, tables};

/// A version table without a key, in which every row is possible.
const TABLE: &str = "CREATE TABLE alembic_version (version_num varchar(32)); CREATE TABLE t1 (a int)";

#[test]
fn faulty_rows_are_reported_with_the_command_that_repairs_them() {
    let cases = [
        ("(NULL)", "", "1 row is NULL", "REV"),
        ("(NULL), ('aaaa00000001')", "aaaa00000001\n", "1 row is NULL", "aaaa00000001"),
        ("(''), ('  ')", "", "2 rows are empty", "REV"),
        ("('aaaa00000001'), ('aaaa00000001')", "aaaa00000001\n", "aaaa00000001 is in 2 rows", "aaaa00000001"),
        ("(' aaaa00000001 ')", "", "aaaa00000001 with whitespace around it", "aaaa00000001"),
    ];
    for (values, current, fault, repair) in cases {
        let (database, project) = project_with_three_revisions();
        database.psql(&format!("{TABLE}; INSERT INTO alembic_version VALUES {values}"));
        let before = rows(&database);
        let command = format!("limbeck stamp --purge {repair}");

        let output = run(&project, "current").expect_status(1);
        assert_eq!(output.stdout, current, "{values}");
        for line in
            ["current", "doctor", "upgrade head", "downgrade base", "stamp aaaa00000002", "upgrade head --dry-run"]
        {
            let output = run(&project, line).expect_status(1);
            let text = format!("{}{}", output.stdout, output.stderr);
            assert!(text.contains(fault) && text.contains(&command), "limbeck {line} on {values}: {text}");
        }
        let screen = run(&project, "--size 120x40 --print").expect_status(0);
        assert!(screen.stdout.contains("faulty version table"), "{values}: {}", screen.stdout);
        assert_eq!((rows(&database), tables(&database)), (before, "t1".to_owned()), "{values}");

        let repair = if repair == "REV" { "aaaa00000001" } else { repair };
        run(&project, &format!("stamp --purge {repair}")).expect_status(0);
        assert_eq!(rows(&database), "aaaa00000001");
        assert_eq!(run(&project, "current").expect_status(0).stdout, "aaaa00000001\n");
        run(&project, "upgrade head").expect_status(0);
        assert_eq!((rows(&database), tables(&database)), ("aaaa00000003".to_owned(), "t1 t2 t3".to_owned()));
    }
}

#[test]
fn a_revision_and_its_ancestor_are_reported_with_the_command_that_repairs_them() {
    let (database, project) = project_with_three_revisions();
    run(&project, "upgrade aaaa00000002").expect_status(0);
    database.psql("INSERT INTO alembic_version VALUES ('aaaa00000001')");
    assert_eq!(run(&project, "current").expect_status(1).stdout, "aaaa00000002\n");
    for line in ["current", "doctor", "upgrade head", "downgrade -1", "downgrade base", "stamp aaaa00000002"] {
        let output = run(&project, line).expect_status(1);
        let text = format!("{}{}", output.stdout, output.stderr);
        assert!(text.contains("aaaa00000002 overlaps with other requested revisions aaaa00000001"), "{line}: {text}");
        assert!(text.contains("`limbeck stamp --purge aaaa00000002`"), "{line}: {text}");
    }
    assert_eq!(tables(&database), "t1 t2");
    run(&project, "stamp --purge aaaa00000002").expect_status(0);
    assert_eq!(rows(&database), "aaaa00000002");
    run(&project, "upgrade head").expect_status(0);
}

#[test]
fn a_purge_needs_no_readable_row() {
    let (database, project) = project_with_three_revisions();
    database.psql(&format!(
        "{TABLE}; INSERT INTO alembic_version VALUES (NULL), (''), ('a b'), ('gone'), ('gone'), ('aaaa00000001')"
    ));
    run(&project, "stamp --purge base").expect_status(0);
    assert_eq!(rows(&database), "");
    database.psql("INSERT INTO alembic_version VALUES (NULL)");
    run(&project, "stamp --purge heads").expect_status(0);
    assert_eq!(rows(&database), "aaaa00000003");
}
