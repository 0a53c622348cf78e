//! `v` and `V`: scripts are proved up, down and up again on a scratch database; how far it is and what was found.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;

use super::plan_rows::count as counted;
use super::proof::{Proof, stage_pieces, stages};
use super::{connected, idle, writable};
use crate::core::graph::RevisionId;
use crate::engine::verify::{Report, Stage, Told, Verified};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::history::Item;
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::run::spell;
use crate::tui::app::sheet::{self, Entry, Kind};
use crate::tui::app::theme::Role;
use crate::tui::app::{Effect, Msg};

/// The cells that the three stages take with the longest of their words.
const STAGES: usize = "up ok · down differs · again ok".len() - 2;

/// A verification: the one that runs, or the last that ran.
#[derive(Debug, Clone)]
pub struct Verify {
    /// What was asked for; `None`: the whole history.
    pub of: Option<RevisionId>,
    /// Where the scratch database is.
    place: Option<String>,
    notes: Vec<String>,
    pub found: Vec<Found>,
    at: Option<At>,
    count: usize,
    started: Time,
    pub end: End,
    /// Counts what changes the list.
    pub version: u64,
}

/// What was found of one revision, and how long that took.
#[derive(Debug, Clone)]
pub struct Found {
    pub verified: Verified,
    pub took: Duration,
}

/// What a verification is at.
#[derive(Debug, Clone)]
enum At {
    /// What only comes before.
    Before(RevisionId),
    Proving {
        revision: RevisionId,
        stage: Stage,
        number: usize,
        since: Time,
    },
    BackToBase,
}

/// How a verification stands.
#[derive(Debug, Clone)]
pub enum End {
    Running,
    Done { back_to_base: bool, data_untested: bool },
    Failed(Error),
}

impl Verify {
    fn new(of: Option<RevisionId>, started: Time) -> Self {
        let (found, notes) = (Vec::new(), Vec::new());
        Self { of, place: None, notes, found, at: None, count: 0, started, end: End::Running, version: 1 }
    }

    /// The revision that is proved at the moment, and how far it is.
    fn proving(&self) -> Option<(&RevisionId, Stage)> {
        match &self.at {
            Some(At::Proving { revision, stage, .. }) if !self.found.iter().any(|found| found.is_of(revision)) => {
                Some((revision, *stage))
            }
            _ => None,
        }
    }

    fn proved(&self) -> usize {
        self.found.iter().filter(|found| found.verified.is_proved()).count()
    }
}

impl Found {
    fn is_of(&self, id: &RevisionId) -> bool {
        self.verified.revision == *id
    }

    /// Whether it was not run, as one before it does not run.
    const fn is_untried(&self) -> bool {
        !self.verified.up && self.verified.error.is_none()
    }
}

/// Decides `v` and `V`. While a verification runs both show it.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    if matches!(model.job, Some(Job::Verifying(_))) {
        return Ok(|model| sheet::open(model, Kind::Verify));
    }
    writable(model)?;
    if model.tree.as_ref().is_none_or(|tree| tree.scripts.is_empty()) {
        return no("there are no scripts yet");
    }
    connected(model)?;
    if command == Command::VerifyAll {
        return Ok(|model| start(model, None));
    }
    match model.history.selected_item() {
        Some(Item::Revision(_)) => Ok(|model| {
            let selected = model.history.selected_revision().cloned();
            start(model, selected)
        }),
        Some(Item::Missing(_)) => no("the selected revision has no script here"),
        Some(Item::Problem(_)) => no("this script cannot be read; Enter says why"),
        _ => no("no revision is selected"),
    }
}

/// Starts it: one revision, or all.
fn start(model: &mut Model, of: Option<RevisionId>) -> Vec<Effect> {
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    let generation = model.next_generation();
    let words = of.iter().map(ToString::to_string).collect();
    model.verify = Some(Verify::new(of, model.now));
    model.job = Some(Job::Verifying(generation));
    model.cancelling = false;
    sheet::open(model, Kind::Verify);
    vec![Effect::Verify(generation, tree, words)]
}

/// `R`: the same once more.
pub(crate) fn again(model: &Model) -> Decision {
    idle(model)?;
    connected(model)?;
    Ok(|model| {
        let of = model.verify.as_ref().and_then(|verify| verify.of.clone());
        start(model, of)
    })
}

/// Takes a message of its own.
pub fn on_message(model: &mut Model, message: Msg) -> Vec<Effect> {
    match message {
        Msg::VerifyTold(generation, told) if model.job == Some(Job::Verifying(generation)) => {
            on_told(model, told);
            Vec::new()
        }
        Msg::Verified(generation, answer) if model.job == Some(Job::Verifying(generation)) => on_end(model, answer),
        _ => Vec::new(),
    }
}

fn on_told(model: &mut Model, told: Told) {
    let now = model.now;
    let Some(verify) = &mut model.verify else { return };
    verify.version += 1;
    match told {
        Told::Scratch { place, notes } => {
            verify.place = Some(place);
            verify.notes = notes;
        }
        Told::Applying { revision } => verify.at = Some(At::Before(revision)),
        Told::Proving { revision, stage, number, count } => {
            verify.count = count;
            let since = match &verify.at {
                Some(At::Proving { revision: before, since, .. }) if *before == revision => *since,
                _ => now,
            };
            verify.at = Some(At::Proving { revision, stage, number, since });
        }
        Told::Found(verified) => on_found(model, verified),
        Told::BackToBase => verify.at = Some(At::BackToBase),
        Told::Progress(_) => {}
    }
}

fn on_found(model: &mut Model, verified: Verified) {
    let now = model.now;
    let text = model.script_of(&verified.revision).map(|file| Arc::clone(&file.text));
    let Some(verify) = &mut model.verify else { return };
    let known = verify.found.iter_mut().find(|found| found.is_of(&verified.revision));
    let took = match (&known, &verify.at) {
        (Some(found), _) => found.took,
        (None, Some(At::Proving { revision, since, .. })) if *revision == verified.revision => elapsed(*since, now),
        _ => Duration::ZERO,
    };
    if let Some(text) = text {
        model.proofs.insert(verified.revision.clone(), Proof { text, verified: verified.clone(), took, at: now });
    }
    match known {
        Some(found) => found.verified = verified,
        None => verify.found.push(Found { verified, took }),
    }
}

fn on_end(model: &mut Model, answer: Result<Report, Error>) -> Vec<Effect> {
    model.job = None;
    model.cancelling = false;
    let Some(verify) = &mut model.verify else { return Vec::new() };
    verify.version += 1;
    verify.at = None;
    verify.end = match answer {
        Ok(report) => {
            let known: HashSet<RevisionId> = verify.found.iter().map(|found| found.verified.revision.clone()).collect();
            let untold = report.revisions.into_iter().filter(|verified| !known.contains(&verified.revision));
            verify.found.extend(untold.map(|verified| Found { verified, took: Duration::ZERO }));
            End::Done { back_to_base: report.back_to_base, data_untested: report.data_untested }
        }
        Err(error) => End::Failed(error),
    };
    let failed = match &verify.end {
        End::Failed(error) if error.kind != ErrorKind::Interrupted => Some(error.clone()),
        _ => None,
    };
    let (words, role) = status(model);
    let state = match role {
        Role::Good => State::Done,
        Role::Danger => State::Failed,
        _ => State::Warning,
    };
    model.log.note(model.now, state, "verify", &words);
    if model.quitting {
        return vec![Effect::Quit];
    }
    model.dialogs.retain(|dialog| !matches!(dialog, crate::tui::app::dialog::Dialog::Leaving(_)));
    match failed {
        Some(error) => model.show_error(error),
        None if model.sheet.is_none() => model.say(format!("verify: {words}")),
        None => {}
    }
    Vec::new()
}

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
    right.push((format!("{:blanks$} {took:>8}", ""), Role::Muted));
    Entry { left, right }
}

const fn glyph(model: &Model, verified: Option<&Verified>) -> (&'static str, Role) {
    let ascii = model.preferences.ascii;
    match verified {
        None => (if ascii { ">" } else { "▸" }, Role::Current),
        Some(verified) if verified.up && verified.down && verified.again => (if ascii { "*" } else { "✓" }, Role::Good),
        // It was not run, as one before it does not run.
        Some(Verified { up: false, error: None, .. }) => (if ascii { "." } else { "◌" }, Role::Warning),
        Some(_) => (if ascii { "x" } else { "✗" }, Role::Danger),
    }
}

/// `Verify 9f3b6c10` or the whole history, and where the scratch database is.
pub(crate) fn title(model: &Model) -> Vec<Piece> {
    let Some(verify) = &model.verify else { return Vec::new() };
    let what = verify.of.as_ref().map_or("the whole history", |id| id.short());
    let place = verify.place.as_deref().unwrap_or("a scratch database");
    vec![(format!("Verify {what}"), Role::BorderFocused), (format!(" ─ on {place}"), Role::Muted)]
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
            let data = if *data_untested { "; on empty tables, so not what they do to rows" } else { "" };
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

/// The time from one moment to a later one of the same day.
pub(crate) fn elapsed(since: Time, now: Time) -> Duration {
    let elapsed = now.duration_since(since);
    if elapsed.is_negative() { Duration::ZERO } else { elapsed.unsigned_abs() }
}
