//! An index that is invalid, or is not the one that was asked for, is never recorded as applied.

use super::{fresh, heads, ledger};
use crate::support::{TestDatabase, TestProject};

const TABLE: &str =
    "CREATE TABLE t (a int, b text, c int);\nINSERT INTO t SELECT i % 5, i::text, i FROM generate_series(1, 20) i;";

/// Makes an index invalid, as an interrupted `CREATE INDEX CONCURRENTLY` leaves it.
fn invalidate(database: &TestDatabase<'_>, index: &str) {
    database.psql(&format!("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{index}'::regclass"));
}

fn with_table() -> (TestDatabase<'static>, TestProject) {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", TABLE, "");
    project.run(&["upgrade", "head"]).expect_status(0);
    (database, project)
}

/// An existing index, the statement of the script, and why the statement is refused.
const EXISTING: &[(&str, &str, Option<&str>)] = &[
    ("CREATE INDEX i ON t (a)", "CREATE INDEX IF NOT EXISTS i ON t (a);", None),
    ("CREATE INDEX i ON t (a)", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t USING btree (a ASC NULLS LAST);", None),
    ("CREATE INDEX i ON t (lower(b)) WHERE c > 1", "CREATE INDEX IF NOT EXISTS i ON t (LOWER(b)) WHERE (c)>1;", None),
    (
        "CREATE UNIQUE INDEX i ON t (c) INCLUDE (a)",
        "CREATE UNIQUE INDEX IF NOT EXISTS i ON public.t (c) INCLUDE (a);",
        None,
    ),
    ("CREATE INDEX i ON t (b)", "CREATE INDEX IF NOT EXISTS i ON t (a);", Some("another definition")),
    ("CREATE INDEX i ON t (a)", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a DESC);", Some("another definition")),
    ("CREATE INDEX i ON t (c)", "CREATE UNIQUE INDEX IF NOT EXISTS i ON t (c);", Some("another definition")),
    ("CREATE UNIQUE INDEX i ON t (c)", "CREATE INDEX IF NOT EXISTS i ON t (c);", Some("another definition")),
    (
        "CREATE INDEX i ON t (a) WHERE c > 1",
        "CREATE INDEX IF NOT EXISTS i ON t (a) WHERE c > 2;",
        Some("another definition"),
    ),
    (
        "CREATE INDEX i ON t (a)",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a) INCLUDE (c);",
        Some("another definition"),
    ),
    ("CREATE INDEX i ON t (a)", "CREATE INDEX IF NOT EXISTS i ON t USING hash (a);", Some("another definition")),
    ("CREATE INDEX i ON t (b)", "CREATE INDEX IF NOT EXISTS i ON t (b COLLATE \"C\");", Some("another definition")),
    (
        "CREATE TABLE u (a int); CREATE INDEX i ON u (a)",
        "CREATE INDEX IF NOT EXISTS i ON t (a);",
        Some("another definition"),
    ),
    ("CREATE TABLE i (a int)", "CREATE INDEX IF NOT EXISTS i ON t (a);", Some("is not an index")),
    (
        "CREATE SCHEMA s; CREATE TABLE s.t (b int); CREATE INDEX i ON s.t (b)",
        "SET search_path = s;\nCREATE INDEX IF NOT EXISTS i ON t (b);",
        None,
    ),
    (
        "CREATE SCHEMA s; CREATE TABLE s.t (b int, d int); CREATE INDEX i ON s.t (b)",
        "SET search_path = s;\nCREATE INDEX IF NOT EXISTS i ON t (d);",
        Some("another definition"),
    ),
];

#[test]
fn an_existing_index_must_be_the_one_that_was_asked_for() {
    for (existing, script, refused) in EXISTING {
        let (database, project) = with_table();
        database.psql(existing);
        project.script("aaaa00000002", "aaaa00000001", script, "");
        let run = project.run(&["upgrade", "head"]);
        match refused {
            None => {
                run.expect_status(0);
                assert_eq!(heads(&database), "aaaa00000002", "{script}");
            }
            Some(reason) => {
                let run = run.expect_status(1);
                assert!(run.stderr.contains(reason), "{script}: {}", run.stderr);
                assert!(run.stderr.contains("hint: "), "{script}: {}", run.stderr);
                assert_eq!(heads(&database), "aaaa00000001", "{script}");
                assert_eq!(ledger(&database).last().unwrap(), "upgrade aaaa00000002 failed");
            }
        }
        assert_eq!(database.psql("SELECT count(*) FROM pg_class WHERE relname LIKE 'limbeck_%' AND relkind IN ('r', 'i') AND relnamespace <> 'limbeck'::regnamespace"), "0");
    }
}

#[test]
fn an_invalid_index_is_never_recorded_as_applied() {
    let partitioned = "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
        CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2); ";
    for (existing, invalid, script, named) in [
        ("CREATE INDEX i ON t (a)", "i", "CREATE INDEX IF NOT EXISTS i ON t (a);", "index i "),
        ("CREATE INDEX i ON t (a)", "i", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);", "index i "),
        (
            "CREATE UNIQUE INDEX i ON t (c)",
            "i",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (c);",
            "index i ",
        ),
        ("CREATE INDEX i ON t (a)", "i", "CREATE INDEX CONCURRENTLY i ON t (a);", "index i "),
        ("CREATE INDEX \"I x\" ON t (a)", "\"I x\"", "CREATE INDEX IF NOT EXISTS \"I x\" ON t (a);", "\"I x\""),
        ("CREATE INDEX i ON t (a)", "i", "DO $$ BEGIN CREATE INDEX IF NOT EXISTS i ON t (a); END $$;", "index i "),
        ("CREATE INDEX ON t (a)", "t_a_idx", "CREATE INDEX CONCURRENTLY ON t (a);", "t_a_idx"),
        ("CREATE INDEX i ON t (a)", "i", "REINDEX TABLE CONCURRENTLY t;", "index i "),
        ("CREATE INDEX i_ccnew ON t (a)", "i_ccnew", "REINDEX TABLE CONCURRENTLY t;", "index i_ccnew is"),
        ("CREATE INDEX i_ccnew ON t (a)", "i_ccnew", "REINDEX SCHEMA CONCURRENTLY public;", "index i_ccnew is"),
        (
            &format!("{partitioned} CREATE INDEX i ON ONLY p (a); CREATE INDEX i1 ON p1 (a)"),
            "i1",
            "ALTER INDEX i ATTACH PARTITION i1;",
            "i1",
        ),
        (
            &format!("{partitioned} CREATE INDEX i ON ONLY p (a); CREATE INDEX i1 ON p1 (a)"),
            "i1",
            "CREATE INDEX IF NOT EXISTS i ON p (a);",
            "index i ",
        ),
    ] {
        let (database, project) = with_table();
        database.psql(existing);
        invalidate(&database, invalid);
        project.script("aaaa00000002", "aaaa00000001", script, "");
        let run = project.run(&["upgrade", "head"]).expect_status(1);
        assert!(run.stderr.contains("is invalid"), "{script}: {}", run.stderr);
        assert!(run.stderr.contains(named), "{script}: {}", run.stderr);
        assert!(run.stderr.contains("hint: drop it with DROP INDEX CONCURRENTLY"), "{script}: {}", run.stderr);
        assert_eq!(heads(&database), "aaaa00000001", "{script}");
        let doctor = project.run(&["doctor"]);
        assert!(doctor.stdout.contains("invalid index"), "{script}: {}", doctor.stdout);
        assert!(doctor.stdout.contains(invalid), "{script}: {}", doctor.stdout);
    }
}

#[test]
fn what_is_valid_or_invalid_by_design_is_accepted() {
    let partitioned = "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
        CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2); ";
    for (existing, invalid, script) in [
        ("SELECT 1", "", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);\nCREATE INDEX CONCURRENTLY ON t (a);"),
        ("CREATE INDEX ON t (a)", "", "CREATE INDEX CONCURRENTLY ON t (a);"),
        ("CREATE INDEX i ON t (a)", "i", "REINDEX INDEX CONCURRENTLY i;"),
        ("CREATE INDEX i ON t (a)", "i", "REINDEX TABLE t;"),
        (
            "CREATE INDEX i ON t (a)",
            "i",
            "DROP INDEX CONCURRENTLY i;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);",
        ),
        ("CREATE INDEX i ON t (a)", "i", "DROP INDEX i;\nCREATE INDEX IF NOT EXISTS i ON t (a);"),
        (
            partitioned,
            "",
            "CREATE INDEX IF NOT EXISTS i ON ONLY p (a);\nCREATE INDEX i1 ON p1 (a);\nALTER INDEX i ATTACH PARTITION i1;",
        ),
        (
            partitioned,
            "",
            "CREATE INDEX i ON ONLY p (a);\nCREATE INDEX i1 ON p1 (a);\nCREATE INDEX i2 ON p2 (a);\nALTER INDEX i ATTACH PARTITION i1;\nALTER INDEX i ATTACH PARTITION i2;",
        ),
        (
            &format!("{partitioned} CREATE INDEX i ON p (a); CREATE TABLE p3 (a int)"),
            "",
            "ALTER TABLE p ATTACH PARTITION p3 FOR VALUES IN (3);",
        ),
    ] {
        let (database, project) = with_table();
        database.psql(existing);
        if !invalid.is_empty() {
            invalidate(&database, invalid);
        }
        project.script("aaaa00000002", "aaaa00000001", script, "");
        project.run(&["upgrade", "head"]).expect_status(0);
        assert_eq!(heads(&database), "aaaa00000002", "{script}");
    }
}

#[test]
fn the_next_run_drops_the_invalid_index_that_a_failed_run_left() {
    for script in [
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);",
        "CREATE UNIQUE INDEX CONCURRENTLY ON t (a);",
        "SET search_path = s;\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (a);",
    ] {
        let (database, project) = with_table();
        database.psql("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT * FROM t");
        project.script("aaaa00000002", "aaaa00000001", script, "");
        let run = project.run(&["upgrade", "head"]).expect_status(1);
        assert!(run.stderr.contains("it left the invalid index"), "{script}: {}", run.stderr);
        assert!(run.stderr.contains("the next run drops"), "{script}: {}", run.stderr);
        let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
        assert_eq!(database.psql(invalid), "1", "{script}");
        // Again with the same error: the index is built again, and left again.
        project.run(&["upgrade", "head"]).expect_status(1);
        assert_eq!(database.psql(invalid), "1", "{script}");
        database.psql("DELETE FROM t WHERE c > 5; DELETE FROM s.t WHERE c > 5");
        let run = project.run(&["upgrade", "head"]).expect_status(0);
        assert!(run.stderr.contains("which an interrupted run left"), "{script}: {}", run.stderr);
        assert_eq!(database.psql(invalid), "0", "{script}");
        assert_eq!(
            database
                .psql("SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname = 't'"),
            "1"
        );
        assert_eq!(heads(&database), "aaaa00000002");
    }
}

#[test]
fn an_invalid_index_of_another_program_is_not_dropped() {
    let (database, project) = with_table();
    database.psql("CREATE INDEX i ON t (a)");
    invalidate(&database, "i");
    project.script("aaaa00000002", "aaaa00000001", "CREATE INDEX CONCURRENTLY i ON t (a);", "");
    for _ in 0..2 {
        let run = project.run(&["upgrade", "head"]).expect_status(1);
        assert!(run.stderr.contains("no unfinished run of this script left it"), "{}", run.stderr);
        assert_eq!(database.psql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "f");
    }
}
