//! Connections that are cut at a message of a run: before it or after it, one connection or all.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use super::Tally;
use super::subject::Subject;
use super::trial::run_with_fault;
use crate::support::{Action, Proxy, ProxyMessage, Way, server};

const ACTIONS: [Action; 4] = [Action::CutAfter, Action::CutBefore, Action::CutAll, Action::Strand];

/// Whether a message belongs to the two sessions that apply the plan. The rows of an answer count as one message.
fn is_of_run(message: &ProxyMessage<'_>) -> bool {
    ["limbeck lock", "limbeck migrate"].contains(&message.application) && message.tag != b'D'
}

/// Describes what a session sends and receives: the messages of the same statement in other steps are the same.
#[derive(Default)]
struct Describer {
    /// The last statement of each connection.
    statements: HashMap<usize, String>,
}

impl Describer {
    fn describe(&mut self, message: &ProxyMessage<'_>) -> String {
        let statement = self.statements.entry(message.connection).or_default();
        if message.way == Way::ToServer && matches!(message.tag, b'Q' | b'P') {
            let sql = String::from_utf8_lossy(message.body);
            *statement = sql.chars().filter(|letter| !letter.is_ascii_digit() && *letter != '\0').take(150).collect();
        }
        format!("{} {:?} {:?}: {statement}", message.application, message.way, char::from(message.tag))
    }
}

/// The numbers of the messages of a run over all revisions, one for each kind of message, in the direction that starts at
/// the subject's position.
fn find_messages(subject: &mut Subject<'_>) -> Vec<usize> {
    let found = Arc::new(Mutex::new((Describer::default(), HashSet::new(), Vec::new(), 0)));
    let record = Arc::clone(&found);
    let proxy = Proxy::start(server(), move |message| {
        if is_of_run(message) {
            let (describer, seen, numbers, count) = &mut *record.lock().unwrap();
            if seen.insert(describer.describe(message)) {
                numbers.push(*count);
            }
            *count += 1;
        }
        Action::Forward
    });
    let goal = subject.far_goal();
    let url = proxy.url(subject.database.name());
    run_with_fault(subject, goal, Some(&url), |_| {}).recover(subject, true).unwrap();
    let (_, _, numbers, _) = &*found.lock().unwrap();
    numbers.clone()
}

/// Runs over all revisions and cuts at message `number`.
fn cut(subject: &mut Subject<'_>, tally: &mut Tally, number: usize, action: Action) -> Result<(), String> {
    let place = Arc::new(Mutex::new(String::new()));
    let (state, described) = (Mutex::new((Describer::default(), 0)), Arc::clone(&place));
    let proxy = Proxy::start(server(), move |message| {
        if !is_of_run(message) {
            return Action::Forward;
        }
        let (texts, count) = &mut *state.lock().unwrap();
        let description = texts.describe(message);
        *count += 1;
        if *count != number + 1 {
            return Action::Forward;
        }
        *described.lock().unwrap() = description;
        action
    });
    let goal = subject.far_goal();
    let url = proxy.url(subject.database.name());
    let stopped = run_with_fault(subject, goal, Some(&url), |_| {});
    proxy.release();
    drop(proxy);
    let place = place.lock().unwrap().clone();
    tally.count_stopped(stopped.is_early());
    let recovered = stopped.recover(subject, true);
    recovered.map_err(|fault| format!("{action:?} at message {number}, {place}\n{fault}"))
}

/// The long form tries each kind of message in both directions if `LIMBECK_TEST_FAULTS` is large enough.
#[test]
fn a_cut_at_any_message_is_reported_truly() {
    let mut tally = Tally::new("cut connections", 8, 1);
    let mut random = tally.random();
    let mut subject = Subject::new(server());
    let mut left = [find_messages(&mut subject), find_messages(&mut subject)];
    for moment in 0.. {
        let numbers = &mut left[usize::from(subject.position != 0)];
        if !tally.continues() || numbers.is_empty() {
            break;
        }
        let before = subject.position;
        let number = numbers.swap_remove(random.below(numbers.len()));
        let result = cut(&mut subject, &mut tally, number, ACTIONS[moment / 2 % ACTIONS.len()]);
        // After a false report alone, the next run has completed.
        if result.is_err() && subject.position == before {
            subject = Subject::new(server());
        }
        tally.count(result);
    }
    tally.finish();
}
