//! A text to open in the editor, and what is known of it: proof, operations and hazards.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Time;

use crate::core::graph::RevisionId;
use crate::engine::Error;
use crate::engine::project::ScriptFile;
use crate::engine::state::ledger_scripts::is_from_ledger;
use crate::engine::verify::VerifiedRevision;
use crate::tui::editor::{FoundHazard, Operation};

/// The origin of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A file of the project.
    Script,
    /// It has no file yet. Saving it creates the file.
    New,
    /// The ledger's copy of a script whose file is missing.
    FromLedger,
}

/// A text to open in the editor.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The file of the text, or the file that saving creates.
    pub path: PathBuf,
    /// The final path of a draft, once it is proved. `None`: `path` is final.
    pub home: Option<PathBuf>,
    pub text: Arc<str>,
    pub origin: Origin,
    pub revision: Option<RevisionId>,
    /// The 1-based line of the cursor. `None`: the start of the upgrade.
    pub line: Option<usize>,
    /// What the creator of the text knows of it. Missing operations are read from the text. Hazards are always read
    /// from the text; they take the counts of the hazards given here.
    pub panel: Panel,
}

impl Opening {
    /// Opens a script of the tree, or the ledger's copy of one.
    #[must_use]
    pub fn script(file: &ScriptFile, line: Option<usize>) -> Self {
        Self {
            path: file.path.clone(),
            home: None,
            text: file.text.clone(),
            origin: if is_from_ledger(file) { Origin::FromLedger } else { Origin::Script },
            revision: Some(file.script.revision.clone()),
            line: line.or_else(|| Some(file.script.upgrade_line()).filter(|line| *line > 0)),
            panel: Panel::default(),
        }
    }
}

/// The contents of the editor's panel.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    pub proof: EditorProof,
    pub operations: Vec<Operation>,
    pub hazards: Vec<FoundHazard>,
    /// Notes about how the text was created.
    pub notes: Vec<String>,
    /// The text that the proof is about. The editor sets it.
    pub proved: Option<Arc<str>>,
}

/// The proof of the text in the editor.
#[derive(Debug, Clone, Default)]
pub enum EditorProof {
    #[default]
    None,
    /// It runs since this time. The text says what it does.
    Running(String, Time),
    /// It ended at this time.
    Found(Box<VerifiedRevision>, Time),
    /// It could not run.
    Failed(Box<Error>),
}

impl EditorProof {
    /// The result, if it ran to its end.
    #[must_use]
    pub const fn found(&self) -> Option<&VerifiedRevision> {
        match self {
            Self::Found(verified, _) => Some(&**verified),
            _ => None,
        }
    }
}
