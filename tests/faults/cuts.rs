//! Connections that are cut at a message of a run: before it or after it, one connection or all.

use std::sync::atomic::{AtomicUsize, Ordering};
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

/// The number of messages of a run over all revisions, in the direction that starts at the subject's position.
fn count_messages(subject: &mut Subject<'_>) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let proxy = Proxy::start(server(), move |message| {
        counter.fetch_add(usize::from(is_of_run(message)), Ordering::SeqCst);
        Action::Forward
    });
    let goal = if subject.position == 0 { Subject::revisions() } else { 0 };
    let url = proxy.url(subject.database.name());
    run_with_fault(subject, goal, Some(&url), |_| {}).recover(subject, true).unwrap();
    count.load(Ordering::SeqCst)
}

/// Runs over all revisions and cuts at message `number`.
fn cut(subject: &mut Subject<'_>, number: usize, action: Action) -> Result<(), String> {
    let count = AtomicUsize::new(0);
    let place = Arc::new(Mutex::new(String::new()));
    let last = Arc::clone(&place);
    let proxy = Proxy::start(server(), move |message| {
        if !is_of_run(message) || count.load(Ordering::SeqCst) > number {
            return Action::Forward;
        }
        if message.way == Way::ToServer && matches!(message.tag, b'Q' | b'P') {
            let sql: String = String::from_utf8_lossy(message.body).trim_matches('\0').chars().take(100).collect();
            *last.lock().unwrap() = format!("{}, message {:?}, {sql}", message.application, message.tag as char);
        }
        if count.fetch_add(1, Ordering::SeqCst) == number { action } else { Action::Forward }
    });
    let goal = if subject.position == 0 { Subject::revisions() } else { 0 };
    let url = proxy.url(subject.database.name());
    let stopped = run_with_fault(subject, goal, Some(&url), |_| {});
    proxy.release();
    drop(proxy);
    let last = place.lock().unwrap().clone();
    stopped.recover(subject, true).map_err(|fault| format!("last statement: {last}: {fault}"))
}

/// The long form covers the messages evenly. It tries every message if `LIMBECK_TEST_FAULTS` is large enough.
#[test]
fn a_cut_at_any_message_is_reported_truly() {
    let mut tally = Tally::new("cut connections", 12, 1);
    let mut random = tally.random();
    let mut subject = Subject::new(server());
    let messages = [count_messages(&mut subject), count_messages(&mut subject)];
    let limit = tally.limit();
    let mut moment = 0;
    while tally.continues() {
        let all = messages[usize::from(subject.position != 0)];
        let step = (all as f64 / limit as f64 * 2.0 * ACTIONS.len() as f64).max(1.0);
        let number = (step * ((moment / 2 / ACTIONS.len()) as f64 + random.fraction())) as usize;
        let action = ACTIONS[moment / 2 % ACTIONS.len()];
        moment += 1;
        let result = cut(&mut subject, number, action);
        if result.is_err() {
            subject = Subject::new(server());
        }
        tally.count(result.map_err(|fault| format!("at message {number} of {all}, {action:?}: {fault}")));
    }
    tally.finish();
}
