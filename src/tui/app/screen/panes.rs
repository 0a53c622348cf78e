//! The four panes: which has the focus, and how script and log are looked at.

use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::layout;
use crate::tui::app::model::{Model, Pane};

/// How far a long line is scrolled at once.
const SIDEWAYS: usize = 8;

const ORDER: [Pane; 4] = [Pane::History, Pane::Pending, Pane::Script, Pane::Log];

/// Decides the pane commands.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    Ok(match command {
        Command::PaneHistory => |model| focus(model, Pane::History),
        Command::PanePending => |model| focus(model, Pane::Pending),
        Command::PaneScript => |model| focus(model, Pane::Script),
        Command::PaneLog => |model| focus(model, Pane::Log),
        Command::PaneNext => |model| step(model, 1),
        Command::PanePrevious => |model| step(model, 3),
        Command::PaneLeft => |model| focus(model, Pane::History),
        Command::PaneRight => |model| focus(model, Pane::Script),
        Command::ScrollLeft if model.plan.is_some() => |model| sideways(model, false),
        Command::ScrollRight if model.plan.is_some() => |model| sideways(model, true),
        Command::ScrollLeft if model.focus == Pane::Script && model.script.left > 0 => |model| sideways(model, false),
        Command::ScrollLeft => |model| focus(model, Pane::History),
        Command::ScrollRight if model.focus == Pane::Script => |model| sideways(model, true),
        Command::ScrollRight => |model| focus(model, Pane::Script),
        Command::Wrap if model.selected_script().is_none() => return no("there is no script to wrap"),
        Command::Wrap => |model| {
            model.script.wrap = !model.script.wrap;
            model.script.left = 0;
            Vec::new()
        },
        Command::Log => |model| {
            model.log.large = !model.log.large;
            Vec::new()
        },
        _ => return no("not a pane command"),
    })
}

/// Gives a pane the focus.
pub fn focus(model: &mut Model, pane: Pane) -> Vec<Effect> {
    model.focus = pane;
    if pane == Pane::Pending {
        let selected = model.history.selected_revision();
        let found = model.history.pending().iter().position(|id| Some(id) == selected);
        model.pending_cursor = found.unwrap_or(model.pending_cursor);
        select_pending(model);
    }
    Vec::new()
}

/// Selects in the tree what the pending pane's cursor is on.
pub fn select_pending(model: &mut Model) {
    if let Some(id) = model.history.pending().get(model.pending_cursor).cloned() {
        model.history.select_id(&id);
    }
}

fn step(model: &mut Model, by: usize) -> Vec<Effect> {
    let at = ORDER.iter().position(|pane| *pane == model.focus).unwrap_or(0);
    let next = (at + by) % ORDER.len();
    focus(model, ORDER.get(next).copied().unwrap_or_default())
}

fn sideways(model: &mut Model, right: bool) -> Vec<Effect> {
    let left = model.plan.as_mut().map_or(&mut model.script.left, |plan| &mut plan.left);
    *left = if right { *left + SIDEWAYS } else { left.saturating_sub(SIDEWAYS) };
    if model.plan.is_none() {
        model.script.wrap = false;
        let width = usize::from(layout::inner(layout::areas(model).script).width);
        let longest = model.selected_script().map_or(0, |file| layout::longest_line(&file.text));
        model.script.left = model.script.left.min((longest + layout::GUTTER).saturating_sub(width));
    }
    Vec::new()
}
