//! The editor: a script on the whole screen, with its proof, its operations and its hazards.

pub mod areas;
pub mod commands;
pub mod find;
pub mod go_to;
pub mod open;
pub mod panel;
pub mod proving;
mod questions;
pub mod saving;
mod screen;
pub mod typing;

use std::path::PathBuf;
use std::sync::Arc;

pub use find::Find;

use crate::core::graph::RevisionId;
use crate::core::script::Language;
use crate::engine::Error;
use crate::engine::project::SaveOutcome;
use crate::engine::verify::{VerifiedRevision, VerifyEvent};
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::model::Model;
use crate::tui::app::opening::{Origin, Panel};
use crate::tui::editor::{Document, Fault, Findings, TextPosition};

/// The name of the read that examines the text.
const EXAMINE: &str = "examine";

/// The messages of the tasks.
#[derive(Debug, Clone)]
pub enum EditorMsg {
    /// A file was read: its text, and the line of the request.
    Read(PathBuf, Result<(Arc<str>, Option<usize>), Error>),
    Examined(Box<Findings>),
    Saved(Result<SaveOutcome, Error>),
    ProofProgress(VerifyEvent),
    Proved(RevisionId, Result<Box<VerifiedRevision>, Error>),
}

/// What happens when the script has been saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum After {
    #[default]
    Stay,
    Close,
    Quit,
    Prove,
}

/// A script that is open.
#[derive(Debug)]
pub struct Editor {
    pub document: Document,
    pub path: PathBuf,
    /// The final path of a draft, once it is proved.
    pub home: Option<PathBuf>,
    pub origin: Origin,
    /// The revision as which it was opened. `None`: the file is not a script.
    pub revision: Option<RevisionId>,
    /// The known text of the file. `None`: there is no file.
    pub disk: Option<Arc<str>>,
    /// The text in the editor.
    pub text: Arc<str>,
    /// Another program has changed the file since.
    pub file_changed: bool,
    /// Counts the changes of the text.
    pub version: u64,
    /// The first visible line, and the cells that are scrolled out on the left.
    pub top: usize,
    pub left: usize,
    /// The window follows the cursor.
    pub follow: bool,
    pub panel: Panel,
    /// Whether the panel is shown, if the user chose it.
    pub panel_shown: Option<bool>,
    pub find: Option<Find>,
    pub faults: Vec<Fault>,
    pub after: After,
    /// The text that is being saved.
    pub saving: Option<Arc<str>>,
    /// Shift is held.
    selecting: bool,
    /// Where the mouse went down.
    pressed: Option<TextPosition>,
}

impl Editor {
    /// Whether closing would lose changes.
    #[must_use]
    pub fn is_modified(&self) -> bool {
        self.disk.as_deref() != Some(&*self.text)
    }

    /// Whether the user must save or discard it before it is closed. A new script is always undecided.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.origin == Origin::New || self.is_writable() && self.is_modified()
    }

    /// Whether the text can be changed.
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        !matches!(self.origin, Origin::FromLedger)
    }

    /// Why its text cannot be changed.
    #[must_use]
    pub fn read_only_reason(&self, is_ui_read_only: bool) -> Option<&'static str> {
        if is_ui_read_only {
            return Some("limbeck was started with --read-only");
        }
        (!self.is_writable()).then_some("this is the ledger's copy; there is no file")
    }

    /// The language of the script.
    #[must_use]
    pub fn language(&self) -> Language {
        Language::of(&self.path)
    }

    /// The name of the file.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.origin, &self.revision) {
            (Origin::FromLedger, Some(id)) => id.short().to_owned(),
            _ => self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned(),
        }
    }

    /// Whether a 0-based line has a fault, and whether it has a hazard.
    #[must_use]
    pub fn marks(&self, row: usize) -> (bool, bool) {
        let fault = self.faults.iter().any(|fault| fault.line == row + 1);
        (fault, self.panel.hazards.iter().any(|found| found.line == row + 1))
    }
}

/// Why the open text cannot be changed.
#[must_use]
pub fn read_only_reason(model: &Model) -> Option<&'static str> {
    let editor = model.screens.get::<Editor>()?;
    editor.read_only_reason(model.read_only)
}

/// Takes the end of a task.
pub(super) fn on_end(model: &mut Model, message: EditorMsg) -> Vec<Effect> {
    match message {
        EditorMsg::Read(path, answer) => open::on_read(model, &path, answer),
        EditorMsg::Examined(findings) => {
            panel::on_examined(model, *findings);
            Vec::new()
        }
        EditorMsg::Saved(answer) => saving::on_saved(model, answer),
        EditorMsg::Proved(id, answer) => proving::on_proved(model, &id, answer),
        EditorMsg::ProofProgress(_) => Vec::new(),
    }
}

/// Stores the changed text and examines it.
fn on_changed(model: &mut Model) -> Vec<Effect> {
    let Some(editor) = model.screens.get_mut::<Editor>() else { return Vec::new() };
    editor.text = editor.document.text();
    editor.version += 1;
    editor.follow = true;
    let task = Task::Examine(editor.language(), editor.text.clone());
    vec![model.start_read(EXAMINE, task)]
}

/// Whether the text is being examined.
#[must_use]
pub fn is_examining(model: &Model) -> bool {
    model.jobs.is_reading(EXAMINE)
}
