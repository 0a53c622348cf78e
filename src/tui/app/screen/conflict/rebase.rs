//! `r` and `R`: a branch is moved onto the other one. The new history is proved first, then a dialog shows the tree before
//! and after.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ConflictMsg, Conflicts};
use crate::core::graph::RevisionId;
use crate::core::text::plural;
use crate::engine::rebase::{EnvironmentCheck, EnvironmentState, PlannedRebase};
use crate::engine::verify::{Stage, VerifyEvent, VerifyReport};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::form::Piece;
use crate::tui::app::job::{JobSpec, OnCancel, ShownBy};
use crate::tui::app::log::LogState;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::question::Question;
use crate::tui::app::theme::Role;

/// The name of the job and in the log.
const NAME: &str = "rebase";

/// A rebase that can be written.
#[derive(Debug, Clone)]
pub struct ProvedRebase {
    pub planned: Arc<PlannedRebase>,
    /// No environment has the branch; some may be unknown.
    pub checks: Vec<EnvironmentCheck>,
    pub report: VerifyReport,
}

/// The messages of the tasks.
#[derive(Debug, Clone)]
pub enum RebaseMsg {
    Progress(VerifyEvent),
    Proved(RevisionId, RevisionId, Result<Box<ProvedRebase>, Error>),
    Written(Arc<PlannedRebase>, Result<(), Error>),
}

/// Decides `r` and `R`.
pub(super) fn decide(model: &Model, command: Command) -> Decision {
    model.require_writable()?;
    model.require_connected()?;
    let Some(screen) = model.states.get::<Conflicts>() else { return refuse("there are no branches") };
    let Some(state) = screen.shown() else { return refuse("there are no branches") };
    let (left, right) = (state.pair.left.clone(), state.pair.right.clone());
    let (revision, onto) = if command == Command::RebaseLeft { (left, right) } else { (right, left) };
    if let Err(error) = screen.tree.graph.rebase(&revision, &onto) {
        return refuse(error.message);
    }
    act(move |model| start(model, revision, onto))
}

fn start(model: &mut Model, revision: RevisionId, onto: RevisionId) -> Vec<Effect> {
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    let spec = JobSpec {
        name: NAME,
        doing: format!("proving {} on {}", revision.short(), onto.short()),
        on_cancel: OnCancel::Stop,
        shown_by: ShownBy::Footer,
        writes: false,
        quit_warning: "A rebase is being proved. Cancelling it drops its scratch database.",
    };
    model.start_job(spec, Task::ProveRebase(tree, revision, onto))
}

/// Takes a progress message.
pub(super) fn on_progress(model: &mut Model, message: RebaseMsg) {
    let RebaseMsg::Progress(event) = message else { return };
    let words = match event {
        VerifyEvent::Scratch { place, .. } => format!("scratch database {place}"),
        VerifyEvent::Proving { revision, stage: Stage::Up, number, count } => {
            format!("proving {} ({number} of {count})", revision.short())
        }
        _ => return,
    };
    model.log.note(model.now, LogState::Note, NAME, &words);
}

/// Takes the end of a task.
pub(super) fn on_end(model: &mut Model, message: RebaseMsg) -> Vec<Effect> {
    match message {
        RebaseMsg::Proved(_, _, Ok(proved)) => ask(model, *proved),
        RebaseMsg::Proved(revision, onto, Err(error)) if error.needs_consent.is_some() => {
            model.open_dialog(Question::run_command(&error, move |model| start(model, revision, onto)))
        }
        RebaseMsg::Proved(_, _, Err(error)) if error.kind == ErrorKind::Interrupted => {
            model.notify("rebase: cancelled; no file was changed");
            Vec::new()
        }
        RebaseMsg::Proved(_, _, Err(error)) => {
            model.log.note(model.now, LogState::Failed, NAME, &error.message);
            model.show_error(error);
            Vec::new()
        }
        RebaseMsg::Written(planned, Ok(())) => {
            let words = format!("{} onto {}", planned.revision.short(), planned.onto.short());
            model.log.note(model.now, LogState::Done, NAME, &words);
            model.notify(format!("rebased {words}"));
            model.select_when_loaded = Some(planned.revision.clone());
            vec![model.load_scripts()]
        }
        RebaseMsg::Written(_, Err(error)) => {
            model.show_error(error);
            vec![model.load_scripts()]
        }
        RebaseMsg::Progress(_) => Vec::new(),
    }
}

/// Shows the tree before and after, and asks.
fn ask(model: &mut Model, proved: ProvedRebase) -> Vec<Effect> {
    let ProvedRebase { planned, checks, report } = proved;
    let Some(screen) = model.states.get::<Conflicts>() else { return Vec::new() };
    let shown = planned.shown();
    let mut lines = tree_lines(screen, "before", &planned.before.graph, &shown);
    lines.push(plain(String::new(), Role::Text));
    lines.extend(tree_lines(screen, "after", &planned.after.graph, &shown));
    lines.push(plain(String::new(), Role::Text));
    let count = plural(report.revisions.len() as u64, "revision");
    lines.push(plain(format!("{count} proved: up, down and up again on a scratch database"), Role::Good));
    for (change, file) in planned.rebase.changes.iter().zip(&planned.files) {
        let name = file.path.file_name().unwrap_or(file.path.as_os_str()).to_string_lossy().into_owned();
        let parents: Vec<&str> = change.after.iter().map(RevisionId::short).collect();
        lines.push(plain(format!("{name} will revise {}", parents.join(", ")), Role::Text));
    }
    let unknown: Vec<&EnvironmentCheck> =
        checks.iter().filter(|check| matches!(check.state, EnvironmentState::Unknown(_))).collect();
    let free: Vec<&str> =
        checks.iter().filter(|check| check.state == EnvironmentState::Free).map(|check| check.name.as_str()).collect();
    lines.push(plain(format!("not applied in {}", free.join(", ")), Role::Text));
    for check in &unknown {
        if let EnvironmentState::Unknown(error) = &check.state {
            let text = format!("{} cannot be read and may have the branch: {}", check.name, error.message);
            lines.push(plain(text, Role::Warning));
        }
    }
    let label = if unknown.is_empty() { "Rebase" } else { "Rebase anyway" };
    let question = Question::of_pieces("Rebase the branch?", lines)
        .choice("Cancel", |_| Vec::new())
        .choice(label, move |model| write(model, planned));
    model.open_dialog(question)
}

fn write(model: &mut Model, planned: Arc<PlannedRebase>) -> Vec<Effect> {
    if let Err(reason) = model.require_writable() {
        model.notify(format!("rebase: {reason}"));
        return Vec::new();
    }
    let spec = JobSpec::writing(NAME, String::from("writing the scripts"));
    model.start_job(spec, Task::WriteRebase(planned))
}

fn tree_lines(
    screen: &Conflicts,
    title: &str,
    graph: &crate::core::graph::Graph,
    shown: &BTreeSet<RevisionId>,
) -> Vec<Vec<Piece>> {
    let mut lines = vec![plain(title.to_owned(), Role::Title)];
    lines.extend(screen.drawing(graph, shown, None));
    lines
}

fn plain(text: String, role: Role) -> Vec<Piece> {
    vec![(text, role)]
}

impl From<RebaseMsg> for ConflictMsg {
    fn from(message: RebaseMsg) -> Self {
        Self::Rebase(message)
    }
}
