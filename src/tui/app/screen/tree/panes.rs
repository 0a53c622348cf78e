//! The four panes: the focus, and the windows of script and log.

use crate::tui::app::command::Command;
use crate::tui::app::effect::Effect;
use crate::tui::app::layout;
use crate::tui::app::model::action::{CommandAction, Decision, act, refuse};
use crate::tui::app::model::{Filter, Model, Pane};

/// The number of cells that one key scrolls sideways.
const SIDEWAYS: usize = 8;

const ORDER: [Pane; 4] = [Pane::History, Pane::Pending, Pane::Script, Pane::Log];

/// Decides the commands of the panes.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    let focus = model.panes.focus;
    let on_screen = model.screens.top().is_some();
    Ok(match command {
        Command::ScrollLeft if on_screen || focus == Pane::Script && model.panes.script.left > 0 => {
            Box::new(|model| scroll_sideways(model, false))
        }
        Command::ScrollRight if on_screen || focus == Pane::Script => Box::new(|model| scroll_sideways(model, true)),
        Command::PaneHistory | Command::PaneLeft | Command::ScrollLeft => focus_on(Pane::History),
        Command::PanePending => focus_on(Pane::Pending),
        Command::PaneScript | Command::PaneRight | Command::ScrollRight => focus_on(Pane::Script),
        Command::PaneLog => focus_on(Pane::Log),
        Command::PaneNext => focus_on(next_pane(focus, 1)),
        Command::PanePrevious => focus_on(next_pane(focus, ORDER.len() - 1)),
        Command::Wrap if model.selected_script().is_none() => return refuse("there is no script to wrap"),
        Command::Wrap => Box::new(|model| {
            model.panes.script.wrap = !model.panes.script.wrap;
            model.panes.script.left = 0;
            Vec::new()
        }),
        Command::Log => Box::new(|model| {
            model.log.large = !model.log.large;
            Vec::new()
        }),
        _ => return refuse("not a pane command"),
    })
}

/// Decides Esc on the panes: it removes the filter, or goes to the history.
pub(crate) fn decide_back(model: &Model) -> Decision {
    let is_on_history = model.panes.focus == Pane::History;
    if is_on_history && model.panes.filter.input.is_empty() {
        return refuse("this is the top level; q quits");
    }
    act(move |model| {
        if is_on_history {
            model.panes.filter = Filter::default();
        } else {
            model.panes.focus = Pane::History;
        }
        Vec::new()
    })
}

fn focus_on(pane: Pane) -> CommandAction {
    Box::new(move |model| {
        model.focus_pane(pane);
        Vec::new()
    })
}

fn next_pane(pane: Pane, by: usize) -> Pane {
    let at = ORDER.iter().position(|other| *other == pane).unwrap_or(0);
    ORDER.get((at + by) % ORDER.len()).copied().unwrap_or_default()
}

fn scroll_sideways(model: &mut Model, right: bool) -> Vec<Effect> {
    let scroll = |left: &mut usize| *left = if right { *left + SIDEWAYS } else { left.saturating_sub(SIDEWAYS) };
    if let Some(screen) = model.screens.top_mut() {
        screen.scroll_offset().map(scroll);
        return Vec::new();
    }
    scroll(&mut model.panes.script.left);
    model.panes.script.wrap = false;
    let width = usize::from(layout::inner(layout::areas(model).script).width);
    let longest = model.selected_script().map_or(0, |file| layout::longest_line(&file.text));
    model.panes.script.left = model.panes.script.left.min((longest + layout::GUTTER).saturating_sub(width));
    Vec::new()
}
