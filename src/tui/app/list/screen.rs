//! An open list: cursor, window and lines.

use std::any::TypeId;

use ratatui::layout::Rect;

use super::lines::{ListLine, lines as make_lines};
use super::{Followed, List};
use crate::tui::app::command::{Command, KeyContext};
use crate::tui::app::form::Piece;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{CommandAction, Decision, act, refuse};
use crate::tui::app::model::screen::{Layer, Screen, ScriptLocation};
use crate::tui::app::motion::Motion;
use crate::tui::app::scroll;
use crate::tui::app::theme::Role;

/// An open list: cursor, window and lines.
#[derive(Debug)]
pub struct ListScreen {
    list: TypeId,
    find: fn(&Model) -> Option<&dyn List>,
    context: KeyContext,
    cursor: usize,
    top: usize,
    /// The cursor follows the entries that are added, until the user moves it.
    follows: bool,
    lines: Vec<ListLine>,
    /// The version and the width for which the lines were made.
    made_for: Option<(u64, usize)>,
}

impl ListScreen {
    pub(super) const fn new(list: TypeId, find: fn(&Model) -> Option<&dyn List>, context: KeyContext) -> Self {
        Self { list, find, context, cursor: 0, top: 0, follows: true, lines: Vec::new(), made_for: None }
    }

    /// Whether it shows the list of this type.
    pub(super) fn is_of(&self, list: TypeId) -> bool {
        self.list == list
    }

    /// The list's data.
    #[must_use]
    pub fn list<'a>(&self, model: &'a Model) -> Option<&'a dyn List> {
        (self.find)(model)
    }

    #[must_use]
    pub fn lines(&self) -> &[ListLine] {
        &self.lines
    }

    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// The first visible line.
    #[must_use]
    pub const fn top(&self) -> usize {
        self.top
    }

    /// The entry under the cursor, or the entry of the detail line under the cursor.
    pub(super) fn selected(&self) -> Option<usize> {
        match self.lines.get(self.cursor)? {
            ListLine::Entry(entry) => Some(*entry),
            ListLine::Detail(entry, _) => *entry,
        }
    }

    /// Puts the cursor on a line.
    pub(super) fn point(&mut self, line: usize) {
        self.cursor = line.min(self.lines.len().saturating_sub(1));
        self.follows = false;
    }

    /// Makes the lines again if the contents or the width have changed.
    fn update_lines(&mut self, list: &dyn List, width: usize) {
        let wanted = (list.version(), width);
        if self.made_for == Some(wanted) {
            return;
        }
        self.lines = make_lines(list, width);
        self.made_for = Some(wanted);
        if self.follows {
            let is_followed = |line: &ListLine| match (line, list.followed()) {
                (ListLine::Entry(_), Followed::Last) => true,
                (ListLine::Entry(entry), Followed::Entry(followed)) => *entry == followed,
                (ListLine::Detail(..), _) => false,
            };
            self.cursor = self.lines.iter().rposition(is_followed).unwrap_or(0);
        }
    }
}

impl Screen for ListScreen {
    fn layer(&self) -> Layer {
        Layer::List
    }

    fn key_context(&self) -> KeyContext {
        self.context
    }

    fn update_window(&mut self, model: &Model, area: Rect) {
        // The editor covers the list. The list is updated when it is visible again.
        if area.width == 0 {
            return;
        }
        let Some(list) = self.list(model) else { return };
        self.update_lines(list, usize::from(area.width));
        let count = self.lines.len();
        self.cursor = self.cursor.min(count.saturating_sub(1));
        let shows_end = self.follows && list.followed() == Followed::Last;
        let shown = if shows_end { count.saturating_sub(1) } else { self.cursor };
        self.top = scroll::follow(self.top, shown, usize::from(area.height), count).min(self.cursor);
    }

    fn move_cursor(&mut self, motion: Motion, page: usize) {
        self.cursor = motion.apply(self.cursor, self.lines.len(), page);
        self.follows = self.cursor + 1 >= self.lines.len();
    }

    fn click(&mut self, row: usize) {
        self.point(self.top + row);
    }

    fn back(&self, model: &Model) -> Decision {
        let notice = self.list(model).and_then(|list| list.on_close(model));
        act(|model| {
            super::close(model);
            if let Some(notice) = notice {
                model.notify(notice);
            }
            Vec::new()
        })
    }

    fn open(&self, model: &Model) -> Decision {
        match self.list(model) {
            Some(list) => list.open(model, self.selected()),
            None => refuse("there is no list"),
        }
    }

    fn refresh(&self, model: &Model) -> Decision {
        match self.list(model) {
            Some(list) => list.refresh(model),
            None => refuse("there is no list"),
        }
    }

    fn script(&self, model: &Model) -> Option<ScriptLocation> {
        let list = self.list(model)?;
        let entry = list.entry_to_edit(self.selected())?;
        let line = list.error(entry).and_then(|error| error.line);
        Some(ScriptLocation::Script(model.script_of(list.revision(entry)?)?.clone(), line))
    }

    /// The line under the cursor.
    fn copyable(&self, model: &Model) -> Option<(String, String)> {
        let pieces: Vec<Piece> = match self.lines.get(self.cursor)? {
            ListLine::Entry(index) => {
                let entry = self.list(model)?.entry(model, *index);
                entry.left.into_iter().chain([(String::from("  "), Role::Text)]).chain(entry.right).collect()
            }
            ListLine::Detail(_, pieces) => pieces.clone(),
        };
        let text = pieces.into_iter().map(|(text, _)| text).collect::<String>().trim().to_owned();
        Some((text, String::from("the line")))
    }

    fn title_of(&self, model: &Model, command: Command) -> Option<&'static str> {
        let title = self.list(model).and_then(|list| list.title_of(command));
        title.or(if command == Command::Refresh { Some("again") } else { None })
    }

    fn on_interrupt(&self, model: &Model) -> Option<CommandAction> {
        self.list(model)?.on_interrupt()
    }
}
