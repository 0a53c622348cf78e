//! Connections that are cut at chosen messages: the error says where the database stands and what to do next.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{fresh, heads, ledger};
use crate::support::{Action, Output, Proxy, ProxyMessage, TestDatabase, TestProject, Way, server};

const LOST: &str = "error: the connection to the server was lost";

/// Runs `upgrade` behind a proxy that does something at the first message for which `is_it` holds.
fn run_with(
    database: &TestDatabase<'_>,
    project: &TestProject,
    target: &str,
    (is_it, action): (impl Fn(&ProxyMessage<'_>) -> bool + Send + Sync + 'static, Action),
) -> Output {
    let done = AtomicBool::new(false);
    let proxy = Proxy::start(server(), move |message| {
        if is_it(message) && !done.swap(true, Ordering::SeqCst) { action } else { Action::Forward }
    });
    let url = proxy.url(database.name());
    project.run(&["--database-url", &url, "upgrade", target])
}

/// The COMMIT of the worker.
fn commits(message: &ProxyMessage<'_>) -> bool {
    message.application == "limbeck migrate" && message.sends("COMMIT")
}

fn three() -> (TestDatabase<'static>, TestProject) {
    let (database, project) = fresh();
    project.script("aaaa00000001", "", "CREATE TABLE one (a int);", "");
    project.script("aaaa00000002", "aaaa00000001", "CREATE TABLE two (a int);", "");
    project.script("aaaa00000003", "aaaa00000002", "CREATE TABLE three (a int);", "");
    project.run(&["upgrade", "aaaa00000001"]).expect_status(0);
    (database, project)
}

#[track_caller]
fn expect(run: &Output, texts: &[&str]) {
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    for text in texts {
        assert!(run.stderr.contains(text), "{text:?} is missing in\n{}", run.stderr);
    }
}

#[test]
fn a_cut_before_the_commit_reaches_the_server_is_a_rollback() {
    for action in [Action::CutBefore, Action::Strand] {
        let (database, project) = three();
        let is_it = move |message: &ProxyMessage<'_>| match action {
            // The last message before the COMMIT; the COMMIT itself never arrives.
            Action::Strand => message.application == "limbeck migrate" && message.sends("state = 'done'"),
            _ => commits(message),
        };
        let run = run_with(&database, &project, "head", (is_it, action));
        expect(
            &run,
            &[
                LOST,
                "revision aaaa00000002 was rolled back",
                "the database is at aaaa00000001",
                "hint: to continue, run `limbeck upgrade head`",
            ],
        );
        assert_eq!(heads(&database), "aaaa00000001");
        assert_eq!(database.psql("SELECT to_regclass('two') IS NULL"), "t");
        assert_eq!(ledger(&database).last().unwrap(), "upgrade aaaa00000002 interrupted");
        project.run(&["upgrade", "head"]).expect_status(0);
    }
}

#[test]
fn a_cut_after_the_commit_is_reported_as_committed() {
    for (target, left) in [
        ("head", "1 step of this plan left"),
        ("aaaa00000002", "nothing remains to be done"),
        ("+1", "nothing remains to be done"),
    ] {
        for action in [Action::CutAfter, Action::Strand] {
            let (database, project) = three();
            let run = run_with(&database, &project, target, (commits, action));
            expect(
                &run,
                &[
                    LOST,
                    "revision aaaa00000002 was committed",
                    "the database is at aaaa00000002; this run has applied aaaa00000002",
                    left,
                ],
            );
            assert_eq!(heads(&database), "aaaa00000002");
            assert_eq!(ledger(&database).last().unwrap(), "upgrade aaaa00000002 done");
        }
    }
}

#[test]
fn a_commit_that_still_runs_is_waited_for() {
    let (database, project) = fresh();
    // A deferred trigger runs during the commit.
    let slow = |seconds: u32, then: &str| {
        format!(
            "CREATE TABLE one (a int);\nCREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep({seconds}); {then} RETURN NULL; END $$;\n\
             CREATE CONSTRAINT TRIGGER late AFTER INSERT ON one DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow();\nINSERT INTO one VALUES (1);"
        )
    };
    project.script("aaaa00000001", "", &slow(2, ""), "");
    let run = run_with(&database, &project, "head", (commits, Action::Strand));
    expect(
        &run,
        &[LOST, "waiting for server process", "revision aaaa00000001 was committed", "nothing remains to be done"],
    );
    assert_eq!(heads(&database), "aaaa00000001");

    let (database, project) = fresh();
    project.script("aaaa00000001", "", &slow(2, "RAISE EXCEPTION 'refused';"), "");
    let run = run_with(&database, &project, "head", (commits, Action::Strand));
    expect(&run, &[LOST, "revision aaaa00000001 was rolled back", "the database is at base"]);
    assert_eq!(heads(&database), "");

    let (database, project) = fresh();
    project.script("aaaa00000001", "", &slow(40, ""), "");
    let run = run_with(&database, &project, "head", (commits, Action::Strand));
    expect(
        &run,
        &[
            LOST,
            "limbeck cannot find out which",
            "still works on it",
            "aaaa00000001 if the commit took effect, otherwise at base",
            "run `limbeck current` when server process",
        ],
    );
    // The next run waits for that process.
    let refused = project.run(&["upgrade", "head", "--no-wait"]);
    assert_ne!(refused.status, Some(0), "{}", refused.stderr);
    assert_eq!(database.psql("SELECT count(*) FROM pg_class WHERE relname = 'one'"), "0");
}

#[test]
fn a_terminated_session_is_a_lost_connection() {
    let (database, project) = three();
    project.script(
        "aaaa00000002",
        "aaaa00000001",
        "CREATE TABLE two (a int);\nSELECT pg_terminate_backend(pg_backend_pid());",
        "",
    );
    let run = project.run(&["upgrade", "head"]);
    expect(
        &run,
        &[
            LOST,
            "terminating connection due to administrator command",
            "revision aaaa00000002 was rolled back",
            "the database is at aaaa00000001",
            "hint: to continue",
        ],
    );
    assert_eq!(ledger(&database).last().unwrap(), "upgrade aaaa00000002 interrupted");

    // During the commit, it is not a failed constraint.
    let (database, project) = fresh();
    let script = "CREATE TABLE one (a int);\nCREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;\n\
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON one DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stop();\nINSERT INTO one VALUES (1);";
    project.script("aaaa00000001", "", script, "");
    let run = project.run(&["upgrade", "head"]);
    expect(&run, &[LOST, "revision aaaa00000001 was rolled back", "the database is at base"]);
    assert!(!run.stderr.contains("deferred constraint"), "{}", run.stderr);
    assert_eq!(heads(&database), "");
}

#[test]
fn a_failed_deferred_constraint_is_still_reported_as_one() {
    let (database, project) = fresh();
    let script = "CREATE TABLE one (a int PRIMARY KEY, b int REFERENCES one DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO one VALUES (1, 2);";
    project.script("aaaa00000001", "", script, "");
    let run = project.run(&["upgrade", "head"]);
    expect(
        &run,
        &["a deferred constraint failed at the end of the transaction", "rolled back; the database is at base"],
    );
    assert_eq!(heads(&database), "");
}

/// Cuts the connection of one session before each message in one direction. Every error says where the database stands.
fn cut_everywhere(application: &'static str, way: Way) {
    for number in 0..200 {
        let (database, project) = three();
        let done = std::sync::Arc::new(AtomicBool::new(false));
        let reached = std::sync::Arc::clone(&done);
        let is_it = move |message: &ProxyMessage<'_>| {
            let is_it = message.application == application && message.way == way && message.number == number;
            reached.fetch_or(is_it, Ordering::SeqCst);
            is_it
        };
        let run = run_with(&database, &project, "head", (is_it, Action::CutBefore));
        if !done.load(Ordering::SeqCst) {
            assert!(number > 5, "{number}");
            return;
        }
        let at = heads(&database);
        if run.status == Some(0) {
            assert_eq!(at, "aaaa00000003", "{application} {number}");
            continue;
        }
        let place = format!("{application} {way:?} {number}: at {at}: {}", run.stderr);
        assert_eq!(run.status, Some(1), "{place}");
        assert!(!run.stderr.contains("without a ledger"), "{place}");
        let states = [format!("the database is at {at}"), "nothing was run; the database was not changed".to_owned()];
        assert!(states.iter().any(|state| run.stderr.contains(state)), "{place}");
        assert!(!run.stderr.contains(&states[1]) || at == "aaaa00000001", "{place}");
        assert!(run.stderr.contains("hint: "), "{place}");
        project.run(&["upgrade", "head"]).expect_status(0);
    }
    panic!("the run sent more than 200 messages");
}

#[test]
fn the_lock_session_can_be_lost_at_every_message() {
    cut_everywhere("limbeck lock", Way::ToServer);
}

#[test]
fn the_session_of_the_scripts_can_be_lost_at_every_message() {
    cut_everywhere("limbeck migrate", Way::ToServer);
    cut_everywhere("limbeck migrate", Way::ToClient);
}

#[test]
fn the_session_of_the_plan_can_be_lost_at_every_message() {
    cut_everywhere("limbeck plan", Way::ToServer);
}

#[test]
fn a_cut_during_a_statement_outside_a_transaction_says_what_the_next_run_does() {
    for (action, expected) in [
        (Action::CutBefore, "the statement on line 9 was interrupted; the next run checks whether it took effect"),
        (Action::CutAfter, "the next run"),
    ] {
        let (database, project) = three();
        let script =
            "INSERT INTO one VALUES (1);\nCREATE INDEX CONCURRENTLY i ON one (a);\nINSERT INTO one VALUES (2);";
        project.script("aaaa00000002", "aaaa00000001", script, "");
        let is_it = |message: &ProxyMessage<'_>| message.sends("CREATE INDEX CONCURRENTLY i");
        let run = run_with(&database, &project, "head", (is_it, action));
        expect(
            &run,
            &[
                LOST,
                "1 of 3 statements of revision aaaa00000002 took effect",
                expected,
                "the database is at aaaa00000001",
                "hint: to continue",
            ],
        );
        project.run(&["upgrade", "head"]).expect_status(0);
        assert_eq!(database.psql("SELECT string_agg(a::text, ',' ORDER BY a) FROM one"), "1,2");
        assert_eq!(database.psql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "t");
    }
}
