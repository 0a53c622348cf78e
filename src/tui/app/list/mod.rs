//! The list screen: entries with details below them, a title, and a status line. Each list configures it with data.

mod lines;
mod screen;

use std::any::{Any, TypeId};
use std::fmt::Debug;

pub use self::lines::{INDENT, ListEntry, ListLine};
pub use self::screen::ListScreen;
use super::command::{Command, KeyContext};
use super::form::{FormLine, Piece, SEPARATOR};
use super::model::Model;
use super::model::action::{CommandAction, Decision, act, refuse};
use super::model::screen::{Layer, Screen};
use super::theme::Role;
use super::{layout, log};
use crate::core::graph::RevisionId;
use crate::engine::Error;

/// The data of a list. The model stores its state.
pub trait List: Any + Debug {
    /// The name in the log and in notices, for example `verify`.
    fn name(&self) -> &'static str;

    /// A number that changes with the list's contents.
    fn version(&self) -> u64;

    fn title(&self) -> Vec<Piece>;

    /// The line at the bottom: progress, result or error.
    fn status(&self, model: &Model) -> Piece;

    /// The number of entries.
    fn count(&self) -> usize;

    fn entry(&self, model: &Model, index: usize) -> ListEntry;

    /// The lines below an entry.
    fn details(&self, _index: usize) -> Vec<FormLine> {
        Vec::new()
    }

    /// The lines above an entry.
    fn heading(&self, _index: usize) -> Vec<FormLine> {
        Vec::new()
    }

    /// The lines above the first entry; for an empty list, what it is for.
    fn notes(&self) -> Vec<FormLine> {
        Vec::new()
    }

    /// The lines below the last entry.
    fn end_notes(&self) -> Vec<FormLine> {
        Vec::new()
    }

    /// The lines above the first entry, for a width in cells.
    fn notes_for(&self, _width: usize) -> Vec<FormLine> {
        self.notes()
    }

    /// The lines below the last entry, for a width in cells.
    fn end_notes_for(&self, _width: usize) -> Vec<FormLine> {
        self.end_notes()
    }

    /// The entry whose script `e` opens; `selected` is the one under the cursor.
    fn entry_to_edit(&self, selected: Option<usize>) -> Option<usize> {
        selected
    }

    /// The cursor of a list that grows: the entry to follow until the user moves the cursor.
    fn followed(&self) -> Followed {
        Followed::Last
    }

    /// The revision of an entry.
    fn revision(&self, _index: usize) -> Option<&RevisionId> {
        None
    }

    /// The error of an entry.
    fn error(&self, _index: usize) -> Option<&Error> {
        None
    }

    /// Decides Enter. By default it shows the entry's error, or selects its revision in the history.
    ///
    /// # Errors
    /// The reason why the command does not apply.
    fn open(&self, _model: &Model, entry: Option<usize>) -> Decision {
        open_revision(self.revision_and_error(entry))
    }

    /// Decides `R`.
    ///
    /// # Errors
    /// The reason why the command does not apply.
    fn refresh(&self, model: &Model) -> Decision;

    /// The footer's title of a command, if it differs from the command table.
    fn title_of(&self, _command: Command) -> Option<&'static str> {
        None
    }

    /// The notice when the list is closed.
    fn on_close(&self, _model: &Model) -> Option<String> {
        None
    }

    /// What `^c` does if no job runs; `None`: it quits.
    fn on_interrupt(&self) -> Option<CommandAction> {
        None
    }

    /// The revision and the error of an entry.
    fn revision_and_error(&self, entry: Option<usize>) -> Option<(RevisionId, Option<Error>)> {
        let entry = entry?;
        Some((self.revision(entry)?.clone(), self.error(entry).cloned()))
    }
}

/// Which entry the cursor follows until the user moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// The last one; the window shows the end of the list.
    Last,
    /// This one.
    Entry(usize),
}

fn find<T: List>(model: &Model) -> Option<&dyn List> {
    model.states.get::<T>().map(|list| list as &dyn List)
}

/// Opens a list above the panes or the plan. The cursor follows new entries.
pub fn open<T: List>(model: &mut Model) {
    open_in::<T>(model, KeyContext::List);
}

/// Opens a list whose keys are those of this context.
pub fn open_in<T: List>(model: &mut Model, context: KeyContext) {
    model.screens.open(Box::new(ListScreen::new(TypeId::of::<T>(), find::<T>, context)));
}

/// Opens a list with the cursor on its first line.
pub fn open_at_top<T: List>(model: &mut Model) {
    open::<T>(model);
    go_to_top::<T>(model);
}

/// Puts the cursor on the first line, if this list is open.
pub fn go_to_top<T: List>(model: &mut Model) {
    if is_open::<T>(model)
        && let Some(screen) = model.screens.get_mut::<ListScreen>()
    {
        screen.point(0);
    }
}

/// Puts the cursor on an entry, if this list is open.
pub fn go_to_entry<T: List>(model: &mut Model, entry: usize) {
    if !is_open::<T>(model) {
        return;
    }
    update_window(model);
    if let Some(screen) = model.screens.get_mut::<ListScreen>() {
        let line = screen.lines().iter().position(|line| *line == ListLine::Entry(entry));
        screen.point(line.unwrap_or(0));
    }
}

/// Closes the open list.
pub fn close(model: &mut Model) {
    model.screens.close(Layer::List);
}

/// Whether this list is open.
#[must_use]
pub fn is_open<T: List>(model: &Model) -> bool {
    model.screens.get::<ListScreen>().is_some_and(|screen| screen.is_of(TypeId::of::<T>()))
}

/// Checks that no other list is open. Returns whether this one is.
///
/// # Errors
/// The reason, if another list is open.
pub fn require_no_other<T: List>(model: &Model) -> Result<bool, std::borrow::Cow<'static, str>> {
    match (is_open::<T>(model), model.screens.has(Layer::List)) {
        (true, _) => Ok(true),
        (false, true) => Err("close this list first (Esc)".into()),
        (false, false) => Ok(false),
    }
}

/// The entry under the cursor, if this list is open.
#[must_use]
pub fn selected<T: List>(model: &Model) -> Option<usize> {
    model.screens.get::<ListScreen>().filter(|screen| screen.is_of(TypeId::of::<T>()))?.selected()
}

/// Reports the end of the list's job: in the log, and in a notice if no list is open. An error is shown in a dialog.
pub fn report_end<T: List>(model: &mut Model, error: Option<Error>) {
    let Some(list) = model.states.get::<T>() else { return };
    let (name, (text, role)) = (list.name(), list.status(model));
    let state = match role {
        Role::Good => log::LogState::Done,
        Role::Danger => log::LogState::Failed,
        _ => log::LogState::Warning,
    };
    model.log.note(model.now, state, name, &text);
    match error {
        Some(error) => model.show_error(error),
        None if !model.screens.has(Layer::List) => model.notify(format!("{name}: {text}")),
        None => {}
    }
}

/// Updates the open list before its lines are needed.
fn update_window(model: &mut Model) {
    let area = layout::areas(model).plan_body;
    let mut screens = std::mem::take(&mut model.screens);
    if let Some(screen) = screens.get_mut::<ListScreen>() {
        screen.update_window(model, area);
    }
    model.screens = screens;
}

fn open_revision(found: Option<(RevisionId, Option<Error>)>) -> Decision {
    match found {
        None => refuse("there is nothing to open here"),
        Some((_, Some(error))) => act(move |model| {
            model.show_error(error);
            Vec::new()
        }),
        Some((id, None)) => act(move |model| {
            close(model);
            model.history.select_id(&id);
            model.panes.focus = super::model::Pane::Script;
            Vec::new()
        }),
    }
}

/// An entry's size and time, with separators between them.
#[must_use]
pub fn joined(parts: impl IntoIterator<Item = Piece>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in parts {
        if !pieces.is_empty() {
            pieces.push((String::from(SEPARATOR), Role::Muted));
        }
        pieces.push(part);
    }
    pieces
}
