//! A revision in a transaction is retried after a conflict with another session: a lock timeout, a deadlock, or a
//! serialization failure.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use super::{fresh, heads};
use crate::support::{TestDatabase, end_of, eventually, program};

/// A conflict between a revision and another session.
struct Case {
    /// The statements of the revision.
    script: &'static str,
    is_transactional: bool,
    /// Options of the revision's session, as in a URL.
    options: &'static str,
    /// What the other session runs before the revision, and when the revision waits for it.
    other: [&'static str; 2],
    /// What the run says when it retries. `None`: it fails.
    retried: Option<&'static str>,
    /// What the run says when it fails.
    error: &'static str,
}

const CASES: [Case; 6] = [
    Case {
        script: "ALTER TABLE b ADD COLUMN c int;\nALTER TABLE a ADD COLUMN c int;",
        is_transactional: true,
        options: "",
        other: ["INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (1)"],
        retried: Some("Deadlock with another session: the revision was rolled back; retrying (attempt 1)"),
        error: "",
    },
    Case {
        script: "DELETE FROM b;\nDELETE FROM a;",
        is_transactional: true,
        options: "",
        other: ["UPDATE a SET n = 8", "UPDATE b SET n = 9"],
        retried: Some("Deadlock with another session"),
        error: "",
    },
    Case {
        script: "UPDATE a SET n = n + 1;",
        is_transactional: true,
        options: "-c default_transaction_isolation=serializable",
        other: ["UPDATE a SET n = 5", "SELECT 1"],
        retried: Some("Serialization failure: the revision was rolled back; retrying (attempt 1)"),
        error: "",
    },
    Case {
        script: "SET LOCAL lock_timeout = '800ms';\nALTER TABLE a ADD COLUMN c int;",
        is_transactional: true,
        options: "",
        other: ["INSERT INTO a VALUES (1)", "SELECT pg_sleep(2)"],
        retried: Some("Lock timeout: the revision was rolled back; retrying (attempt 1)"),
        error: "",
    },
    Case {
        script: "DO $$ BEGIN LOCK TABLE b; LOCK TABLE a; END $$;",
        is_transactional: false,
        options: "",
        other: ["INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (1)"],
        retried: None,
        error: "deadlock detected",
    },
    Case {
        script: "UPDATE a SET n = n + 1;",
        is_transactional: false,
        options: "-c default_transaction_isolation=serializable",
        other: ["UPDATE a SET n = 5", "SELECT 1"],
        retried: None,
        error: "could not serialize access",
    },
];

/// A session with an open transaction. The server detects a deadlock in the other session first.
fn start_other_session(database: &TestDatabase<'_>, statement: &str) -> Child {
    let mut psql = Command::new(program("psql"));
    psql.args(["-X", "-q", &database.url()]).env_clear().stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = psql.spawn().unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "SET deadlock_timeout = '60s'; BEGIN; {statement};").unwrap();
    eventually("the transaction is open", 20, || count(database, "state = 'idle in transaction'") == "1");
    child
}

fn count(database: &TestDatabase<'_>, condition: &str) -> String {
    let from = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()";
    database.psql(&format!("{from} AND {condition}"))
}

#[test]
fn a_revision_in_a_transaction_is_retried_after_a_conflict_with_another_session() {
    for Case { script, is_transactional, options, other, retried, error } in CASES {
        let (database, project) = fresh();
        database
            .psql("CREATE TABLE a (n int); CREATE TABLE b (n int); INSERT INTO a VALUES (0); INSERT INTO b VALUES (0)");
        let path = project.script("aaaa00000001", "", script, "");
        if !is_transactional {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("-- @upgrade\n", "-- @upgrade transaction=off\n")).unwrap();
        }
        let url = format!("{}&options={}", database.url(), options.replace(' ', "%20").replace('=', "%3D"));
        let mut session = start_other_session(&database, other[0]);
        let mut run = project.spawn(&["--database-url", &url, "upgrade", "head", "--allow", "data-loss"]);
        let waits = "wait_event_type = 'Lock' AND application_name = 'limbeck migrate'";
        eventually("the revision waits for the other session", 30, || count(&database, waits) == "1");
        writeln!(session.stdin.as_mut().unwrap(), "{}; COMMIT;", other[1]).unwrap();
        drop(session.stdin.take());
        let mut stderr = String::new();
        run.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = end_of(&mut run, 60).unwrap();
        assert!(end_of(&mut session, 60).unwrap().success(), "{script}");
        assert_eq!(status.success(), retried.is_some(), "{script}: {stderr}");
        assert_eq!(stderr.contains("retrying"), retried.is_some(), "{script}: {stderr}");
        assert!(stderr.contains(retried.unwrap_or(error)), "{script}: {stderr}");
        assert_eq!(heads(&database) == "aaaa00000001", retried.is_some(), "{script}: {stderr}");
    }
}
