//! The state that all screens share, the stack of screens, and the dialogs.

pub mod action;
pub mod dialog;
pub mod error_dialog;
pub mod panes;
pub mod screen;
pub mod server;
mod states;
mod work;

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;

use self::dialog::Dialog;
use self::error_dialog::ErrorDialog;
pub use self::panes::{Filter, Pane, Panes};
use self::screen::{Layer, Screens, ScriptLocation};
pub use self::server::{Connection, ServerState};
use self::states::States;
use super::command::{Command, KeyContext};
use super::differences::Differences;
use super::effect::{Consent, Effect};
use super::history::{History, Item};
use super::job::Jobs;
use super::log::Log;
use super::opening::Opening;
use super::preferences::Preferences;
use super::proof::Proof;
use super::start::Start;
use crate::core::graph::RevisionId;
use crate::engine::Error;
use crate::engine::project::{ScriptFile, ScriptProblem, ScriptTree};
use crate::tui::editor::Highlighted;

/// How long a notice is shown.
const NOTICE: Duration = Duration::from_secs(6);

/// The name of the read of the server's status.
const STATUS: &str = "status";

/// A short message in the footer. It disappears after some seconds, or at the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub at: Time,
}

/// A text that is being highlighted, and its tokens when they have arrived.
#[derive(Debug, Clone)]
pub struct Highlight {
    pub text: Arc<str>,
    pub tokens: Option<Arc<Highlighted>>,
}

/// What a screen asks of the rest of the UI. It is done after the current message.
#[derive(Debug, Clone)]
pub enum ScreenRequest {
    /// Open the editor.
    Edit(Box<Opening>),
    /// Run a command.
    Run(Command),
}

/// The state that all screens share.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // Independent facts.
pub struct Model {
    pub(crate) project: String,
    /// The names of the environments, and whether each is protected.
    pub(crate) environments: Vec<(String, bool)>,
    pub(crate) environment: Option<String>,
    pub(crate) read_only: bool,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) preferences: Preferences,
    pub(crate) now: Time,
    pub(crate) tree: Option<Arc<ScriptTree>>,
    pub(crate) scripts_loading: bool,
    /// A number that changes with the models, or the reason why there are none.
    pub(crate) models: Option<Result<u64, Error>>,
    pub(crate) server: ServerState,
    pub(crate) consent: Consent,
    pub(crate) history: History,
    pub(crate) panes: Panes,
    pub(crate) log: Log,
    pub(crate) jobs: Jobs,
    /// The screens above the panes.
    pub(crate) screens: Screens,
    pub(crate) dialogs: Vec<Box<dyn Dialog>>,
    /// The states of the lists.
    pub(crate) states: States,
    pub(crate) requests: Vec<ScreenRequest>,
    pub(crate) differences: Differences,
    /// The proofs of this session.
    pub(crate) proofs: HashMap<RevisionId, Proof>,
    pub(crate) notice: Option<Notice>,
    pub(crate) highlights: HashMap<RevisionId, Highlight>,
    /// The revision to select when the scripts have been loaded.
    pub(crate) select_when_loaded: Option<RevisionId>,
    /// The settings name another database. limbeck connects to it when no job runs.
    pub(crate) database_changed: bool,
    /// limbeck itself has changed the heads, so the next status may differ.
    pub(crate) changed_heads: bool,
}

impl Model {
    /// The first state, and the first effects: load the scripts and connect.
    #[must_use]
    pub fn new(start: Start) -> (Self, Vec<Effect>) {
        let (preferences, problems) = Preferences::read(&start);
        let mut model = Self {
            project: start.project,
            environments: start.environments,
            environment: start.environment,
            read_only: start.read_only,
            width: start.width,
            height: start.height,
            preferences,
            now: Time::midnight(),
            tree: None,
            scripts_loading: true,
            models: None,
            server: ServerState::default(),
            consent: Consent::default(),
            history: History::default(),
            panes: Panes::default(),
            log: Log::default(),
            jobs: Jobs::default(),
            screens: Screens::default(),
            dialogs: Vec::new(),
            states: States::default(),
            requests: Vec::new(),
            differences: Differences::default(),
            proofs: HashMap::new(),
            notice: None,
            highlights: HashMap::new(),
            select_when_loaded: None,
            database_changed: false,
            changed_heads: false,
        };
        if !problems.is_empty() {
            let mut error = Error::new("config.toml has errors");
            error.causes = problems;
            model.show_error(error.hint("the defaults are used for the invalid settings"));
        }
        let connect = model.connect();
        (model, vec![Effect::LoadScripts, connect])
    }

    /// Whether something runs whose end changes the screen: `--print` waits for it.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.jobs.is_running()
            || self.jobs.has_reads()
            || self.scripts_loading
            || self.highlights.values().any(|highlight| highlight.tokens.is_none())
    }

    /// Whether the screen changes with time alone.
    #[must_use]
    pub fn wants_tick(&self) -> bool {
        self.jobs.is_running() || self.notice.is_some() || matches!(self.server.connection, Connection::Connecting)
    }

    /// Whether the runtime must send `Msg::Drawn` after the next frame. A confirmation is open, and keys are ignored
    /// until it has been drawn.
    #[must_use]
    pub fn wants_drawn(&self) -> bool {
        self.dialogs.last().is_some_and(|dialog| dialog.waits_for_frame())
    }

    /// Which keys apply.
    #[must_use]
    pub fn key_context(&self) -> KeyContext {
        match (self.dialogs.last(), self.screens.top()) {
            (Some(dialog), _) => dialog.key_context(),
            (None, Some(screen)) => screen.key_context(),
            (None, None) if self.panes.filter.typing => KeyContext::Text,
            (None, None) => KeyContext::Main,
        }
    }

    /// Whether a plan or a list covers the panes.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.screens.has(Layer::Plan) || self.screens.has(Layer::List)
    }

    /// The database's heads, if they are known.
    #[must_use]
    pub fn heads(&self) -> Option<&[RevisionId]> {
        self.server.status.as_ref().map(|status| status.heads.as_slice())
    }

    /// The host as shown to the user.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        let server = &self.server.status.as_ref()?.server;
        let is_socket = server.host.starts_with('/') || server.host.starts_with('@');
        Some(match (is_socket, server.port) {
            (true, _) => String::from("local socket"),
            (false, 5432) => server.host.clone(),
            (false, port) => format!("{}:{port}", server.host),
        })
    }

    /// The environment's name as shown to the user: `default` is the `[database]` table.
    #[must_use]
    pub fn environment_name(&self) -> &str {
        self.environment.as_deref().unwrap_or("default")
    }

    /// Whether the current environment is protected.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.environments.iter().any(|(name, protected)| *protected && Some(name) == self.environment.as_ref())
    }

    /// The script of a revision.
    #[must_use]
    pub fn script_of(&self, id: &RevisionId) -> Option<&Arc<ScriptFile>> {
        self.tree.as_ref()?.scripts.get(id)
    }

    /// A revision by its short id and message.
    #[must_use]
    pub fn describe_revision(&self, id: &RevisionId) -> String {
        match self.script_of(id) {
            Some(file) => format!("{}  {}", id.short(), file.script.summary()),
            None => id.short().to_owned(),
        }
    }

    /// The script of the selected revision. For a missing revision it is the ledger's copy.
    #[must_use]
    pub fn selected_script(&self) -> Option<&Arc<ScriptFile>> {
        match self.history.selected_item()? {
            Item::Revision(id) => self.script_of(id),
            Item::Missing(id) => self.history.ledger().from_ledger.get(id),
            _ => None,
        }
    }

    /// The script that `e` and `E` open: of the dialog, of the screen, or of the selected item.
    #[must_use]
    pub fn script_at_cursor(&self) -> Option<ScriptLocation> {
        match (self.dialogs.last(), self.screens.top()) {
            (Some(dialog), _) => dialog.script(self),
            (None, Some(screen)) => screen.script(self),
            (None, None) => match self.history.selected_item()? {
                Item::Revision(_) | Item::Missing(_) => {
                    Some(ScriptLocation::Script(self.selected_script()?.clone(), None))
                }
                Item::Problem(index) => match self.tree.as_ref()?.problems.get(*index)? {
                    ScriptProblem::File { path, line, .. } => Some(ScriptLocation::File(path.clone(), *line)),
                    ScriptProblem::Graph { files, .. } => {
                        files.first().map(|path| ScriptLocation::File(path.clone(), None))
                    }
                },
                Item::Base => None,
            },
        }
    }

    /// The proof of a revision's script, if the script has not changed since.
    #[must_use]
    pub fn proof_of(&self, id: &RevisionId) -> Option<&Proof> {
        let file = self.script_of(id)?;
        self.proofs.get(id).filter(|proof| *proof.text == *file.text)
    }

    /// The proof of the selected script.
    #[must_use]
    pub fn selected_proof(&self) -> Option<&Proof> {
        self.proof_of(self.history.selected_revision()?)
    }

    /// The dialog on top, if it has this type.
    #[must_use]
    pub fn dialog<T: Dialog>(&self) -> Option<&T> {
        (self.dialogs.last()?.as_ref() as &dyn Any).downcast_ref()
    }

    /// The dialog on top, if it has this type, to change it.
    pub fn dialog_mut<T: Dialog>(&mut self) -> Option<&mut T> {
        (self.dialogs.last_mut()?.as_mut() as &mut dyn Any).downcast_mut()
    }

    /// Opens a dialog above everything else.
    pub(crate) fn open_dialog(&mut self, dialog: impl Dialog) -> Vec<Effect> {
        self.dialogs.push(Box::new(dialog));
        Vec::new()
    }

    /// Closes every dialog of this type.
    pub(crate) fn close_dialogs<T: Dialog>(&mut self) {
        self.dialogs.retain(|dialog| !(dialog.as_ref() as &dyn Any).is::<T>());
    }

    /// Connects to the current environment.
    pub(crate) fn connect(&mut self) -> Effect {
        let generation = self.jobs.start_read(STATUS);
        Effect::Connect(generation, self.environment.clone(), self.consent)
    }

    /// Reads the heads on the current connection.
    pub(crate) fn read_status(&mut self) -> Effect {
        let generation = self.jobs.start_read(STATUS);
        Effect::ReadStatus(generation)
    }

    /// Whether the server has not answered the last question yet.
    pub(crate) fn waits_for_status(&self) -> bool {
        self.jobs.is_reading(STATUS)
    }

    /// Drops the current server's status, and connects to the current environment.
    pub(crate) fn reconnect(&mut self) -> Effect {
        self.screens.close(Layer::Plan);
        self.server.connection = Connection::Connecting;
        self.server.status = None;
        self.update_history();
        self.connect()
    }

    /// Applies the current heads to the history, and notifies the screens.
    pub(crate) fn update_history(&mut self) {
        let heads = self.server.status.as_ref().map(|status| status.heads.clone());
        if let Some(tree) = self.tree.clone() {
            self.history = std::mem::take(&mut self.history).with_heads(&tree, heads.as_deref());
        }
        self.update_screens();
    }

    /// Notifies the screens that the heads or the scripts have changed.
    pub(crate) fn update_screens(&mut self) {
        let mut screens = std::mem::take(&mut self.screens);
        screens.iter_mut().for_each(|screen| screen.on_change(self));
        self.screens = screens;
    }

    pub(crate) fn load_scripts(&mut self) -> Effect {
        self.scripts_loading = true;
        Effect::LoadScripts
    }

    /// Shows a notice.
    pub(crate) fn notify(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), at: self.now });
    }

    pub(crate) fn show_error(&mut self, error: Error) {
        // The same error may occur at every reading of the settings. It is shown once.
        if self.dialog::<ErrorDialog>().is_some_and(|dialog| dialog.error == error) {
            return;
        }
        self.dialogs.push(Box::new(ErrorDialog::new(error)));
    }

    /// Removes an old notice.
    pub(crate) fn expire_notice(&mut self) {
        if let Some(notice) = &self.notice {
            let age = self.now.duration_since(notice.at);
            if age.is_negative() || age.unsigned_abs() >= NOTICE {
                self.notice = None;
            }
        }
    }
}
