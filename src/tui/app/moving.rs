//! Moving the cursor in dialogs, screens and panes.

use super::command::Command;
use super::effect::Effect;
use super::layout;
use super::model::action::{Decision, act, refuse};
use super::model::{Model, Pane};
use super::motion::Motion;

/// Decides the commands that move. They apply everywhere.
pub(crate) fn decide(command: Command) -> Decision {
    let motion = match command {
        Command::Down | Command::ChoiceNext => Motion::Lines(1),
        Command::Up | Command::ChoicePrevious => Motion::Lines(-1),
        Command::Top => Motion::Start,
        Command::Bottom => Motion::End,
        Command::PageDown => Motion::HalfPage(1),
        Command::PageUp => Motion::HalfPage(-1),
        _ => return refuse("not a movement"),
    };
    act(move |model| move_cursor(model, motion))
}

/// Moves the cursor of the dialog, the screen or the pane that has the focus.
pub fn move_cursor(model: &mut Model, motion: Motion) -> Vec<Effect> {
    let areas = layout::areas(model);
    if !model.dialogs.is_empty() {
        let page = layout::dialog(model).map_or(1, |dialog| usize::from(dialog.body.height));
        if let Some(dialog) = model.dialogs.last_mut() {
            dialog.move_cursor(motion, page);
        }
    } else if let Some(screen) = model.screens.top_mut() {
        screen.move_cursor(motion, usize::from(areas.plan_body.height));
    } else {
        move_in_pane(model, motion, &areas);
    }
    Vec::new()
}

fn move_in_pane(model: &mut Model, motion: Motion, areas: &layout::Areas) {
    let inner = |area| usize::from(layout::inner(area).height);
    match model.panes.focus {
        Pane::History => {
            let item = motion.apply(model.history.selected(), model.history.items().len(), inner(areas.history));
            model.history.select(item);
        }
        Pane::Pending => {
            let count = model.history.pending().len();
            model.panes.pending_cursor = motion.apply(model.panes.pending_cursor, count, inner(areas.pending));
            model.select_pending();
        }
        Pane::Script => {
            let page = usize::from(layout::script_text(model, areas.script).height);
            model.panes.script.top = motion.apply(model.panes.script.top, usize::MAX, page);
        }
        Pane::Log => {
            let page = inner(areas.log);
            let count = model.log.entries().len();
            let first = count.saturating_sub(model.log.back + page);
            let top = motion.apply(first, count.saturating_sub(page) + 1, page);
            model.log.back = count.saturating_sub(top + page);
        }
    }
}
