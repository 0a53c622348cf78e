//! `v` and `V`: verifies scripts on a scratch database: upgrade, downgrade, and upgrade again.

mod list;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;

use crate::core::graph::RevisionId;
use crate::engine::verify::{Stage, VerifiedRevision, VerifyEvent, VerifyReport};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::format::elapsed;
use crate::tui::app::history::Item;
use crate::tui::app::job::{JobSpec, OnCancel, ShownBy};
use crate::tui::app::list as lists;
use crate::tui::app::log::LogState;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::proof::Proof;
use crate::tui::app::question::Question;

/// The name of the job and in the log.
const NAME: &str = "verify";

/// The messages of the task.
#[derive(Debug, Clone)]
pub enum VerifyMsg {
    Progress(VerifyEvent),
    Verified(Result<VerifyReport, Error>),
}

/// The list: the verification that runs, or the last one.
#[derive(Debug)]
pub struct Verification {
    /// The revision that is verified; `None`: the whole history.
    of: Option<RevisionId>,
    /// Whether the scratch database exists.
    has_scratch: bool,
    notes: Vec<String>,
    results: Vec<VerifyResult>,
    current: Option<Activity>,
    /// The number of revisions to verify.
    count: usize,
    end: VerificationEnd,
    version: u64,
}

/// The result of one revision.
#[derive(Debug)]
struct VerifyResult {
    verified: VerifiedRevision,
    took: Duration,
}

/// What the verification does now.
#[derive(Debug)]
enum Activity {
    /// It applies a revision that comes before the verified ones.
    Applying(RevisionId),
    Proving {
        revision: RevisionId,
        stage: Stage,
        number: usize,
        since: Time,
    },
    /// It downgrades everything to base.
    BackToBase,
}

/// The end of the verification.
#[derive(Debug)]
enum VerificationEnd {
    Running,
    Done { back_to_base: bool, data_untested: bool },
    Failed(Error),
}

impl Verification {
    fn new(of: Option<RevisionId>) -> Self {
        Self {
            of,
            has_scratch: false,
            notes: Vec::new(),
            results: Vec::new(),
            current: None,
            count: 0,
            end: VerificationEnd::Running,
            version: 1,
        }
    }

    /// The revision that is proved now, and its stage.
    fn proving(&self) -> Option<(&RevisionId, Stage)> {
        match &self.current {
            Some(Activity::Proving { revision, stage, .. }) if self.result_of(revision).is_none() => {
                Some((revision, *stage))
            }
            _ => None,
        }
    }

    fn result_of(&self, id: &RevisionId) -> Option<&VerifyResult> {
        self.results.iter().find(|result| result.verified.revision == *id)
    }

    /// The number of proved revisions.
    fn proved(&self) -> usize {
        self.results.iter().filter(|result| result.verified.is_proved()).count()
    }
}

/// Decides `v` and `V`. While a verification runs, both show it.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    if model.jobs.runs(NAME) {
        return act(|model| {
            lists::open::<Verification>(model);
            Vec::new()
        });
    }
    model.require_writable()?;
    if model.tree.as_ref().is_none_or(|tree| tree.scripts.is_empty()) {
        return refuse("there are no scripts yet");
    }
    model.require_connected()?;
    let of = match (command, model.history.selected_item()) {
        (Command::VerifyAll, _) => None,
        (_, Some(Item::Revision(id))) => Some(id.clone()),
        (_, Some(Item::Missing(_))) => return refuse("the selected revision has no script"),
        (_, Some(Item::Problem(_))) => return refuse("this script cannot be read; Enter shows the reason"),
        _ => return refuse("no revision is selected"),
    };
    act(|model| start(model, of))
}

/// Verifies one revision, or the whole history.
fn start(model: &mut Model, of: Option<RevisionId>) -> Vec<Effect> {
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    let revisions = of.iter().map(ToString::to_string).collect();
    model.states.set(Verification::new(of));
    lists::open::<Verification>(model);
    let spec = JobSpec {
        name: NAME,
        doing: String::from("verifying"),
        on_cancel: OnCancel::Stop,
        shown_by: ShownBy::List,
        writes: false,
        quit_warning: "A verification is running. Cancelling it drops its scratch database.",
    };
    model.start_job(spec, Task::Verify(tree, revisions))
}

/// Takes a progress message.
pub(super) fn on_progress(model: &mut Model, message: VerifyMsg) {
    let now = model.now;
    let (VerifyMsg::Progress(progress), Some(list)) = (message, model.states.get_mut::<Verification>()) else { return };
    list.version += 1;
    match progress {
        VerifyEvent::Scratch { place, notes } => {
            model.log.note(now, LogState::Note, NAME, &format!("scratch database {place}"));
            list.has_scratch = true;
            list.notes = notes;
        }
        VerifyEvent::Applying { revision } => list.current = Some(Activity::Applying(revision)),
        VerifyEvent::Proving { revision, stage, number, count } => {
            list.count = count;
            let since = match &list.current {
                Some(Activity::Proving { revision: before, since, .. }) if *before == revision => *since,
                _ => now,
            };
            list.current = Some(Activity::Proving { revision, stage, number, since });
        }
        VerifyEvent::Verified(verified) => on_result(model, verified),
        VerifyEvent::BackToBase => list.current = Some(Activity::BackToBase),
        VerifyEvent::Progress(_) => {}
    }
}

/// Takes the result of one revision.
fn on_result(model: &mut Model, verified: VerifiedRevision) {
    let now = model.now;
    let text = model.script_of(&verified.revision).map(|file| Arc::clone(&file.text));
    let Some(list) = model.states.get_mut::<Verification>() else { return };
    let took = match (list.result_of(&verified.revision), &list.current) {
        (Some(known), _) => known.took,
        (None, Some(Activity::Proving { revision, since, .. })) if *revision == verified.revision => {
            elapsed(*since, now)
        }
        _ => Duration::ZERO,
    };
    if let Some(text) = text {
        let proof = Proof { text, verified: verified.clone(), took, at: now };
        model.proofs.insert(verified.revision.clone(), proof);
    }
    match list.results.iter_mut().find(|known| known.verified.revision == verified.revision) {
        Some(known) => known.verified = verified,
        None => list.results.push(VerifyResult { verified, took }),
    }
}

/// Takes the end of the task.
pub(super) fn on_end(model: &mut Model, message: VerifyMsg) -> Vec<Effect> {
    let (VerifyMsg::Verified(answer), Some(list)) = (message, model.states.get_mut::<Verification>()) else {
        return Vec::new();
    };
    list.version += 1;
    list.current = None;
    let mut failure = None;
    list.end = match answer {
        Ok(report) => {
            let known: HashSet<RevisionId> =
                list.results.iter().map(|result| result.verified.revision.clone()).collect();
            let others = report.revisions.into_iter().filter(|verified| !known.contains(&verified.revision));
            list.results.extend(others.map(|verified| VerifyResult { verified, took: Duration::ZERO }));
            VerificationEnd::Done { back_to_base: report.back_to_base, data_untested: report.data_untested }
        }
        Err(error) => {
            failure = Some(error.clone()).filter(|error| error.kind != ErrorKind::Interrupted);
            VerificationEnd::Failed(error)
        }
    };
    if let Some(error) = failure.as_ref().filter(|error| error.needs_consent.is_some()) {
        let of = list.of.clone();
        lists::close(model);
        return model.open_dialog(Question::run_command(error, |model| start(model, of)));
    }
    lists::report_end::<Verification>(model, failure);
    Vec::new()
}
