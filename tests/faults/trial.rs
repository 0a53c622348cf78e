//! One run that a fault stops: the state after it, whether its report is true, and the run that completes it.

use std::process::Child;

use super::claim::{Claim, claim};
use super::subject::{Subject, head};
use crate::support::{Output, end_of};

/// How long a run may take, in seconds. A run that takes longer hangs.
const SECONDS: u64 = 90;

/// How often a run that asks the user for help is repeated.
const REPETITIONS: usize = 4;

/// A run that a fault has stopped.
pub struct Stopped {
    goal: usize,
    arguments: Vec<String>,
    output: Output,
}

/// Runs from the subject's position to `goal` while `fault` happens. `fault` gets the running process. `url`: the database
/// as the run connects to it, if not directly.
pub fn run_with_fault(
    subject: &Subject<'_>,
    goal: usize,
    url: Option<&str>,
    fault: impl FnOnce(&mut Child),
) -> Stopped {
    let mut arguments = subject.arguments(goal);
    arguments.extend(url.iter().flat_map(|url| ["--database-url".to_owned(), (*url).to_owned()]));
    let output = subject.project.run_until(&texts(&arguments), |child| {
        fault(child);
        end_of(child, SECONDS);
    });
    Stopped { goal, arguments, output }
}

impl Stopped {
    /// Whether the run ended before it reached its goal.
    pub fn is_early(&self) -> bool {
        self.output.status != Some(0)
    }

    /// Checks the state and the report, and completes the run. If not `waits`, the next run starts immediately, also if
    /// the server still executes a statement of the stopped one.
    pub fn recover(&self, subject: &mut Subject<'_>, waits: bool) -> Result<(), String> {
        let report = if waits { check_state(subject, self.goal, &self.output) } else { Ok(Ok(())) };
        let completed = report.and_then(|report| complete(subject, self.goal).map(|()| report));
        let report = completed.map_err(|fault| self.describe(subject, &fault))?;
        let report = report.map_err(|fault| self.describe(subject, &fault));
        subject.position = self.goal;
        report
    }

    /// Adds the run to the description of a fault.
    pub fn describe(&self, subject: &Subject<'_>, fault: &str) -> String {
        let Self { arguments, output, .. } = self;
        let (before, arguments) = (head(subject.position), arguments.join(" "));
        format!("{fault}\n--- at {before}: {arguments}\nexit {:?}\n{}", output.status, output.stderr)
    }
}

fn texts(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Checks the state after a run that was stopped. The inner result is whether the report of the run is true.
fn check_state(subject: &Subject<'_>, goal: usize, stopped: &Output) -> Result<Result<(), String>, String> {
    subject.wait_for_sessions()?;
    let before = subject.position;
    let at = subject.position_in_database()?;
    if !(before.min(goal)..=before.max(goal)).contains(&at) {
        return Err(format!("the database is at {}", head(at)));
    }
    if !subject.is_between_positions() {
        subject.expect_contents(at)?;
        subject.expect_ledger(at)?;
    }
    Ok(check_report(before, at, goal, stopped).and_then(|()| check_statements(subject, at, goal, stopped)))
}

/// Checks that the report of a run describes the position of the database.
fn check_report(before: usize, at: usize, goal: usize, stopped: &Output) -> Result<(), String> {
    let is_true = match (stopped.status, claim(&stopped.stderr)) {
        (None, _) | (Some(_), Claim::Unknown) => true,
        (Some(0), _) => at == goal,
        (Some(_), Claim::At(heads)) => heads == head(at),
        (Some(_), Claim::Unchanged) => at == before,
        (Some(_), Claim::Stopped) => at != goal,
        (Some(_), Claim::Missing) => return Err("the report does not say where the database is".to_owned()),
    };
    if is_true { Ok(()) } else { Err(format!("the report is false: the database is at {}", head(at))) }
}

/// Checks the number of statements that took effect outside a transaction, if an upgrade reports one.
fn check_statements(subject: &Subject<'_>, at: usize, goal: usize, stopped: &Output) -> Result<(), String> {
    let Some(number) = statements_done(&stopped.stderr).filter(|_| goal > at) else { return Ok(()) };
    let may_be_more = ["was interrupted", "still runs", "may have"].iter().any(|words| stopped.stderr.contains(words));
    let is_true = |number| subject.has_contents_within(at, number);
    if is_true(number) || may_be_more && is_true(number + 1) {
        return Ok(());
    }
    Err(format!("the report is false: not {number} statements took effect"))
}

/// The number of statements that took effect, in a report about a step outside a transaction.
fn statements_done(stderr: &str) -> Option<usize> {
    let (_, rest) = stderr.split_once("outside a transaction: ")?;
    rest.split_once(" of ")?.0.parse().ok()
}

/// Runs again until the goal is reached, following the hints, and checks that nothing is left of the stopped run.
fn complete(subject: &Subject<'_>, goal: usize) -> Result<(), String> {
    let mut resume: Option<&str> = None;
    let mut output = None;
    for _ in 0..REPETITIONS {
        let mut arguments = subject.arguments(goal);
        arguments.extend(resume.iter().flat_map(|answer| ["--resume".to_owned(), (*answer).to_owned()]));
        let run = subject.project.run_within(SECONDS, &texts(&arguments));
        if run.status == Some(0) {
            subject.expect_contents(goal).map_err(|fault| format!("{fault}\n--- the next run:\n{}", run.stderr))?;
            subject.expect_ledger(goal)?;
            return subject.expect_nothing_left();
        }
        resume = follow_hint(subject, &run.stderr);
        output = Some(run);
    }
    let output = output.map(|run| run.stderr).unwrap_or_default();
    Err(format!("the next run does not complete:\n{output}"))
}

/// Does what a failed run asks the user to do. Returns the value for `--resume`, if it asks for one.
fn follow_hint(subject: &Subject<'_>, stderr: &str) -> Option<&'static str> {
    if let Some((_, rest)) = stderr.split_once("DROP INDEX CONCURRENTLY ") {
        let name = rest.split([',', ' ', '\n', ';']).next().unwrap_or_default();
        subject.database.try_psql(&format!("DROP INDEX CONCURRENTLY {name}"));
    }
    if !stderr.contains("--resume after") {
        return None;
    }
    Some(if took_effect(subject, stderr) { "after" } else { "again" })
}

/// Whether the statement that a report shows took effect. The others outside a transaction can run twice.
fn took_effect(subject: &Subject<'_>, stderr: &str) -> bool {
    let type_of = |column: &str| {
        subject.database.psql(&format!(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute
                WHERE attrelid = 'item'::regclass AND attname = '{column}' AND NOT attisdropped"
        ))
    };
    [
        ("TYPE int ", "price", "integer"),
        ("TYPE numeric(8, 2)", "price", "numeric(8,2)"),
        ("ADD COLUMN extra", "extra", "integer"),
        ("DROP COLUMN extra", "extra", ""),
    ]
    .iter()
    .any(|(statement, column, ty)| stderr.contains(statement) && type_of(column) == *ty)
}
