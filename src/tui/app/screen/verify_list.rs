//! What a verification shows: an entry a revision, what stands against it, and how far it is.

use super::plan_rows::count as counted;
use super::proof::{stage_pieces, stages};
use super::verify::{At, End, Verify, elapsed};
use crate::core::graph::RevisionId;
use crate::engine::verify::{Stage, VerifiedRevision};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::model::Model;
use crate::tui::app::run::spell;
use crate::tui::app::sheet::Entry;
use crate::tui::app::theme::Role;

/// The cells that the three stages take with the longest of their words.
const STAGES: usize = "up ok · down differs · again ok".len() - 2;

/// What is said before the first entry: why the scratch database is where it is.
pub(crate) fn notes(model: &Model) -> Vec<FormLine> {
    let notes = model.verify.iter().flat_map(|verify| &verify.notes);
    notes.map(|note| FormLine::Text(vec![(note.clone(), Role::Warning)], 0)).collect()
}

/// How many entries there are: what was found, and what is being proved.
pub(crate) fn count(model: &Model) -> usize {
    model.verify.as_ref().map_or(0, |verify| verify.found.len() + usize::from(verify.proving().is_some()))
}

/// What stands against a revision, below its entry.
pub(crate) fn details(model: &Model, index: usize) -> Vec<FormLine> {
    let Some(found) = model.verify.as_ref().and_then(|verify| verify.found.get(index)) else { return Vec::new() };
    let verified = &found.verified;
    let mut lines = Vec::new();
    let mut text = |text: String, role| lines.push(FormLine::Text(vec![(text, role)], 2));
    if let Some(error) = &verified.error {
        let line = error.line.map_or_else(String::new, |line| format!("line {line}: "));
        text(format!("{line}{}", error.message), Role::Danger);
    }
    if let Some(note) = &verified.note {
        text(note.clone(), Role::Warning);
    }
    for difference in &verified.difference {
        text(difference.clone(), Role::Warning);
    }
    let Some(error) = &verified.error else { return lines };
    for line in error.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
        let caret = line.trim_start_matches([' ', '|', '│']).starts_with('^');
        lines.push(FormLine::Raw(vec![(line.to_owned(), if caret { Role::Danger } else { Role::Text })]));
    }
    for cause in &error.causes {
        lines.push(FormLine::Text(vec![(cause.clone(), Role::Text)], 2));
    }
    if let Some(hint) = &error.hint {
        lines.push(FormLine::Text(vec![(String::from("hint    "), Role::Muted), (hint.clone(), Role::Good)], 8));
    }
    lines
}

/// The revision of an entry.
pub(crate) fn revision(model: &Model, index: usize) -> Option<&RevisionId> {
    let verify = model.verify.as_ref()?;
    match verify.found.get(index) {
        Some(found) => Some(&found.verified.revision),
        None => verify.proving().map(|(revision, _)| revision),
    }
}

/// Why a revision's script did not run.
pub(crate) fn error(model: &Model, index: usize) -> Option<&Error> {
    model.verify.as_ref()?.found.get(index)?.verified.error.as_ref()
}

/// A revision with its state as glyph and words, its three stages, and how long they took.
pub(crate) fn entry(model: &Model, index: usize) -> Entry {
    let Some(verify) = &model.verify else { return Entry::default() };
    let found = verify.found.get(index);
    let states = stages(found.map(|found| &found.verified), verify.proving().map(|(_, stage)| stage));
    let Some(id) = revision(model, index) else { return Entry::default() };
    let message = model.script_of(id).map_or("", |file| file.script.summary());
    let (glyph, role) = glyph(model, found.map(|found| &found.verified));
    let left =
        vec![(format!("{glyph} "), role), (id.short().to_owned(), Role::Id), (format!("  {message}"), Role::Text)];
    let took = match (found, &verify.at) {
        (Some(found), _) if found.took.is_zero() => String::new(),
        (Some(found), _) => spell(found.took),
        (None, Some(At::Proving { since, .. })) => format!("{} s", elapsed(*since, model.now).as_secs()),
        _ => String::new(),
    };
    let mut right = stage_pieces(states);
    let words: usize = right.iter().map(|(text, _)| text.chars().count()).sum();
    let blanks = STAGES.saturating_sub(words);
    right.push((format!("{:blanks$} {took:>8} ", ""), Role::Muted));
    Entry { left, right }
}

const fn glyph(model: &Model, verified: Option<&VerifiedRevision>) -> (&'static str, Role) {
    let ascii = model.preferences.ascii;
    match verified {
        None => (if ascii { ">" } else { "▸" }, Role::Current),
        Some(verified) if verified.up && verified.down && verified.again => (if ascii { "*" } else { "✓" }, Role::Good),
        // It was not run, as one before it does not run.
        Some(VerifiedRevision { up: false, error: None, .. }) => (if ascii { "." } else { "◌" }, Role::Warning),
        Some(_) => (if ascii { "x" } else { "✗" }, Role::Danger),
    }
}

/// `Verify 9f3b6c10` or the whole history, and what that means.
pub(crate) fn title(model: &Model) -> Vec<Piece> {
    let Some(verify) = &model.verify else { return Vec::new() };
    let what = verify.of.as_ref().map_or("the whole history", |id| id.short());
    let how = String::from(" ─ up, down and up again on a scratch database");
    vec![(format!("Verify {what}"), Role::BorderFocused), (how, Role::Muted)]
}

/// How far it is, or what came of it.
pub(crate) fn status(model: &Model) -> Piece {
    let Some(verify) = &model.verify else { return (String::new(), Role::Muted) };
    let of = counted(verify.found.len() as u64, "revision");
    let proved = verify.proved();
    match &verify.end {
        End::Running if model.cancelling => {
            (String::from("cancelling: the scratch database is being dropped …"), Role::Warning)
        }
        End::Running => (running(model, verify), Role::Current),
        End::Failed(error) if error.kind == ErrorKind::Interrupted => {
            let words = "cancelled; the scratch database is gone";
            (if proved > 0 { format!("{words}, {proved} were proved before") } else { words.to_owned() }, Role::Warning)
        }
        End::Failed(error) => (error.message.clone(), Role::Danger),
        End::Done { back_to_base, data_untested } if proved == verify.found.len() => {
            let base = if *back_to_base { ", and back to base" } else { "" };
            let data = if *data_untested { "; data changes ran on empty tables" } else { "" };
            (format!("{of} proved{base}{data}"), Role::Good)
        }
        End::Done { .. } => (unproved(verify), Role::Danger),
    }
}

/// How many are proved, how many are not, and how many were not tried.
fn unproved(verify: &Verify) -> String {
    let not_run = verify.found.iter().filter(|found| found.is_untried()).count();
    let (all, proved) = (verify.found.len(), verify.proved());
    let faulty = match all - proved - not_run {
        1 => String::from("1 is not"),
        faulty => format!("{faulty} are not"),
    };
    let rest = match not_run {
        0 => String::new(),
        1 => String::from(", 1 was not run"),
        not_run => format!(", {not_run} were not run"),
    };
    format!("{proved} of {} proved, {faulty}{rest}", counted(all as u64, "revision"))
}

fn running(model: &Model, verify: &Verify) -> String {
    let seconds = elapsed(verify.started, model.now).as_secs();
    let at = match &verify.at {
        None if verify.place.is_none() => String::from("making a scratch database"),
        None => String::from("reading the empty schema"),
        Some(At::Before(id)) => format!("running what comes before: {}", id.short()),
        Some(At::Proving { revision, stage, number, .. }) => {
            let stage = match stage {
                Stage::Up => "up",
                Stage::Down => "down",
                Stage::Again => "up again",
            };
            format!("proving {number} of {}: {} {stage}", verify.count, revision.short())
        }
        Some(At::BackToBase) => String::from("taking all of it back to base at once"),
    };
    format!("{at}, {seconds} s")
}
