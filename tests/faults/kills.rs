//! `kill -9` at random moments of upgrades and downgrades: in transactions, outside, while copies are made and restored.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::subject::Subject;
use super::trial::run_with_fault;
use super::{Random, Tally};
use crate::support::{Action, Proxy, end_within, server};

/// A position other than the current one, mostly far away.
pub fn random_goal(random: &mut Random, subject: &Subject<'_>) -> usize {
    if random.chance(40) {
        return subject.far_goal();
    }
    let goal = random.below(Subject::revisions());
    if goal < subject.position { goal } else { goal + 1 }
}

/// How long a run over all revisions takes, without a fault.
pub fn time_of_a_run(subject: &mut Subject<'_>) -> Duration {
    let since = Instant::now();
    run_with_fault(subject, Subject::revisions(), None, |_| {}).recover(subject, true).unwrap();
    since.elapsed()
}

/// A random moment of a run to a position, if a run over all revisions takes `whole`.
pub fn random_moment(random: &mut Random, subject: &Subject<'_>, goal: usize, whole: Duration) -> Duration {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap());
    let share = number(goal.abs_diff(subject.position)) / number(Subject::revisions());
    whole.mul_f64((0.25 + 0.8 * share) * random.fraction())
}

/// Sends a signal at random moments of runs. Sometimes all steps share a transaction. Sometimes the next run starts while
/// the server still executes a statement.
fn signal_runs(mut tally: Tally, signals: &[&str]) {
    let mut random = tally.random();
    let mut subject = Subject::new(server());
    let whole = time_of_a_run(&mut subject);
    while tally.continues() {
        let goal = random_goal(&mut random, &subject);
        let moment = random_moment(&mut random, &subject, goal, whole);
        let signal = *random.pick(signals);
        subject.share_transaction(random.chance(50) && subject.is_transactional(goal));
        let stopped = run_with_fault(&subject, goal, None, |child| {
            if end_within(child, moment).is_none() {
                Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
            }
        });
        tally.count_stopped(stopped.is_early());
        let result = stopped.recover(&mut subject, random.chance(70));
        if result.is_err() {
            subject = Subject::new(server());
        }
        tally.count(result.map_err(|fault| format!("{signal} after {moment:?}: {fault}")));
    }
    tally.finish();
}

#[test]
fn a_kill_at_a_random_moment_loses_nothing() {
    signal_runs(Tally::new("kill -9", 6, 1), &["-KILL"]);
}

#[test]
fn an_interrupt_at_a_random_moment_is_reported_truly() {
    signal_runs(Tally::new("interrupt", 4, 2), &["-INT", "-TERM"]);
}

#[test]
fn a_kill_at_a_random_message_loses_nothing() {
    let mut tally = Tally::new("kill -9 at a message", 6, 1);
    let mut random = tally.random();
    let mut subject = Subject::new(server());
    while tally.continues() {
        let goal = random_goal(&mut random, &subject);
        let last = 60 + 90 * goal.abs_diff(subject.position);
        let (number, process) = (random.below(last), Arc::new(AtomicU32::new(0)));
        let action = *random.pick(&[Action::CutBefore, Action::Forward]);
        let victim = Arc::clone(&process);
        let proxy = Proxy::start(server(), move |message| {
            if message.total != number {
                return Action::Forward;
            }
            let process = victim.load(Ordering::SeqCst).to_string();
            assert!(Command::new("kill").args(["-KILL", &process]).status().unwrap().success());
            action
        });
        let url = proxy.url(subject.database.name());
        let stopped = run_with_fault(&subject, goal, Some(&url), |child| process.store(child.id(), Ordering::SeqCst));
        drop(proxy);
        tally.count_stopped(stopped.is_early());
        let result = stopped.recover(&mut subject, random.chance(50));
        if result.is_err() {
            subject = Subject::new(server());
        }
        tally.count(result.map_err(|fault| format!("at message {number}, {action:?}: {fault}")));
    }
    tally.finish();
}
