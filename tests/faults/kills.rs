//! `kill -9` at random moments of upgrades and downgrades: in transactions, outside, while copies are made and restored.

use std::time::{Duration, Instant};

use super::subject::Subject;
use super::trial::try_fault;
use super::{Random, Tally};
use crate::support::{end_within, server};

/// A position other than the current one, mostly far away.
pub fn random_goal(random: &mut Random, subject: &Subject<'_>) -> usize {
    if random.chance(40) {
        return if subject.position == 0 { Subject::revisions() } else { 0 };
    }
    let goal = random.below(Subject::revisions());
    if goal < subject.position { goal } else { goal + 1 }
}

/// About how long a run to a position takes, if a run over all revisions takes `whole`.
pub fn expected_time(subject: &Subject<'_>, goal: usize, whole: Duration) -> Duration {
    let share = goal.abs_diff(subject.position) as f64 / Subject::revisions() as f64;
    whole.mul_f64(0.25 + 0.8 * share)
}

#[test]
fn a_kill_at_a_random_moment_loses_nothing() {
    let mut tally = Tally::new("kill -9", 8, 1);
    let mut random = tally.random();
    let new = || {
        let since = Instant::now();
        (Subject::new(server()), since.elapsed() / 4)
    };
    let (mut subject, mut whole) = new();
    while tally.continues() {
        let goal = random_goal(&mut random, &subject);
        let moment = expected_time(&subject, goal, whole).mul_f64(random.fraction());
        let result = try_fault(&mut subject, goal, random.chance(50), |child| {
            if end_within(child, moment).is_none() {
                child.kill().unwrap();
            }
        });
        if result.is_err() {
            (subject, whole) = new();
        }
        tally.count(result);
    }
    tally.finish();
}
