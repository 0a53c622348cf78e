//! The editor: a script over the whole screen, with its proof, its operations and its hazards beside it.

pub mod areas;
pub mod ask;
pub mod commands;
pub mod find;
pub mod go_to;
pub mod open;
pub mod panel;
pub mod proving;
pub mod saving;
pub mod typing;

use std::path::PathBuf;
use std::sync::Arc;

pub use find::Find;
pub use open::{Opening, Origin};
pub use panel::{Fault, Findings, FoundHazard, Operation, Panel, Proof};

use crate::core::graph::RevisionId;
use crate::tui::app::model::Model;
use crate::tui::app::{Effect, Generation, Msg};
use crate::tui::editor::{Document, Place};

/// What happens once the script is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum After {
    #[default]
    Stay,
    Close,
    Quit,
    Prove,
}

/// A script that is open.
#[derive(Debug, Clone)]
pub struct Editor {
    pub document: Document,
    pub path: PathBuf,
    /// Of a draft: where it belongs once it is proved.
    pub home: Option<PathBuf>,
    pub origin: Origin,
    /// The revision that it was opened as; a file that is no script has none.
    pub revision: Option<RevisionId>,
    /// What the file holds, as far as it is known; `None`: there is none.
    pub disk: Option<Arc<str>>,
    /// The text as it stands here.
    pub text: Arc<str>,
    /// The file was changed by somebody else since.
    pub moved: bool,
    /// Counts what changes the text.
    pub version: u64,
    /// The first line that is seen, and the cells that are scrolled out on the left.
    pub top: usize,
    pub left: usize,
    /// The window goes where the cursor is.
    pub follow: bool,
    pub panel: Panel,
    /// Whether the panel is shown, when a person said so.
    pub panel_shown: Option<bool>,
    pub find: Option<Find>,
    pub faults: Vec<Fault>,
    /// The examination whose answer is waited for.
    pub examining: Option<Generation>,
    pub after: After,
    /// The text that is being saved.
    pub saving: Option<Arc<str>>,
    /// Shift is held.
    selecting: bool,
    /// Where the mouse went down.
    pressed: Option<Place>,
}

impl Editor {
    /// Whether there is something that closing would lose.
    #[must_use]
    pub fn is_modified(&self) -> bool {
        self.disk.as_deref() != Some(&*self.text)
    }

    /// Whether it is to be kept or thrown away before it is closed: nobody has said so of a script that was made.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.origin == Origin::New || self.is_writable() && self.is_modified()
    }

    /// Whether its text can be changed at all.
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        !matches!(self.origin, Origin::Recalled)
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.origin, &self.revision) {
            (Origin::Recalled, Some(id)) => id.short().to_owned(),
            _ => self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned(),
        }
    }

    /// The faults and hazards of a line, counted from 0: whether there is a fault, whether there is a hazard.
    #[must_use]
    pub fn marks(&self, row: usize) -> (bool, bool) {
        let fault = self.faults.iter().any(|fault| fault.line == row + 1);
        (fault, self.panel.hazards.iter().any(|found| found.line == row + 1))
    }
}

/// Why the text that is open cannot be changed.
#[must_use]
pub fn locked(model: &Model) -> Option<&'static str> {
    let editor = model.editor.as_ref()?;
    if model.read_only {
        return Some("limbeck was opened with --read-only");
    }
    (!editor.is_writable()).then_some("this is the ledger's copy; there is no file")
}

/// Takes a message of the editor's.
pub fn on_message(model: &mut Model, message: Msg) -> Vec<Effect> {
    match message {
        Msg::OpenEditor(opening) => open::open(model, *opening),
        Msg::ScriptRead(path, answer) => open::on_read(model, &path, answer),
        Msg::Examined(generation, findings) => panel::on_examined(model, generation, *findings),
        Msg::ScriptSaved(answer) => saving::on_saved(model, answer),
        Msg::ProofTold(told) => proving::on_told(model, &told),
        Msg::Proved(id, answer) => proving::on_proved(model, &id, answer),
        _ => Vec::new(),
    }
}

/// The text has changed: what follows from it is asked for.
pub fn changed(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    let Some(editor) = &mut model.editor else { return Vec::new() };
    editor.text = editor.document.text();
    editor.version += 1;
    editor.follow = true;
    editor.examining = Some(generation);
    vec![Effect::Examine(generation, editor.text.clone())]
}

/// Brings the window to the cursor, and reads the colours of what is seen.
pub fn settle(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = &model.editor else { return Vec::new() };
    let areas = areas::of(model, editor);
    let (height, width) = (usize::from(areas.text.height), usize::from(areas.text.width));
    let Some(editor) = &mut model.editor else { return Vec::new() };
    let lines = editor.document.lines().len();
    if editor.follow {
        let (row, _) = editor.document.cursor();
        editor.top = crate::tui::app::scroll::follow(editor.top, row, height.max(1), lines);
        let cell = editor.document.cursor_cell();
        if cell < editor.left || editor.left + width <= cell {
            let leap = (width / 3).max(1);
            editor.left = if cell < width { 0 } else { (cell + leap).saturating_sub(width) };
        }
    }
    editor.top = editor.top.min(lines.saturating_sub(height.max(1)));
    editor.document.colour(editor.top + height);
    Vec::new()
}
