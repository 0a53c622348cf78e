//! Many migrators at the same time, directly and through PgBouncer: each revision is applied exactly once.

use std::thread;

use super::kills::random_goal;
use super::subject::{Subject, head};
use super::{Random, Tally};
use crate::support::{Output, PgBouncer, PoolMode, server};

/// Steps that were recorded as done twice in the same direction, without the opposite step between them.
const REPEATED: &str = "SELECT count(*) FROM (
    SELECT direction = lag(direction) OVER (PARTITION BY revision ORDER BY id) AS is_repeated
    FROM limbeck.log WHERE state = 'done') steps WHERE is_repeated";

/// What the migrators of a round do.
#[derive(Debug, Clone, Copy)]
enum Round {
    /// All have the same target, and wait for each other.
    Same,
    /// All have the same target, and do not wait.
    Impatient,
    /// Each has a random target.
    Mixed,
}

/// Runs many migrators at once. `url`: the database as they connect to it, if not directly.
fn run_at_once(subject: &Subject<'_>, random: &mut Random, round: Round, url: Option<&str>) -> Vec<(usize, Output)> {
    let count = if Tally::is_long() { 20 } else { 5 };
    let same = subject.far_goal();
    let runs: Vec<(usize, Vec<String>)> = (0..count)
        .map(|_| {
            let goal = if matches!(round, Round::Mixed) { random_goal(random, subject) } else { same };
            let mut arguments = subject.arguments(goal);
            arguments.extend(url.iter().flat_map(|url| ["--database-url".to_owned(), (*url).to_owned()]));
            arguments.extend(matches!(round, Round::Impatient).then(|| "--no-wait".to_owned()));
            (goal, arguments)
        })
        .collect();
    thread::scope(|scope| {
        let runs = runs.into_iter().map(|(goal, arguments)| {
            scope.spawn(move || {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                (goal, subject.project.run_within(300, &arguments))
            })
        });
        let runs: Vec<_> = runs.collect();
        runs.into_iter().map(|run| run.join().expect("a run ends")).collect()
    })
}

/// Runs one round and checks the result. `mode`: through PgBouncer.
fn try_round(
    subject: &mut Subject<'_>,
    random: &mut Random,
    round: Round,
    mode: Option<PoolMode>,
) -> Result<(), String> {
    let pgbouncer = mode.map(|mode| PgBouncer::start(server(), mode, 150));
    let url = pgbouncer.as_ref().map(|pgbouncer| pgbouncer.url(subject.database.name()));
    let before = subject.position;
    let runs = run_at_once(subject, random, round, url.as_deref());
    let at = subject.position_in_database()?;
    subject.position = at;
    if mode == Some(PoolMode::Transaction) {
        // PgBouncer keeps the server connections. None of them may hold the lock.
        let direct = subject.project.run(&["stamp", &head(at), "--purge", "--yes"]);
        if direct.status != Some(0) {
            return Err(format!("a direct run fails: {}", direct.stderr));
        }
    }
    drop(pgbouncer);
    let described: Vec<String> = runs.iter().map(|(goal, run)| describe(*goal, run)).collect();
    let context = |fault: String| format!("{fault}\n--- {round:?}, from {}\n{}", head(before), described.join("\n"));
    check_state(subject, &runs, round, mode == Some(PoolMode::Transaction)).map_err(context)
}

/// Whether a run was refused because the server connections of a pooler are shared.
fn is_refused(run: &Output) -> bool {
    run.status == Some(1) && run.stderr.contains("pool") && run.stderr.contains("hint:")
}

fn check_state(subject: &Subject<'_>, runs: &[(usize, Output)], round: Round, is_shared: bool) -> Result<(), String> {
    if is_shared && runs.iter().all(|(_, run)| is_refused(run)) {
        return subject.expect_nothing_left();
    }
    for (goal, run) in runs {
        check_run(subject, round, *goal, run).map_err(|fault| format!("{fault}: {}", describe(*goal, run)))?;
    }
    if !runs.iter().any(|(_, run)| run.status == Some(0)) {
        return Err("no run succeeded".to_owned());
    }
    subject.expect_contents(subject.position)?;
    subject.expect_ledger(subject.position)?;
    let repeated = subject.database.psql(REPEATED);
    if repeated != "0" {
        return Err(format!("{repeated} steps were applied twice"));
    }
    subject.expect_nothing_left()
}

/// Checks the exit code and the message of one of the migrators.
fn check_run(subject: &Subject<'_>, round: Round, goal: usize, run: &Output) -> Result<(), String> {
    match (round, run.status) {
        (Round::Mixed, Some(0)) => Ok(()),
        (_, Some(0)) if goal == subject.position => Ok(()),
        (Round::Impatient, Some(5)) if run.stderr.contains("another migrator holds the lock") => Ok(()),
        // The plan is from a moment at which another migrator was between two revisions.
        (_, Some(1)) if run.stderr.contains("have changed since the plan was made") => Ok(()),
        // The target is not on the path from where another migrator has moved the database.
        (Round::Mixed, Some(1)) if run.stderr.contains("hint:") => Ok(()),
        (_, status) => Err(format!("exit {status:?}")),
    }
}

fn describe(goal: usize, run: &Output) -> String {
    format!("to {}: exit {:?}\n{}", head(goal), run.status, run.stderr)
}

fn try_rounds(name: &'static str, mode: Option<PoolMode>) {
    let mut tally = Tally::new(name, 3, 25);
    let mut random = tally.random();
    let mut subject = Subject::new(server());
    for round in [Round::Same, Round::Mixed, Round::Impatient].into_iter().cycle() {
        if !tally.continues() {
            break;
        }
        let result = try_round(&mut subject, &mut random, round, mode);
        if result.is_err() {
            subject = Subject::new(server());
        }
        tally.count(result);
    }
    tally.finish();
}

#[test]
fn migrators_at_the_same_time_apply_each_revision_once() {
    try_rounds("migrators", None);
}

#[test]
fn migrators_through_pgbouncer_in_session_mode_apply_each_revision_once() {
    try_rounds("migrators through PgBouncer, session mode", Some(PoolMode::Session));
}

/// limbeck may refuse this mode, but then it must not leave a lock on a server connection.
#[test]
fn migrators_through_pgbouncer_in_transaction_mode_are_refused_or_apply_each_revision_once() {
    try_rounds("migrators through PgBouncer, transaction mode", Some(PoolMode::Transaction));
}
