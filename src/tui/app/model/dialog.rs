//! Dialogs: they are above the screens and take the keys.

use std::any::Any;
use std::fmt::Debug;

use super::Model;
use super::screen::ScriptLocation;
use crate::tui::app::command::KeyContext;
use crate::tui::app::effect::Effect;
use crate::tui::app::form::Form;
use crate::tui::app::input::Input;
use crate::tui::app::motion::Motion;

/// A dialog.
pub trait Dialog: Any + Debug {
    /// Its contents.
    fn form(&self, model: &Model) -> Form;

    /// Enter. The dialog has been closed; it opens itself again if it is not finished.
    fn accept(self: Box<Self>, model: &mut Model) -> Vec<Effect>;

    /// Which keys apply.
    fn key_context(&self) -> KeyContext {
        KeyContext::Choice
    }

    /// The field that takes typed text.
    fn input(&mut self) -> Option<&mut Input> {
        None
    }

    /// Typed text has changed.
    fn on_typed(&mut self) {}

    /// Whether keys are ignored because the dialog has not been drawn yet.
    fn waits_for_frame(&self) -> bool {
        false
    }

    /// The dialog has been drawn.
    fn on_drawn(&mut self) {}

    /// Moves the cursor or scrolls; `page` is the number of visible rows.
    fn move_cursor(&mut self, _motion: Motion, _page: usize) {}

    /// Keeps scrolling and cursor in range; `last` is the last useful first line.
    fn limit_scroll(&mut self, _model: &Model, _last: usize) {}

    /// Whether it has more than one field or button.
    fn has_fields(&self) -> bool {
        false
    }

    /// Goes to the next or the previous field or button.
    fn change_field(&mut self, _forward: bool) {}

    /// Moves the focus to a button, by its number.
    fn focus_button(&mut self, _button: usize) {}

    /// Puts the cursor on an entry, by its number.
    fn focus_entry(&mut self, _entry: usize) {}

    /// Whether a second click on an entry accepts it.
    fn is_menu(&self) -> bool {
        false
    }

    /// Whether the entry under the cursor can be chosen or left out.
    fn can_toggle(&self) -> bool {
        false
    }

    /// Chooses the entry under the cursor, or leaves it out.
    fn toggle(&mut self) {}

    /// What Enter does, for the footer of a dialog without buttons.
    fn verb(&self) -> &'static str {
        "close"
    }

    /// The footer's title of Enter while the typed word is not complete.
    fn unfinished(&self) -> Option<&'static str> {
        None
    }

    /// Whether it only shows text.
    fn is_text(&self) -> bool {
        false
    }

    /// Whether it closes when the running job has ended.
    fn closes_with_job(&self) -> bool {
        false
    }

    /// The script that it is about, for `e` and `E`.
    fn script(&self, _model: &Model) -> Option<ScriptLocation> {
        None
    }

    /// The text that `y` copies, and what it is.
    fn copyable(&self) -> Option<(String, String)> {
        None
    }
}

/// A pair of buttons. Enter presses the one with the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buttons {
    /// 0 is the harmless one.
    pub focused: usize,
}

impl Buttons {
    /// Goes to the other button.
    pub fn switch(&mut self) {
        self.focused = 1 - self.focused.min(1);
    }

    /// Goes to one of the two.
    pub fn focus(&mut self, button: usize) {
        self.focused = button.min(1);
    }
}
