//! The four panes: which one has the focus, and their windows.

use super::Model;
use crate::core::graph::RevisionId;
use crate::tui::app::input::Input;

/// The four panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    #[default]
    History,
    Pending,
    Script,
    Log,
}

/// The state of the panes.
#[derive(Debug, Clone, Default)]
pub struct Panes {
    pub focus: Pane,
    pub pending_cursor: usize,
    pub pending_top: usize,
    pub script: ScriptView,
    pub filter: Filter,
}

/// The window of the script pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptView {
    /// The revision that is shown. Another revision is shown from its top.
    pub shown: Option<RevisionId>,
    pub top: usize,
    /// The cells that are scrolled out on the left.
    pub left: usize,
    pub wrap: bool,
}

/// The filter of the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub input: Input,
    pub typing: bool,
    /// The selected item when typing began.
    pub from: usize,
    /// The number of revisions that match; `None` if the history is too large to count.
    pub count: Option<usize>,
}

impl Model {
    /// Gives a pane the focus.
    pub(crate) fn focus_pane(&mut self, pane: Pane) {
        self.panes.focus = pane;
        if pane == Pane::Pending {
            let selected = self.history.selected_revision();
            let found = self.history.pending().iter().position(|id| Some(id) == selected);
            self.panes.pending_cursor = found.unwrap_or(self.panes.pending_cursor);
            self.select_pending();
        }
    }

    /// Selects in the history the revision under the cursor of the pending pane.
    pub(crate) fn select_pending(&mut self) {
        if let Some(id) = self.history.pending().get(self.panes.pending_cursor).cloned() {
            self.history.select_id(&id);
        }
    }
}
