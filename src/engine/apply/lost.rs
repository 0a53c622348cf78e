//! What a run reports when it stops: where the database stands, and how to continue.

use std::ops::Range;

use super::failure::Stop;
use super::lost_commit::{CommitResult, ResolvedCommit};
use super::run::{Run, format_heads};
use crate::core::plan::{Plan, PlanDirection, TransactionMode};
use crate::core::text::plural;
use crate::engine::connection::CONNECTION_LOST;
use crate::engine::state::ledger::Entry;
use crate::engine::{Error, ErrorKind};

impl Run<'_> {
    /// Closes the rows in the ledger and describes the state of the database after a transaction that did not commit.
    pub(super) async fn fail(&self, batch: Range<usize>, entries: &[Option<Entry>], reason: Stop) -> Error {
        let before = format_heads(self.heads_before(batch.start));
        let rolled_back = format!("rolled back; the database is at {before}");
        let (state, error) = match reason {
            Stop::Cancelled => {
                ("interrupted", Error::of(ErrorKind::Interrupted, format!("cancelled and {rolled_back}")))
            }
            Stop::Conflict(_, error) => ("failed", self.name_blockers(error).await.because(rolled_back)),
            Stop::Failed(error) => ("failed", error.because(rolled_back)),
            Stop::Lost(error) => return self.lost_before_commit(batch, entries, error).await,
            Stop::CommitUnknown(error) => return self.lost_in_commit(batch, entries, error).await,
        };
        for entry in entries {
            let _ = self.ledger.end(self.guard.client(), *entry, state, Some(&error.message)).await;
        }
        error
    }

    /// The connection was lost before the commit was sent: the server rolls back.
    async fn lost_before_commit(&self, batch: Range<usize>, entries: &[Option<Entry>], error: Error) -> Error {
        let error = self.lost(error);
        let revisions = describe_revisions(self.plan, batch.clone());
        let rolled_back = match self.is_backend_gone().await {
            Some(true) => {
                for entry in entries {
                    self.end_entry(*entry, "interrupted", &error).await;
                }
                format!("{revisions} rolled back: the connection was lost before the commit")
            }
            // The rows stay in the state `running`, so that the next run waits for that process.
            Some(false) => format!(
                "{revisions} not committed: server process {} still runs a statement, and rolls back when it ends",
                self.backend.pid
            ),
            None => format!("{revisions} not committed; the server rolls back"),
        };
        let position = describe_position(self.plan, batch.start);
        error.because(rolled_back).because(position).hint(describe_continuation(self.plan, batch.start))
    }

    /// The connection was lost during the commit: waits until its result is known, and reports it.
    pub(super) async fn lost_in_commit(&self, batch: Range<usize>, entries: &[Option<Entry>], error: Error) -> Error {
        let error = self.lost(error);
        let last = entries.last().copied().flatten();
        let after = &self.plan.steps[batch.end - 1].heads_after;
        let ResolvedCommit { commit, heads } = self.resolve_commit(self.heads_before(batch.start), after, last).await;
        let revisions = describe_revisions(self.plan, batch.clone());
        let (what, next) = match commit {
            CommitResult::TookEffect => ("committed: only the answer of the server was lost", batch.end),
            CommitResult::RolledBack => ("rolled back: the connection was lost during the commit", batch.start),
            CommitResult::Unknown(why) => {
                return error
                    .because(format!("{revisions} committed or rolled back; limbeck cannot find out which: {why}"))
                    .because(format!(
                        "the database is at {} if the commit took effect, otherwise at {}",
                        format_heads(after),
                        format_heads(self.heads_before(batch.start))
                    ))
                    .hint(format!(
                        "run `limbeck current` when server process {} has ended; {}",
                        self.backend.pid,
                        describe_continuation(self.plan, batch.start)
                    ));
            }
        };
        let error = error.because(format!("{revisions} {what}")).because(describe_position(self.plan, next));
        let expected = if next == batch.end { after } else { self.heads_before(batch.start) };
        let error = match heads {
            Some(heads) if heads != *expected => {
                error.because(format!("another program has changed the heads since: they are {}", format_heads(&heads)))
            }
            _ => error,
        };
        error.hint(describe_continuation(self.plan, next))
    }

    /// A step could not start, and nothing of it took effect.
    pub(super) fn not_started(&self, step: usize, error: Error) -> Error {
        if error.kind != ErrorKind::Connection {
            return error;
        }
        self.lost(error)
            .because(format!("{} not started", describe_revisions(self.plan, step..step + 1)))
            .because(describe_position(self.plan, step))
            .hint(describe_continuation(self.plan, step))
    }

    /// The error of a cancel before a step of the plan.
    pub(super) fn cancelled_before(&self, step: usize) -> Error {
        Error::of(ErrorKind::Interrupted, "cancelled").because(describe_position(self.plan, step))
    }

    /// The error with the message of a lost connection, and which session was lost.
    pub(super) fn lost(&self, error: Error) -> Error {
        let mut causes = error.causes.clone();
        if error.message != CONNECTION_LOST {
            causes.insert(0, error.message.clone());
        }
        let reasons = [&self.worker, &self.guard].map(|session| session.lost().map(|reason| reason.message));
        for reason in reasons.into_iter().flatten().filter(|reason| reason != CONNECTION_LOST) {
            if !causes.contains(&reason) {
                causes.push(reason);
            }
        }
        if self.worker.lost().is_none() && self.guard.lost().is_some() {
            causes.push("it was the connection that holds the migration lock".to_owned());
        }
        Error { kind: ErrorKind::Connection, message: CONNECTION_LOST.to_owned(), causes, ..error }
    }
}

/// For example `revision a1b2 was`, or `revisions a1b2, c3d4 were`.
fn describe_revisions(plan: &Plan, batch: Range<usize>) -> String {
    match &plan.steps[batch] {
        [step] => format!("revision {} was", step.revision),
        steps => {
            let ids: Vec<&str> = steps.iter().map(|step| step.revision.as_str()).collect();
            format!("revisions {} were", ids.join(", "))
        }
    }
}

/// Where the database is before a step of the plan, and what the run has done.
pub(super) fn describe_position(plan: &Plan, step: usize) -> String {
    let heads = step.checked_sub(1).map_or(&plan.from, |last| &plan.steps[last].heads_after);
    let done: Vec<&str> = plan.steps[..step].iter().map(|step| step.revision.as_str()).collect();
    let done = match (done.as_slice(), plan.direction) {
        ([], _) => "this run changed nothing before".to_owned(),
        (done, PlanDirection::Upgrade) => format!("this run has applied {}", done.join(", ")),
        (done, PlanDirection::Downgrade) => format!("this run has downgraded {}", done.join(", ")),
        (done, PlanDirection::Switch) => format!("this run has completed the steps of {}", done.join(", ")),
    };
    format!("the database is at {}; {done}", format_heads(heads))
}

/// How to run the rest of a plan from a step.
pub(super) fn describe_continuation(plan: &Plan, step: usize) -> String {
    let step = if plan.mode == TransactionMode::All && step < plan.steps.len() { 0 } else { step };
    let left = plan.steps.len() - step;
    if left == 0 {
        return "nothing remains to be done; `limbeck current` shows the revision".to_owned();
    }
    let rest = format!("{} of this plan left", plural(left as u64, "step"));
    match continuing_command(plan) {
        Some(command) => format!("to continue, run `{command}` when the server is available ({rest})"),
        None => {
            format!("to continue, see `limbeck current` when the server is available, and make a new plan ({rest})")
        }
    }
}

/// The command that reaches the end of the plan from any step of the plan. A relative target would go too far.
fn continuing_command(plan: &Plan) -> Option<String> {
    if plan.direction == PlanDirection::Switch {
        return Some(format!("limbeck switch{}", environment_option(plan)));
    }
    let is_relative = plan.target.contains(['+', '-']);
    let target = match (is_relative, plan.direction, plan.to.as_slice()) {
        (false, _, _) => plan.target.clone(),
        (true, PlanDirection::Upgrade, _) => plan.steps.last()?.revision.to_string(),
        (true, PlanDirection::Downgrade, []) => "base".to_owned(),
        (true, PlanDirection::Downgrade, [only]) => only.to_string(),
        (true, _, _) => return None,
    };
    Some(format!("limbeck {} {target}{}", plan.direction.word(), environment_option(plan)))
}

fn environment_option(plan: &Plan) -> String {
    plan.environment.name.as_ref().map_or_else(String::new, |name| format!(" -e {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::plan::fixtures::plan;

    #[test]
    fn a_relative_target_is_replaced_by_the_revision_that_the_plan_reaches() {
        let all = plan(&["SELECT 1", "SELECT 2"]);
        let last = all.steps[1].revision.to_string();
        let all = Plan { to: vec![all.steps[0].revision.clone()], ..all };
        for (target, direction, to, expected) in [
            ("head", PlanDirection::Upgrade, all.to.clone(), Some("limbeck upgrade head".to_owned())),
            ("a1", PlanDirection::Upgrade, all.to.clone(), Some("limbeck upgrade a1".to_owned())),
            ("+2", PlanDirection::Upgrade, all.to.clone(), Some(format!("limbeck upgrade {last}"))),
            ("a0+1", PlanDirection::Upgrade, all.to.clone(), Some(format!("limbeck upgrade {last}"))),
            ("base", PlanDirection::Downgrade, Vec::new(), Some("limbeck downgrade base".to_owned())),
            ("-1", PlanDirection::Downgrade, all.to.clone(), Some(format!("limbeck downgrade {}", all.to[0]))),
            ("-2", PlanDirection::Downgrade, Vec::new(), Some("limbeck downgrade base".to_owned())),
            ("-1", PlanDirection::Downgrade, [all.to.clone(), all.to.clone()].concat(), None),
        ] {
            let plan = Plan { target: target.to_owned(), direction, to, ..all.clone() };
            assert_eq!(continuing_command(&plan), expected, "{target}");
        }
    }

    #[test]
    fn the_position_names_the_heads_and_what_the_run_has_done() {
        let plan = plan(&["SELECT 1", "SELECT 2"]);
        let first = plan.steps[0].revision.as_str();
        assert!(describe_position(&plan, 0).ends_with("; this run changed nothing before"));
        let position = describe_position(&plan, 1);
        assert!(position.contains(&format_heads(&plan.steps[0].heads_after)), "{position}");
        assert!(position.ends_with(&format!("this run has applied {first}")), "{position}");
        assert!(describe_continuation(&plan, 1).contains("1 step of this plan left"));
        assert!(describe_continuation(&plan, 2).contains("nothing remains to be done"));
    }
}
