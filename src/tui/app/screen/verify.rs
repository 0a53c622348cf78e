//! `v` and `V`: scripts are proved up, down and up again on a scratch database; how far it is and what was found.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;

use super::proof::Proof;
use super::verify_list::status;
use super::{connected, idle, writable};
use crate::core::graph::RevisionId;
use crate::engine::verify::{Stage, VerifiedRevision, VerifyEvent, VerifyReport};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::history::Item;
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::sheet::{self, Kind};
use crate::tui::app::theme::Role;
use crate::tui::app::{Effect, Msg};

/// A verification: the one that runs, or the last that ran.
#[derive(Debug, Clone)]
pub struct Verify {
    /// What was asked for; `None`: the whole history.
    pub of: Option<RevisionId>,
    /// Where the scratch database is.
    pub(super) place: Option<String>,
    pub(super) notes: Vec<String>,
    pub found: Vec<Found>,
    pub(super) at: Option<At>,
    pub(super) count: usize,
    pub(super) started: Time,
    pub end: End,
    /// Counts what changes the list.
    pub version: u64,
}

/// What was found of one revision, and how long that took.
#[derive(Debug, Clone)]
pub struct Found {
    pub verified: VerifiedRevision,
    pub took: Duration,
}

/// What a verification is at.
#[derive(Debug, Clone)]
pub(super) enum At {
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
    pub(super) fn proving(&self) -> Option<(&RevisionId, Stage)> {
        match &self.at {
            Some(At::Proving { revision, stage, .. }) if !self.found.iter().any(|found| found.is_of(revision)) => {
                Some((revision, *stage))
            }
            _ => None,
        }
    }

    pub(super) fn proved(&self) -> usize {
        self.found.iter().filter(|found| found.verified.is_proved()).count()
    }
}

impl Found {
    fn is_of(&self, id: &RevisionId) -> bool {
        self.verified.revision == *id
    }

    /// Whether it was not run, as one before it does not run.
    pub(super) const fn is_untried(&self) -> bool {
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

fn on_told(model: &mut Model, told: VerifyEvent) {
    let now = model.now;
    let Some(verify) = &mut model.verify else { return };
    verify.version += 1;
    match told {
        VerifyEvent::Scratch { place, notes } => {
            model.log.note(now, State::Note, "verify", &format!("scratch database {place}"));
            verify.place = Some(place);
            verify.notes = notes;
        }
        VerifyEvent::Applying { revision } => verify.at = Some(At::Before(revision)),
        VerifyEvent::Proving { revision, stage, number, count } => {
            verify.count = count;
            let since = match &verify.at {
                Some(At::Proving { revision: before, since, .. }) if *before == revision => *since,
                _ => now,
            };
            verify.at = Some(At::Proving { revision, stage, number, since });
        }
        VerifyEvent::Verified(verified) => on_found(model, verified),
        VerifyEvent::BackToBase => verify.at = Some(At::BackToBase),
        VerifyEvent::Progress(_) => {}
    }
}

fn on_found(model: &mut Model, verified: VerifiedRevision) {
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

fn on_end(model: &mut Model, answer: Result<VerifyReport, Error>) -> Vec<Effect> {
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

/// The time from one moment to a later one of the same day.
pub(crate) fn elapsed(since: Time, now: Time) -> Duration {
    let elapsed = now.duration_since(since);
    if elapsed.is_negative() { Duration::ZERO } else { elapsed.unsigned_abs() }
}
