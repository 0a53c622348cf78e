//! `pg_ctl restart -m immediate` at random moments of a run.

use super::Tally;
use super::kills::{random_goal, random_moment, time_of_a_run};
use super::subject::Subject;
use super::trial::run_with_fault;
use crate::support::{Server, ServerOptions, end_within};

#[test]
fn a_server_that_crashes_loses_nothing() {
    let mut tally = Tally::new("pg_ctl restart -m immediate", 4, 1);
    let mut random = tally.random();
    // A commit is durable only with this setting.
    let settings = vec!["synchronous_commit = on".to_owned()];
    let server = Server::start(&ServerOptions { settings, ..ServerOptions::default() });
    let mut subject = Subject::new(&server);
    let whole = time_of_a_run(&mut subject);
    while tally.continues() {
        let goal = random_goal(&mut random, &subject);
        let moment = random_moment(&mut random, &subject, goal, whole);
        let stopped = run_with_fault(&subject, goal, None, |child| {
            end_within(child, moment);
            server.crash();
        });
        tally.count_stopped(stopped.is_early());
        let result = stopped.recover(&mut subject, true);
        if result.is_err() {
            subject = Subject::new(&server);
        }
        tally.count(result);
    }
    tally.finish();
}
