//! The editor as a screen of the stack.

use ratatui::layout::Rect;

use super::{Editor, areas, commands, saving};
use crate::tui::app::command::KeyContext;
use crate::tui::app::effect::Effect;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{CommandAction, Decision, act, refuse};
use crate::tui::app::model::screen::{Layer, Screen};
use crate::tui::app::scroll;

impl Screen for Editor {
    fn layer(&self) -> Layer {
        Layer::Editor
    }

    fn key_context(&self) -> KeyContext {
        if self.find.is_some() { KeyContext::Find } else { KeyContext::Editor }
    }

    /// Moves the window to the cursor, and highlights the visible lines.
    fn update_window(&mut self, model: &Model, area: Rect) {
        let text = areas::of(model, self, area).text;
        let (height, width) = (usize::from(text.height), usize::from(text.width));
        let lines = self.document.lines().len();
        if self.follow {
            let (row, _) = self.document.cursor();
            self.top = scroll::follow(self.top, row, height.max(1), lines);
            let cell = self.document.cursor_cell();
            if cell < self.left || self.left + width <= cell {
                let leap = (width / 3).max(1);
                self.left = if cell < width { 0 } else { (cell + leap).saturating_sub(width) };
            }
        }
        self.top = self.top.min(lines.saturating_sub(height.max(1)));
        self.document.highlight(self.top + height);
    }

    fn back(&self, _model: &Model) -> Decision {
        act(saving::back)
    }

    fn refresh(&self, _model: &Model) -> Decision {
        refuse("not here")
    }

    /// `^c` copies the selection.
    fn on_interrupt(&self, _model: &Model) -> Option<CommandAction> {
        self.document.selection()?;
        Some(Box::new(commands::copy))
    }

    fn before_quit(&self) -> Option<CommandAction> {
        Some(Box::new(saving::quit))
    }

    /// Writes unsaved text to a file next to the script. The script itself does not change.
    fn rescue(&self) -> Option<Effect> {
        if !self.is_writable() || !self.is_modified() {
            return None;
        }
        let mut path = self.path.clone().into_os_string();
        path.push(".unsaved");
        Some(Effect::Rescue(path.into(), self.text.clone()))
    }
}
