//! The screens above the panes: one trait, and the stack of those that are open.

use std::any::Any;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use ratatui::layout::Rect;

use super::Model;
use super::action::{CommandAction, Decision, refuse};
use crate::engine::Error;
use crate::engine::project::ScriptFile;
use crate::tui::app::command::Command;
use crate::tui::app::command::KeyContext;
use crate::tui::app::effect::Effect;
use crate::tui::app::motion::Motion;

/// The layers from bottom to top. At most one screen is open on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    Plan,
    List,
    Editor,
}

/// The script that a screen points at, with a 1-based line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptLocation {
    Script(Arc<ScriptFile>, Option<usize>),
    /// A file that is not a script of the tree.
    File(PathBuf, Option<usize>),
}

/// A screen above the panes.
pub trait Screen: Any + Debug {
    fn layer(&self) -> Layer;

    /// Which keys apply.
    fn key_context(&self) -> KeyContext;

    /// Updates lines, cursor and window for the screen's area.
    fn update_window(&mut self, model: &Model, area: Rect);

    /// The heads or the scripts have changed.
    fn on_change(&mut self, _model: &Model) {}

    /// Moves the cursor; `page` is the number of visible rows.
    fn move_cursor(&mut self, _motion: Motion, _page: usize) {}

    /// A click on a visible row.
    fn click(&mut self, _row: usize) {}

    /// Scrolls long lines to the right or back; `None` if the screen does not scroll sideways.
    fn scroll_offset(&mut self) -> Option<&mut usize> {
        None
    }

    /// Decides Esc.
    ///
    /// # Errors
    /// The reason why the command does not apply.
    fn back(&self, model: &Model) -> Decision;

    /// Decides Enter on a list.
    ///
    /// # Errors
    /// The reason why the command does not apply.
    fn open(&self, _model: &Model) -> Decision {
        refuse("there is nothing to open here")
    }

    /// Decides `R`.
    ///
    /// # Errors
    /// The reason why the command does not apply.
    fn refresh(&self, model: &Model) -> Decision;

    /// The script under the cursor, for `e` and `E`.
    fn script(&self, _model: &Model) -> Option<ScriptLocation> {
        None
    }

    /// The text that `y` copies, and what it is.
    fn copyable(&self, _model: &Model) -> Option<(String, String)> {
        None
    }

    /// The error that `!` shows.
    fn error(&self) -> Option<Error> {
        None
    }

    /// The footer's title of a command, if it differs from the command table.
    fn title_of(&self, _model: &Model, _command: Command) -> Option<&'static str> {
        None
    }

    /// What `^c` does if no job runs; `None`: it quits.
    fn on_interrupt(&self, _model: &Model) -> Option<CommandAction> {
        None
    }

    /// What must happen before limbeck quits, for example a question about unsaved text.
    fn before_quit(&self) -> Option<CommandAction> {
        None
    }

    /// Saves what would be lost if the process ends at once.
    fn rescue(&self) -> Option<Effect> {
        None
    }
}

/// The open screens, the lowest first.
#[derive(Debug, Default)]
pub struct Screens {
    stack: Vec<Box<dyn Screen>>,
}

impl Screens {
    /// Opens a screen in place of the one on its layer.
    pub fn open(&mut self, screen: Box<dyn Screen>) {
        let layer = screen.layer();
        self.close(layer);
        let at = self.stack.iter().position(|open| open.layer() > layer).unwrap_or(self.stack.len());
        self.stack.insert(at, screen);
    }

    /// Closes the screen on a layer.
    pub fn close(&mut self, layer: Layer) {
        self.stack.retain(|open| open.layer() != layer);
    }

    /// The screen on top.
    #[must_use]
    pub fn top(&self) -> Option<&dyn Screen> {
        self.stack.last().map(AsRef::as_ref)
    }

    /// The screen on top, to change it.
    pub fn top_mut(&mut self) -> Option<&mut Box<dyn Screen>> {
        self.stack.last_mut()
    }

    /// Whether a screen is open on a layer.
    #[must_use]
    pub fn has(&self, layer: Layer) -> bool {
        self.stack.iter().any(|open| open.layer() == layer)
    }

    /// The open screen of this type.
    #[must_use]
    pub fn get<T: Screen>(&self) -> Option<&T> {
        self.stack.iter().find_map(|screen| (screen.as_ref() as &dyn Any).downcast_ref())
    }

    /// The open screen of this type, to change it.
    pub fn get_mut<T: Screen>(&mut self) -> Option<&mut T> {
        self.stack.iter_mut().find_map(|screen| (screen.as_mut() as &mut dyn Any).downcast_mut())
    }

    /// All open screens, the lowest first.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Screen> {
        self.stack.iter().map(AsRef::as_ref)
    }

    /// All open screens, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Box<dyn Screen>> {
        self.stack.iter_mut()
    }
}
