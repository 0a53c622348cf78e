//! Everything that can happen to the UI.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use super::effect::Generation;
use super::opening::Opening;
use super::screen::ScreenMsg;
use crate::core::graph::RevisionId;
use crate::engine::Error;
use crate::engine::project::ScriptTree;
use crate::engine::state::script_status::ScriptStatus;
use crate::engine::state::status::DatabaseStatus;
use crate::tui::editor::Highlighted;

/// An event.
#[derive(Debug, Clone)]
pub enum Msg {
    Key(KeyEvent),
    Mouse(MouseEvent),
    Paste(String),
    Resize {
        width: u16,
        height: u16,
    },
    /// The terminal gained or lost the focus.
    Focus(bool),
    /// Four times a second, while a job runs or a notice is shown.
    Tick,
    /// Every five seconds, if the terminal has the focus and no job runs: time to read the heads.
    Poll,
    /// The scripts or the models on disk have changed, for example by `git switch` or an editor.
    ScriptsChanged,
    /// The configuration was read again and has changed.
    Settings {
        /// The names of the environments, and whether each is protected.
        environments: Vec<(String, bool)>,
        /// The current environment is another database now.
        database: bool,
    },
    /// Answer to `Effect::LoadScripts`.
    ScriptsLoaded(Arc<ScriptTree>),
    /// Before every `ScriptsLoaded`: a number that changes with the models, or the reason why there are none.
    Models(Result<u64, Error>),
    /// Answer to `Effect::Connect` and `Effect::ReadStatus`.
    Status(Generation, Result<DatabaseStatus, Error>),
    /// Answer to `Effect::ReadLedger`.
    Ledger(Generation, Result<ScriptStatus, Error>),
    /// A task of `Effect::Run` reports progress.
    Progress(Generation, ScreenMsg),
    /// A task of `Effect::Run` has ended. Sent once.
    Ended(Generation, ScreenMsg),
    /// Answer to `Effect::EditExternally`.
    EditorClosed(Result<(), Error>),
    /// Open the editor on a text.
    OpenEditor(Box<Opening>),
    /// Answer to `Effect::Highlight`.
    Highlighted(RevisionId, Arc<Highlighted>),
    /// Answer to `Effect::Copy`: the description of the text.
    Copied(Result<String, Error>),
    /// A frame was drawn. Sent after the next frame whenever `Model::wants_drawn` is true.
    Drawn,
    /// An error without a message of its own.
    Failed(Error),
    /// The process must end (SIGTERM, SIGHUP).
    Terminate,
}
