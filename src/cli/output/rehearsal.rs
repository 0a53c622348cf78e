//! The result of a rehearsal as text.

use std::fmt::Write as _;

use super::plan::step_title;
use crate::core::escape::escape_line;
use crate::core::plan::{Plan, Step};
use crate::core::text::plural;
use crate::engine::apply::Blocker;
use crate::engine::apply::rehearse::{Rehearsal, RehearsedStatement, RehearsedStep};

/// How many characters of a statement are shown beside its time.
const STATEMENT_WIDTH: usize = 70;

/// Every statement with its time and rows, the changed sequences, and a summary.
#[must_use]
pub fn rehearsal(plan: &Plan, rehearsal: &Rehearsal) -> String {
    let slowest = slowest(rehearsal);
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (step, rehearsed) in plan.steps.iter().zip(&rehearsal.steps) {
        let _ = writeln!(text, "{}  {:.3} s", step_title(step), rehearsed.seconds);
        write_step(&mut text, step, rehearsed, slowest);
    }
    for moved in &rehearsal.sequences {
        let value = |value: Option<i64>| value.map_or_else(|| "its start".to_owned(), |value| value.to_string());
        let (sequence, from, to) = (&moved.sequence, value(moved.from), value(moved.to));
        let _ = writeln!(text, "sequence {sequence} moved from {from} to {to}: a rollback does not reset sequences");
    }
    let statements: usize = rehearsal.steps.iter().map(|step| step.statements.len()).sum();
    let omitted: usize = rehearsal.steps.iter().map(|step| step.omitted.len()).sum();
    let seconds: f64 = rehearsal.steps.iter().map(|step| step.seconds).sum();
    let statements = plural(statements as u64, "statement");
    let not = if omitted == 0 { String::new() } else { format!(", {omitted} not rehearsed") };
    let _ = writeln!(text, "Rehearsed {statements} in {seconds:.3} s{not}; everything was rolled back");
    text
}

/// The sessions that block this one, in one line.
#[must_use]
pub fn blockers(blockers: &[Blocker]) -> String {
    let name = |blocker: &Blocker| {
        let query = blocker.query.lines().next().unwrap_or_default();
        let text = format!("{} (user {}, {}): {query}", blocker.pid, blocker.user, blocker.application);
        escape_line(&text).into_owned()
    };
    blockers.iter().map(name).collect::<Vec<_>>().join("; ")
}

fn write_step(text: &mut String, step: &Step, rehearsed: &RehearsedStep, slowest: Option<&RehearsedStatement>) {
    for (number, statement) in step.statements.iter().enumerate() {
        let sql = shorten(statement.sql());
        if let Some(ran) = rehearsed.statements.iter().find(|ran| ran.statement == number) {
            write_statement(text, ran, &sql, slowest.is_some_and(|slowest| std::ptr::eq(slowest, ran)));
        } else if let Some(omitted) = rehearsed.omitted.iter().find(|omitted| omitted.statement == number) {
            let _ = writeln!(text, "  {:>5}   left out  {sql}\n         {}", statement.line, omitted.reason);
        }
    }
}

fn write_statement(text: &mut String, ran: &RehearsedStatement, sql: &str, is_slowest: bool) {
    let rows = ran.rows.map_or_else(String::new, |rows| format!("  {}", plural(rows, "row")));
    let mark = if is_slowest { "  <- slowest" } else { "" };
    let _ = writeln!(text, "  {:>5}  {:>7.3} s  {sql}{rows}{mark}", ran.line, ran.seconds);
    if !ran.waited_for.is_empty() {
        let _ = writeln!(text, "         waited for a lock held by {}", blockers(&ran.waited_for));
    }
}

/// The statement that took longest; `None` if there is only one.
fn slowest(rehearsal: &Rehearsal) -> Option<&RehearsedStatement> {
    let all = || rehearsal.steps.iter().flat_map(|step| &step.statements);
    all().max_by(|one, other| one.seconds.total_cmp(&other.seconds)).filter(|_| all().nth(1).is_some())
}

/// The statement in one line, cut at [`STATEMENT_WIDTH`].
fn shorten(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = line.chars().take(STATEMENT_WIDTH).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}
