//! Plans, hazards and copies as text.

use std::fmt::Write;

use super::listing::join;
use crate::core::escape::escape_line;
use crate::core::hazard::{Class, Hazard};
use crate::core::plan::{Plan, Step};
use crate::core::statement::{Question, Subject};
use crate::core::text::{plural, thousands};
use crate::engine::copies::CompletedCopy;
use crate::engine::copies::RestoredCopy;

/// The whole plan, one paragraph per step.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    let place = |ids: &[_]| if ids.is_empty() { "<base>".to_owned() } else { join(ids) };
    let (from, to) = (place(&plan.from), place(&plan.to));
    if plan.is_empty() {
        return format!("Nothing to do: the database is at {from}\n");
    }
    let (steps, statements) = (plan.steps.len() as u64, plan.statement_count() as u64);
    let (revisions, statements) = (plural(steps, "revision"), plural(statements, "statement"));
    let mut text = format!("{} from {from} to {to}: {revisions}, {statements}\n", plan.direction.word());
    for step in &plan.steps {
        text.push('\n');
        self::step(&mut text, step);
    }
    let safeguards = plan.safeguards();
    if !safeguards.is_empty() {
        text.push('\n');
    }
    for line in safeguards {
        let _ = writeln!(text, "{line}");
    }
    for note in &plan.notes {
        let _ = writeln!(text, "\nnote: {note}");
    }
    text
}

/// The title of a step as Alembic logs it, e.g. `Running upgrade 27c6a30d7c24 -> 1975ea83b712, add user table`.
#[must_use]
pub fn step_title(step: &Step) -> String {
    let mut text = format!("Running {} {} -> {}", step.direction.word(), join(&step.shown_from), join(&step.shown_to));
    if !step.message.is_empty() {
        let _ = write!(text, ", {}", step.message.lines().next().unwrap_or_default());
    }
    text
}

/// A hazard with its counted rows, e.g. `drops column users.email: 41 values in 120 rows`, and the reason from the
/// script's `limbeck: allow` note.
#[must_use]
pub fn hazard(hazard: &Hazard) -> String {
    let object = escape_line(&hazard.object);
    format!("{} {object}{}{}", hazard.title, evidence(hazard), reason(hazard))
}

/// A hazard without counted rows.
#[must_use]
pub fn hazard_without_count(hazard: &Hazard) -> String {
    format!("{} {}{}", hazard.title, escape_line(&hazard.object), reason(hazard))
}

/// What was counted for a hazard, with a colon before it.
fn evidence(hazard: &Hazard) -> String {
    let Some(evidence) = hazard.evidence else {
        return if hazard.class == Class::DataLoss { ": not counted".to_owned() } else { String::new() };
    };
    if evidence.is_unknown() {
        return format!(": not counted ({})", evidence.why.unwrap_or_default());
    }
    let about = match evidence.exact {
        _ if hazard.is_upper_bound() => "at most ",
        true => "",
        false => "about ",
    };
    let rows = plural(evidence.rows, "row");
    let counted = match &hazard.subject {
        Subject::Table { .. } => rows,
        Subject::Rows { question: Question::Affected { column: None, .. }, .. } => {
            format!("{} of {rows}", thousands(evidence.values))
        }
        Subject::Rows { question, .. } => format!("{} in {rows}", plural(evidence.values, question.noun())),
        _ => format!("{} in {rows}", plural(evidence.values, "value")),
    };
    let why = evidence.why.map_or_else(String::new, |why| format!(" ({why})"));
    format!(": {about}{counted}{why}{}", evidence.size_and_sessions())
}

/// The reason from the script's `limbeck: allow` note.
fn reason(hazard: &Hazard) -> String {
    hazard.allowed.as_ref().map_or_else(String::new, |reason| format!(" (because {reason})"))
}

/// The hazards that need approval, one line each.
#[must_use]
pub fn hazards_to_approve(plan: &Plan) -> Vec<String> {
    plan.hazards_to_approve()
        .map(|(step, statement, found)| {
            format!("{}, line {}, {} [{}]", step.revision, statement.line, hazard(found), found.class.word())
        })
        .collect()
}

/// One line about a copy that was kept.
#[must_use]
pub fn kept(kept: &CompletedCopy) -> String {
    format!("Kept a copy of {}: {}", escape_line(&kept.object), kept.kind.describe_contents(kept.rows))
}

/// One line about a copy that was restored.
#[must_use]
pub fn restored(restored: &RestoredCopy) -> String {
    let RestoredCopy { kind, object, rows, not_restored, added } = restored;
    let object = escape_line(object);
    if *rows == 0 && *not_restored == 0 {
        return format!("{object} already has all the data of its copy");
    }
    let mut line = format!("Restored {object}: {}", kind.describe_contents(*rows));
    if *not_restored > 0 {
        let _ = write!(line, "; {} not restored because of later changes", thousands(*not_restored));
    }
    if *added > 0 {
        let _ = write!(line, "; {} added since then left unchanged", plural(*added, "row"));
    }
    line
}

/// The environments that should reach the target first, one line each.
#[must_use]
pub fn outdated_environment_lines(plan: &Plan) -> Vec<String> {
    plan.outdated_environments
        .iter()
        .map(|outdated| format!("environment {} should be upgraded first: {}", outdated.environment, outdated.state))
        .collect()
}

fn step(text: &mut String, step: &Step) {
    let outside = if step.transactional { String::new() } else { format!(" ({})", step.words_outside_transaction()) };
    let depends =
        if step.python.as_ref().is_some_and(|python| python.depends_on_data) { " (depends on data)" } else { "" };
    let _ = writeln!(text, "{}{outside}{depends}", step_title(step));
    if let Some(path) = &step.path {
        let _ = writeln!(text, "  {}", escape_line(&path.to_string_lossy()));
    }
    for statement in &step.statements {
        let indented = statement.sql().replace('\n', "\n         ");
        let _ = writeln!(text, "  {:>5}  {indented};", statement.line);
        for found in &statement.hazards {
            let _ = writeln!(text, "         {} {}: {}", found.class.word(), found.code, hazard(found));
        }
    }
}
