//! `upgrade --rehearse`, `downgrade --rehearse`: runs a plan, tells the time of each statement, and takes it all back.

use std::fmt::Write as _;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::progress::{Reporter, describe};
use super::{interrupt, plan_text, question};
use crate::core::plan::{Plan, Step};
use crate::engine::apply::rehearse::{Rehearsal, RehearsedStatement, RehearsedStep, rehearse};
use crate::engine::project::Project;
use crate::engine::{Error, Target};

/// How many characters of a statement stand beside its time.
const SHOWN: usize = 70;

/// Rehearses a plan that is not empty. `given`: `--confirm` and `--no-wait`.
///
/// # Errors
/// As the plan would fail; of kind `Approval` where a protected environment is not confirmed.
pub async fn run(
    context: &Context,
    project: &Project,
    target: &Target,
    plan: &Arc<Plan>,
    (confirm, no_wait): (Option<&str>, bool),
) -> Result<Exit, Failure> {
    let typed = ask(context, plan, confirm)?;
    let reporter = Reporter::new(context.terminal, Arc::clone(plan), context.global.verbose);
    let cancel = CancellationToken::new();
    let watch = interrupt::watch(context.terminal, cancel.clone());
    context.terminal.note("Rehearsal: everything that runs now is rolled back");
    let confirmed = typed.as_deref().or(confirm);
    let tell = |progress| reporter.tell(&progress);
    let rehearsal = rehearse(project, target, (plan, confirmed), no_wait, &tell, &cancel).await;
    watch.abort();
    let rehearsal = rehearsal?;
    if context.terminal.json {
        context.terminal.document(&rehearsal)?;
    } else {
        context.terminal.result(&text(plan, &rehearsal))?;
    }
    Ok(Exit::Done)
}

/// Asks on a terminal for the name of a protected environment that was not given.
fn ask(context: &Context, plan: &Plan, confirm: Option<&str>) -> Result<Option<String>, Error> {
    let Some(name) = plan.environment_to_confirm().filter(|name| confirm.is_none() && !name.is_empty()) else {
        return Ok(None);
    };
    if !context.terminal.can_ask() {
        return Ok(None);
    }
    let words = format!("The rehearsal takes locks on environment {name}. Type {name} to go on:");
    question::ask([], &words).map(Some)
}

fn text(plan: &Plan, rehearsal: &Rehearsal) -> String {
    let slowest = slowest(rehearsal);
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (step, rehearsed) in plan.steps.iter().zip(&rehearsal.steps) {
        let _ = writeln!(text, "{}  {:.3} s", plan_text::running(step), rehearsed.seconds);
        self::step(&mut text, step, rehearsed, slowest);
    }
    for moved in &rehearsal.sequences {
        let value = |value: Option<i64>| value.map_or_else(|| "its start".to_owned(), |value| value.to_string());
        let (from, to) = (value(moved.from), value(moved.to));
        let _ = writeln!(
            text,
            "sequence {} went from {from} to {to}: what is drawn from a sequence is not given back",
            moved.sequence
        );
    }
    let statements: usize = rehearsal.steps.iter().map(|step| step.statements.len()).sum();
    let left_out: usize = rehearsal.steps.iter().map(|step| step.left_out.len()).sum();
    let seconds: f64 = rehearsal.steps.iter().map(|step| step.seconds).sum();
    let not = if left_out == 0 { String::new() } else { format!(", {left_out} not rehearsed") };
    let _ = writeln!(text, "Rehearsed {statements} statements in {seconds:.3} s{not}; all of it was rolled back");
    text
}

fn step(text: &mut String, step: &Step, rehearsed: &RehearsedStep, slowest: Option<&RehearsedStatement>) {
    for (number, statement) in step.statements.iter().enumerate() {
        let shown = shorten(&statement.sql);
        if let Some(ran) = rehearsed.statements.iter().find(|ran| ran.statement == number) {
            ran_line(text, ran, &shown, slowest.is_some_and(|slowest| std::ptr::eq(slowest, ran)));
        } else if let Some(left_out) = rehearsed.left_out.iter().find(|left_out| left_out.statement == number) {
            let _ = writeln!(text, "  {:>5}   left out  {shown}\n         {}", statement.line, left_out.reason);
        }
    }
}

fn ran_line(text: &mut String, ran: &RehearsedStatement, shown: &str, slowest: bool) {
    let rows = ran.rows.map_or_else(String::new, |rows| format!("  {rows} row{}", if rows == 1 { "" } else { "s" }));
    let mark = if slowest { "  <- slowest" } else { "" };
    let _ = writeln!(text, "  {:>5}  {:>7.3} s  {shown}{rows}{mark}", ran.line, ran.seconds);
    if !ran.waited_for.is_empty() {
        let _ = writeln!(text, "         waited for a lock held by {}", describe(&ran.waited_for));
    }
}

/// The statement that took longest, where there are several.
fn slowest(rehearsal: &Rehearsal) -> Option<&RehearsedStatement> {
    let all = || rehearsal.steps.iter().flat_map(|step| &step.statements);
    all().max_by(|one, other| one.seconds.total_cmp(&other.seconds)).filter(|_| all().nth(1).is_some())
}

/// A statement in a line, cut.
fn shorten(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = line.chars().take(SHOWN).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}
