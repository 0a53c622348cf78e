//! `L`: the runs in the ledger: who ran which revision, when, for how long, with which approvals and copies.

use std::time::Duration;

use crate::core::graph::{Direction, RevisionId};
use crate::core::text::{one_line, plural};
use crate::engine::Error;
use crate::engine::log::LoggedRun;
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::format::format_duration;
use crate::tui::app::list::{self, Followed, List, ListEntry};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::theme::Role;

/// The name of the read, and in the log.
const NAME: &str = "ledger";

/// The greatest number of runs that are read.
pub const LIMIT: u32 = 1000;

/// The message of the task.
#[derive(Debug, Clone)]
pub struct RunsMsg(pub Result<Vec<LoggedRun>, Error>);

/// The list.
#[derive(Debug, Default)]
pub struct Runs {
    /// The newest first. `None` until they are read.
    listed: Option<Vec<(Option<RevisionId>, LoggedRun)>>,
    error: Option<Error>,
    version: u64,
}

/// Decides the command that opens the list.
pub(super) fn decide(model: &Model) -> Decision {
    if list::require_no_other::<Runs>(model)? {
        return refuse("this is the ledger");
    }
    model.require_connected()?;
    act(|model| {
        model.states.ensure::<Runs>();
        list::open_at_top::<Runs>(model);
        read(model)
    })
}

fn read(model: &mut Model) -> Vec<Effect> {
    vec![model.start_read(NAME, Task::ReadRuns)]
}

/// Takes the end of the task.
pub(super) fn on_end(model: &mut Model, RunsMsg(read): RunsMsg) -> Vec<Effect> {
    let Some(runs) = model.states.get_mut::<Runs>() else { return Vec::new() };
    runs.version += 1;
    match read {
        Ok(listed) => {
            let with_id = |run: LoggedRun| (RevisionId::parse_existing(&run.entry.revision).ok(), run);
            runs.listed = Some(listed.into_iter().map(with_id).collect());
            runs.error = None;
        }
        Err(error) => runs.error = Some(error),
    }
    Vec::new()
}

impl Runs {
    fn get(&self, index: usize) -> Option<&LoggedRun> {
        self.listed.as_ref()?.get(index).map(|(_, run)| run)
    }
}

impl List for Runs {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn title(&self) -> Vec<Piece> {
        vec![
            (String::from("Ledger"), Role::BorderFocused),
            (String::from(" ─ what ran on this database, newest first (UTC)"), Role::Muted),
        ]
    }

    fn status(&self, _model: &Model) -> Piece {
        match (&self.error, &self.listed) {
            (Some(error), _) => (error.message.clone(), Role::Danger),
            (_, None) => (String::from("reading the ledger …"), Role::Muted),
            (_, Some(listed)) if listed.len() == LIMIT as usize => {
                (format!("the newest {LIMIT} runs; limbeck log prints all"), Role::Muted)
            }
            (_, Some(listed)) => (plural(listed.len() as u64, "run"), Role::Muted),
        }
    }

    fn count(&self) -> usize {
        self.listed.as_ref().map_or(0, Vec::len)
    }

    /// The state, the step and its message; the role, the duration and the time.
    fn entry(&self, model: &Model, index: usize) -> ListEntry {
        let Some(LoggedRun { entry, .. }) = self.get(index) else { return ListEntry::default() };
        let ascii = model.preferences.ascii;
        let (glyph, role) = match entry.state.as_str() {
            "done" => (if ascii { "*" } else { "✓" }, Role::Good),
            "running" => (if ascii { ">" } else { "●" }, Role::Current),
            _ => (if ascii { "x" } else { "✗" }, Role::Danger),
        };
        let short = self.revision(index).map_or(entry.revision.as_str(), RevisionId::short);
        let arrow = match (entry.direction, ascii) {
            (Direction::Upgrade, false) => "↑",
            (Direction::Upgrade, true) => "^",
            (Direction::Downgrade, false) => "↓",
            (Direction::Downgrade, true) => "v",
        };
        let left = vec![
            (format!("{glyph} "), role),
            (format!("{arrow} {short}  "), Role::Title),
            (one_line(&entry.message), Role::Text),
        ];
        let took = entry.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let took = took.map_or_else(String::new, format_duration);
        let at = entry.at.get(..16).unwrap_or(&entry.at).replace('T', " ");
        let right = [
            (entry.state.clone(), role),
            (entry.role.clone(), Role::Muted),
            (took, Role::Muted),
            (format!("{at} "), Role::Muted),
        ];
        ListEntry { left, right: list::joined(right.into_iter().filter(|(text, _)| !text.is_empty())) }
    }

    /// The approvals, the copies and the error.
    fn details(&self, index: usize) -> Vec<FormLine> {
        let Some(LoggedRun { entry, copies }) = self.get(index) else { return Vec::new() };
        let mut lines = Vec::new();
        let mut add = |label: &str, text: String, role| {
            let pieces = vec![(format!("{label:<9} "), Role::Muted), (text, role)];
            lines.push(FormLine::Text(pieces, 10));
        };
        if !entry.approved.is_empty() {
            add("approved", entry.approved.join(", "), Role::Text);
        }
        for copy in copies {
            let contents = copy.kind.describe_contents(copy.rows);
            add("copy", format!("{}: {contents}, {}", copy.object, copy.state), Role::Text);
        }
        if let Some(error) = &entry.error {
            add("error", one_line(error), Role::Danger);
        }
        lines
    }

    /// What the ledger is, if it is empty.
    fn notes(&self) -> Vec<FormLine> {
        if !self.listed.as_ref().is_some_and(Vec::is_empty) {
            return Vec::new();
        }
        let text = "Nothing has run here with limbeck yet. The ledger records each upgrade and downgrade: the role, the \
                    time, the duration, the approvals, the copies, and the text of the script.";
        vec![FormLine::Text(vec![(String::from(text), Role::Muted)], 0)]
    }

    fn followed(&self) -> Followed {
        Followed::Entry(0)
    }

    fn revision(&self, index: usize) -> Option<&RevisionId> {
        self.listed.as_ref()?.get(index)?.0.as_ref()
    }

    fn refresh(&self, model: &Model) -> Decision {
        model.require_idle()?;
        model.require_connected()?;
        act(read)
    }
}
