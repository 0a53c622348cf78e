//! The screen as a list: the branches above, one entry for each order, the verdict and the trees below.

use super::text::verdict_role;
use super::{Conflicts, PairState, ProofState, RunningOrder, RunningRevision};
use crate::core::graph::RevisionId;
use crate::engine::conflicts::{OrderFailure, Side};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::form::{FormLine, Piece, is_caret_line};
use crate::tui::app::format::elapsed;
use crate::tui::app::list::{List, ListEntry};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, refuse};
use crate::tui::app::theme::Role;

impl List for Conflicts {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn title(&self) -> Vec<Piece> {
        let pair = match self.pairs.len() {
            0 | 1 => String::new(),
            count => format!(" ─ pair {} of {count}", self.shown + 1),
        };
        let how = format!("{pair} ─ both orders on scratch databases");
        vec![(format!("Branches since {}", self.since()), Role::BorderFocused), (how, Role::Muted)]
    }

    fn status(&self, model: &Model) -> Piece {
        let Some(state) = self.shown() else { return (String::new(), Role::Muted) };
        match (&state.state, &state.compared) {
            (ProofState::Running, _) if model.jobs.is_cancelling() => {
                (String::from("cancelling: dropping the scratch databases …"), Role::Warning)
            }
            (ProofState::Running, _) => {
                let seconds = model.jobs.running().map_or(0, |job| elapsed(job.started, model.now).as_secs());
                (format!("{}, {seconds} s", describe_progress(state)), Role::Current)
            }
            (ProofState::Waiting(reason), _) => (reason.clone(), Role::Warning),
            (ProofState::Failed(error), _) if error.kind == ErrorKind::Interrupted => {
                (String::from("cancelled; the scratch databases were dropped"), Role::Warning)
            }
            (ProofState::Failed(error), _) => (error.message.clone(), Role::Danger),
            (ProofState::Done, Some(compared)) => (compared.sentence(), verdict_role(compared.verdict)),
            (ProofState::Done, None) => (String::new(), Role::Muted),
        }
    }

    fn count(&self) -> usize {
        self.shown().map_or(0, |state| if state.has_one_order() { 1 } else { 2 })
    }

    fn entry(&self, model: &Model, index: usize) -> ListEntry {
        let Some(state) = self.shown() else { return ListEntry::default() };
        let first = side(index);
        let [one, other] = state.heads(first);
        let ascii = model.preferences.ascii;
        let result = state.result_of(first);
        let running = state.running.as_ref().filter(|running| running.first == first);
        let (glyph, role, right) = match (result, running) {
            (Some(result), _) => match &result.failure {
                None => (if ascii { "*" } else { "✓" }, Role::Good, String::from("ran")),
                Some(failure) => (if ascii { "x" } else { "✗" }, Role::Danger, failed_at(failure)),
            },
            (None, Some(running)) => (if ascii { ">" } else { "▸" }, Role::Current, describe_running(running)),
            (None, None) => (" ", Role::Muted, String::from("not run")),
        };
        ListEntry {
            left: vec![
                (format!("{glyph} "), role),
                (one.short().to_owned(), Role::Id),
                (String::from(", then "), Role::Text),
                (other.short().to_owned(), Role::Id),
            ],
            right: vec![(format!("{right} "), role)],
        }
    }

    fn details(&self, index: usize) -> Vec<FormLine> {
        let failure = self.shown().and_then(|state| state.result_of(side(index))?.failure.as_ref());
        failure.map(failure_lines).unwrap_or_default()
    }

    fn notes_for(&self, width: usize) -> Vec<FormLine> {
        self.branches(width)
    }

    fn end_notes_for(&self, width: usize) -> Vec<FormLine> {
        self.below(width)
    }

    fn revision(&self, index: usize) -> Option<&RevisionId> {
        let failure = self.shown()?.result_of(side(index))?.failure.as_ref()?;
        Some(&failure.revision)
    }

    fn error(&self, index: usize) -> Option<&Error> {
        let failure = self.shown()?.result_of(side(index))?.failure.as_ref()?;
        Some(&failure.error)
    }

    /// The entry under the cursor. On another line, the order that failed.
    fn entry_to_edit(&self, selected: Option<usize>) -> Option<usize> {
        let has_failed = |index: &usize| self.revision(*index).is_some();
        selected.filter(has_failed).or_else(|| (0..self.count()).find(has_failed))
    }

    fn refresh(&self, _model: &Model) -> Decision {
        refuse("v runs both orders again")
    }

    fn title_of(&self, command: Command) -> Option<&'static str> {
        match command {
            Command::Merge => Some("merge"),
            _ => None,
        }
    }
}

const fn side(index: usize) -> Side {
    if index == 0 { Side::Left } else { Side::Right }
}

fn describe_progress(state: &PairState) -> String {
    match &state.running {
        None => String::from("creating a scratch database"),
        Some(running) => {
            let [one, other] = state.heads(running.first);
            format!("{}, then {}: {}", one.short(), other.short(), describe_running(running))
        }
    }
}

fn describe_running(running: &RunningOrder) -> String {
    match &running.revision {
        None => String::from("the revisions below both branches"),
        Some(RunningRevision { revision, number, count }) => {
            format!("running {} ({number} of {count})", revision.short())
        }
    }
}

fn failed_at(failure: &OrderFailure) -> String {
    let line = failure.line.map_or_else(String::new, |line| format!(", line {line}"));
    format!("failed at {}{line}", failure.revision.short())
}

/// The error with its place, and the statement.
fn failure_lines(failure: &OrderFailure) -> Vec<FormLine> {
    let error = &failure.error;
    let mut lines = vec![FormLine::Text(vec![(error.message.clone(), Role::Danger)], 2)];
    for line in error.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
        let role = if is_caret_line(line) { Role::Danger } else { Role::Text };
        lines.push(FormLine::Raw(vec![(line.to_owned(), role)]));
    }
    let is_useful = |cause: &&String| cause.starts_with("detail: ") || cause.starts_with("SQLSTATE ");
    for cause in error.causes.iter().filter(is_useful) {
        lines.push(FormLine::Text(vec![(cause.clone(), Role::Text)], 2));
    }
    if let Some(hint) = &error.hint {
        lines.push(FormLine::Text(vec![(String::from("hint    "), Role::Muted), (hint.clone(), Role::Good)], 8));
    }
    lines
}
