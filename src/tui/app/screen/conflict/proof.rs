//! The job that runs both orders, and its messages.

use std::sync::Arc;

use super::{ConflictMsg, Conflicts, NAME, PairState, ProofState, RunningOrder, RunningRevision, rebase};
use crate::engine::conflicts::{BranchComparison, ConflictEvent};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::job::{JobSpec, OnCancel, ShownBy};
use crate::tui::app::list as lists;
use crate::tui::app::log::LogState;
use crate::tui::app::model::Model;
use crate::tui::app::question::Question;

/// Starts the proof of the shown pair. Without a database, the screen says why there is none.
pub(super) fn start(model: &mut Model) -> Vec<Effect> {
    let obstacle = model.require_idle().and_then(|()| model.require_connected()).err();
    let Some(screen) = model.states.get_mut::<Conflicts>() else { return Vec::new() };
    let tree = Arc::clone(&screen.tree);
    let Some(state) = screen.shown_mut() else { return Vec::new() };
    if let Some(reason) = obstacle {
        state.state = ProofState::Waiting(format!("not proved: {reason}"));
        return Vec::new();
    }
    let pair = state.pair.clone();
    *state = PairState::new(&tree, pair.clone());
    state.state = ProofState::Running;
    let spec = JobSpec {
        name: NAME,
        doing: String::from("comparing the branches"),
        on_cancel: OnCancel::Stop,
        shown_by: ShownBy::List,
        writes: false,
        quit_warning: "Two branches are being compared. Cancelling it drops the scratch databases.",
    };
    model.start_job(spec, Task::Compare(tree, vec![pair]))
}

/// Takes a progress message.
pub fn on_progress(model: &mut Model, message: ConflictMsg) {
    let event = match message {
        ConflictMsg::Progress(event) => event,
        ConflictMsg::Rebase(message) => return rebase::on_progress(model, message),
        ConflictMsg::Compared(_) => return,
    };
    let now = model.now;
    if let ConflictEvent::Scratch { place, .. } = &event {
        model.log.note(now, LogState::Note, NAME, &format!("scratch database {place}"));
    }
    let Some(state) = model.states.get_mut::<Conflicts>().and_then(Conflicts::shown_mut) else { return };
    match event {
        ConflictEvent::Scratch { notes, .. } => {
            for note in notes {
                if !state.notes.contains(&note) {
                    state.notes.push(note);
                }
            }
        }
        ConflictEvent::Order { first } => state.running = Some(RunningOrder { first, revision: None }),
        ConflictEvent::Running { revision, number, count } => {
            if let Some(running) = &mut state.running {
                running.revision = Some(RunningRevision { revision, number, count });
            }
        }
        ConflictEvent::Touched(touches) => {
            state.has_run = true;
            state.touches.left = touches.left;
            // The right branch runs first in the second order.
            if !touches.right.is_empty() {
                state.touches.right = touches.right;
            }
        }
        ConflictEvent::Ended(result) => {
            state.running = None;
            state.orders.push(result);
        }
        ConflictEvent::Compared(compared) => state.compared = Some(*compared),
        ConflictEvent::Pair { .. } | ConflictEvent::Progress(_) => {}
    }
}

/// Takes the end of a task.
pub fn on_end(model: &mut Model, message: ConflictMsg) -> Vec<Effect> {
    match message {
        ConflictMsg::Compared(answer) => on_compared(model, answer),
        ConflictMsg::Rebase(message) => rebase::on_end(model, message),
        ConflictMsg::Progress(_) => Vec::new(),
    }
}

fn on_compared(model: &mut Model, answer: Result<Vec<BranchComparison>, Error>) -> Vec<Effect> {
    let Some(state) = model.states.get_mut::<Conflicts>().and_then(Conflicts::shown_mut) else { return Vec::new() };
    state.running = None;
    let mut failure = None;
    match answer {
        Ok(mut compared) => {
            state.state = ProofState::Done;
            if let Some(compared) = compared.pop() {
                state.touches = compared.touches.clone();
                state.orders.clone_from(&compared.orders);
                state.compared = Some(compared);
            }
        }
        Err(error) => {
            failure = Some(error.clone()).filter(|error| error.kind != ErrorKind::Interrupted);
            state.state = ProofState::Failed(error);
        }
    }
    if let Some(error) = failure.as_ref().filter(|error| error.needs_consent.is_some()) {
        return model.open_dialog(Question::run_command(error, start));
    }
    lists::report_end::<Conflicts>(model, failure);
    Vec::new()
}
