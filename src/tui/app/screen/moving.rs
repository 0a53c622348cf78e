//! Moving: in lists, texts and dialogs alike.

use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::layout;
use crate::tui::app::model::{Model, Pane};

/// A movement over rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    Lines(isize),
    /// Half a page, down or up.
    Half(isize),
    Start,
    End,
}

impl Motion {
    /// Where a position among `count` rows goes.
    #[must_use]
    pub fn apply(self, position: usize, count: usize, page: usize) -> usize {
        let last = count.saturating_sub(1);
        let half = isize::try_from((page / 2).max(1)).unwrap_or(1);
        match self {
            Self::Lines(lines) => position.saturating_add_signed(lines).min(last),
            Self::Half(sign) => position.saturating_add_signed(sign * half).min(last),
            Self::Start => 0,
            Self::End => last,
        }
    }
}

/// Moves apply wherever there is something to move in.
pub(crate) fn decide(_model: &Model, command: Command) -> Decision {
    Ok(match command {
        Command::Down => |model| go(model, Motion::Lines(1)),
        Command::Up => |model| go(model, Motion::Lines(-1)),
        Command::Top => |model| go(model, Motion::Start),
        Command::Bottom => |model| go(model, Motion::End),
        Command::PageDown => |model| go(model, Motion::Half(1)),
        Command::PageUp => |model| go(model, Motion::Half(-1)),
        _ => return no("not a movement"),
    })
}

/// Moves in what has the focus.
pub fn go(model: &mut Model, motion: Motion) -> Vec<Effect> {
    let areas = layout::areas(model);
    if !model.dialogs.is_empty() {
        let page = layout::dialog(model).map_or(1, |dialog| usize::from(dialog.body.height));
        if let Some(dialog) = model.dialogs.last_mut() {
            dialog.go(motion, page);
        }
    } else if let Some(sheet) = &mut model.sheet {
        sheet.go(motion, usize::from(areas.plan_body.height));
    } else if let Some(plan) = &mut model.plan {
        plan.cursor = motion.apply(plan.cursor, plan.rows.len(), usize::from(areas.plan_body.height));
    } else {
        go_in_pane(model, motion, &areas);
    }
    Vec::new()
}

fn go_in_pane(model: &mut Model, motion: Motion, areas: &layout::Areas) {
    let inner = |area| usize::from(layout::inner(area).height);
    match model.focus {
        Pane::History => {
            let item = motion.apply(model.history.selected(), model.history.items().len(), inner(areas.history));
            model.history.select(item);
        }
        Pane::Pending => {
            let count = model.history.pending().len();
            model.pending_cursor = motion.apply(model.pending_cursor, count, inner(areas.pending));
            super::panes::select_pending(model);
        }
        Pane::Script => {
            let page = usize::from(layout::script_text(model, areas.script).height);
            model.script.top = motion.apply(model.script.top, usize::MAX, page);
        }
        Pane::Log => {
            let page = inner(areas.log);
            let count = model.log.entries().len();
            let seen_from = count.saturating_sub(model.log.back + page);
            let top = motion.apply(seen_from, count.saturating_sub(page) + 1, page);
            model.log.back = count.saturating_sub(top + page);
        }
    }
}
