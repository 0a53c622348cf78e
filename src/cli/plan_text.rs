//! A plan as text: what `--dry-run` prints, and what a question is about.

use std::fmt::Write;

use super::listing::join;
use crate::core::hazard::{Class, Hazard, Question, Subject};
use crate::core::plan::{Plan, Step};
use crate::engine::apply::Kept;
use crate::engine::copies::Restored;

/// The whole plan, a paragraph a step.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    let place = |ids: &[_]| if ids.is_empty() { "<base>".to_owned() } else { join(ids) };
    let (from, to) = (place(&plan.from), place(&plan.to));
    if plan.is_empty() {
        return format!("Nothing to do: the database is at {from}\n");
    }
    let (steps, statements) = (plan.steps.len(), plan.statement_count());
    let mut text = format!(
        "{} from {from} to {to}: {steps} revision{}, {statements} statement{}\n",
        plan.direction.word(),
        plural(steps),
        plural(statements)
    );
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
    text
}

/// A step as Alembic logs it, e.g. `Running upgrade 27c6a30d7c24 -> 1975ea83b712, add user table`.
#[must_use]
pub fn running(step: &Step) -> String {
    let mut text = format!("Running {} {} -> {}", step.direction.word(), join(&step.shown_from), join(&step.shown_to));
    if !step.message.is_empty() {
        let _ = write!(text, ", {}", step.message.lines().next().unwrap_or_default());
    }
    text
}

/// A hazard in a line, e.g. `drops column users.email: 41 values in 120 rows`, with the reason that a note gives.
#[must_use]
pub fn hazard(hazard: &Hazard) -> String {
    let counted = match hazard.evidence {
        None if hazard.class != Class::DataLoss => String::new(),
        None => ": not counted".to_owned(),
        Some(evidence) => {
            let why = evidence.why.map_or_else(String::new, |why| format!(" ({why})"));
            let about = match evidence.exact {
                _ if hazard.is_upper_bound() => "at most ",
                true => "",
                false => "about ",
            };
            let (values, rows) = (evidence.values, evidence.rows);
            let counted = match hazard.subject {
                Subject::Table { .. } => format!(": {about}{rows} row{}", plural(rows)),
                Subject::Rows { question: Question::Taken { column: None, .. }, .. } => {
                    format!(": {about}{values} of {rows} row{}", plural(rows))
                }
                Subject::Rows { ref question, .. } => {
                    let noun = question.noun();
                    format!(": {about}{values} {noun}{} in {rows} row{}", plural(values), plural(rows))
                }
                _ => format!(": {about}{values} value{} in {rows} row{}", plural(values), plural(rows)),
            };
            counted + &why + &evidence.weight()
        }
    };
    format!("{} {}{counted}{}", hazard.title, hazard.object, because(hazard))
}

/// A hazard in a line, without what was counted.
#[must_use]
pub fn named(hazard: &Hazard) -> String {
    format!("{} {}{}", hazard.title, hazard.object, because(hazard))
}

/// The reason that a note gives, behind what it is about.
fn because(hazard: &Hazard) -> String {
    hazard.allowed.as_ref().map_or_else(String::new, |reason| format!(" (because {reason})"))
}

/// What a person has to approve, a line each.
#[must_use]
pub fn to_approve(plan: &Plan) -> Vec<String> {
    plan.to_approve()
        .map(|(step, statement, found)| {
            format!("{}, line {}, {} [{}]", step.revision, statement.line, hazard(found), found.class.word())
        })
        .collect()
}

/// A copy that was made, in a line.
#[must_use]
pub fn kept(kept: &Kept) -> String {
    format!("Kept a copy of {}: {} row{}", kept.object, kept.rows, plural(kept.rows))
}

/// What came back of a copy, in a line.
#[must_use]
pub fn restored(restored: &Restored) -> String {
    let Restored { object, rows, left, added } = restored;
    if *rows == 0 && *left == 0 {
        return format!("All of {object} is there again as it was");
    }
    let mut line = format!("Brought back {object}: {rows} row{}", plural(*rows));
    if *left > 0 {
        let _ = write!(line, ", {left} not, as their place is taken or gone");
    }
    if *added > 0 {
        let _ = write!(line, "; {added} that came since left as they are");
    }
    line
}

/// The environments that should have come first, a line each.
#[must_use]
pub fn behind(plan: &Plan) -> Vec<String> {
    plan.behind
        .iter()
        .map(|behind| format!("environment {} should come first: {}", behind.environment, behind.state))
        .collect()
}

fn step(text: &mut String, step: &Step) {
    let outside = if step.transactional { "" } else { " (outside a transaction)" };
    let _ = writeln!(text, "{}{outside}", running(step));
    if let Some(path) = &step.path {
        let _ = writeln!(text, "  {}", path.display());
    }
    for statement in &step.statements {
        let indented = statement.sql.replace('\n', "\n         ");
        let _ = writeln!(text, "  {:>5}  {indented};", statement.line);
        for found in &statement.hazards {
            let _ = writeln!(text, "         {} {}: {}", found.class.word(), found.code, hazard(found));
        }
    }
}

fn plural(count: impl TryInto<u64>) -> &'static str {
    if count.try_into().is_ok_and(|count| count == 1) { "" } else { "s" }
}
