//! Everything that the UI knows at one moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;

use super::dialog::Dialog;
use super::history::{History, Item};
pub use super::job::Job;
use super::keymap::Place;
use super::log::Log;
use super::preferences::Preferences;
use super::record::Question;
use super::screen::backup::Backups;
use super::screen::compare::Compared;
use super::screen::editor::Editor;
use super::screen::filter::Filter;
use super::screen::generate::Generate;
use super::screen::kept::Copies;
use super::screen::plan::PlanScreen;
use super::screen::proof::Proof;
use super::screen::verify::Verify;
use super::sheet::Sheet;
use super::{Consent, Effect, Generation, Highlighted, Start};
use crate::core::graph::RevisionId;
use crate::engine::Error;
use crate::engine::project::{ScriptFile, ScriptTree};
use crate::engine::state::status::DatabaseStatus;

/// How long a notice stands.
const NOTICE: Duration = Duration::from_secs(6);

/// How long a key may be meant for what has just ended.
const JUST_NOW: Duration = Duration::from_secs(1);

/// The four panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    #[default]
    History,
    Pending,
    Script,
    Log,
}

/// Whether there is a server.
#[derive(Debug, Clone, Default)]
pub enum Connection {
    #[default]
    Connecting,
    Connected,
    /// It is away, or refuses; what was last known of it is kept.
    Away(Error),
    /// There is none: nothing says where it is, or limbeck's own has no programs. The error says which.
    Nowhere(Error),
}

impl Connection {
    /// Why there is none.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Away(error) | Self::Nowhere(error) => Some(error),
            Self::Connecting | Self::Connected => None,
        }
    }
}

/// The server as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct Server {
    pub connection: Connection,
    /// As it was when it was last heard of.
    pub status: Option<DatabaseStatus>,
    /// The request whose answer is waited for.
    pub waiting: Option<Generation>,
    /// The heads last seen in each environment.
    pub seen: HashMap<Option<String>, Vec<RevisionId>>,
}

/// A line of news that fades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub at: Time,
}

/// How the script is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptView {
    /// The revision that is looked at; another one is shown from its top.
    pub shown: Option<RevisionId>,
    pub top: usize,
    /// Cells that are scrolled out on the left.
    pub left: usize,
    pub wrap: bool,
}

/// A text that was asked to be coloured, and its tokens once they are there.
#[derive(Debug, Clone)]
pub struct Highlight {
    pub text: Arc<str>,
    pub tokens: Option<Arc<Highlighted>>,
}

/// Everything that the UI knows at one moment.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // Each is a fact of its own, true or not.
pub struct Model {
    pub(crate) project: String,
    /// Names, with whether each is protected.
    pub(crate) environments: Vec<(String, bool)>,
    pub(crate) environment: Option<String>,
    pub(crate) read_only: bool,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) preferences: Preferences,
    pub(crate) now: Time,
    pub(crate) tree: Option<Arc<ScriptTree>>,
    pub(crate) scripts_loading: bool,
    pub(crate) server: Server,
    pub(crate) consent: Consent,
    pub(crate) history: History,
    /// What the ledger was last asked about.
    pub(crate) recorded: Option<Question>,
    pub(crate) focus: Pane,
    pub(crate) pending_cursor: usize,
    pub(crate) pending_top: usize,
    pub(crate) script: ScriptView,
    pub(crate) log: Log,
    pub(crate) filter: Filter,
    pub(crate) plan: Option<PlanScreen>,
    /// A list that stands above the panes.
    pub(crate) sheet: Option<Sheet>,
    /// The verification that runs, or the last one.
    pub(crate) verify: Option<Verify>,
    pub(crate) compared: Compared,
    pub(crate) backups: Backups,
    pub(crate) copies: Copies,
    /// The script that is generated, or the last one.
    pub(crate) generate: Option<Generate>,
    /// A number that is another one once the models are, or why there are none.
    pub(crate) models: Option<Result<u64, Error>>,
    /// What was found of scripts in this session.
    pub(crate) proofs: HashMap<RevisionId, Proof>,
    /// Above the plan and the panes.
    pub(crate) editor: Option<Box<Editor>>,
    pub(crate) dialogs: Vec<Dialog>,
    pub(crate) job: Option<Job>,
    /// Cancelling was asked for; the server has not answered yet.
    pub(crate) cancelling: bool,
    /// When the last job ended that nobody cancelled.
    pub(crate) job_ended: Option<Time>,
    pub(crate) notice: Option<Notice>,
    pub(crate) highlights: HashMap<RevisionId, Highlight>,
    pub(crate) generation: Generation,
    /// Quit as soon as the job has ended.
    pub(crate) quitting: bool,
    pub(crate) select_when_loaded: Option<RevisionId>,
    /// The settings name another database, which waits for the job to end.
    pub(crate) moved_settings: bool,
    /// The next heads may differ, as it was limbeck that moved them.
    pub(crate) moved_by_us: bool,
}

impl Model {
    /// The first state, and what has to be asked for: the scripts, and the server.
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
            server: Server::default(),
            consent: Consent::default(),
            history: History::default(),
            recorded: None,
            focus: Pane::History,
            pending_cursor: 0,
            pending_top: 0,
            script: ScriptView::default(),
            log: Log::default(),
            filter: Filter::default(),
            plan: None,
            sheet: None,
            verify: None,
            backups: Backups::default(),
            copies: Copies::default(),
            compared: Compared::default(),
            generate: None,
            models: None,
            proofs: HashMap::new(),
            editor: None,
            dialogs: Vec::new(),
            job: None,
            cancelling: false,
            job_ended: None,
            notice: None,
            highlights: HashMap::new(),
            generation: 0,
            quitting: false,
            select_when_loaded: None,
            moved_settings: false,
            moved_by_us: false,
        };
        if !problems.is_empty() {
            let mut error = Error::new("config.toml cannot be taken as it is");
            error.causes = problems;
            model.show_error(error.hint("the defaults stand for what could not be read"));
        }
        let connect = model.connect();
        (model, vec![Effect::LoadScripts, connect])
    }

    /// Whether something runs whose end changes the screen: `--print` waits for it.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.job.is_some()
            || self.scripts_loading
            || self.server.waiting.is_some()
            || self.editor.as_ref().is_some_and(|editor| editor.examining.is_some())
            || self.recorded.as_ref().is_some_and(Question::is_open)
            || self.highlights.values().any(|highlight| highlight.tokens.is_none())
    }

    /// Whether the picture changes with time alone, so that ticks are wanted.
    #[must_use]
    pub fn wants_tick(&self) -> bool {
        self.job.is_some() || self.notice.is_some() || matches!(self.server.connection, Connection::Connecting)
    }

    /// Whether the runtime has to send `Msg::Drawn` after the next frame: a confirmation opened, and
    /// keys do not count before it was seen.
    #[must_use]
    pub fn wants_drawn(&self) -> bool {
        self.dialogs.last().is_some_and(Dialog::waits_for_its_picture)
    }

    /// Where the keys go.
    #[must_use]
    pub fn place(&self) -> Place {
        if let (None, Some(editor)) = (self.dialogs.last(), &self.editor) {
            return if editor.find.is_some() { Place::Find } else { Place::Editor };
        }
        match (self.dialogs.last(), &self.plan) {
            (Some(dialog), _) => dialog.place(),
            (None, _) if self.sheet.is_some() => Place::List,
            (None, Some(_)) => Place::Plan,
            (None, None) if self.filter.typing => Place::Text,
            (None, None) => Place::Main,
        }
    }

    /// Whether the panes lie below another screen.
    #[must_use]
    pub const fn is_covered(&self) -> bool {
        self.plan.is_some() || self.sheet.is_some()
    }

    /// The database's heads, when they are known.
    #[must_use]
    pub fn heads(&self) -> Option<&[RevisionId]> {
        self.server.status.as_ref().map(|status| status.heads.as_slice())
    }

    /// Where the server is, as it is shown.
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

    /// The environment's name as it is shown: `default` is the `[database]` table.
    #[must_use]
    pub fn environment_name(&self) -> &str {
        self.environment.as_deref().unwrap_or("default")
    }

    /// Whether the present environment is protected.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.environments.iter().any(|(name, protected)| *protected && Some(name) == self.environment.as_ref())
    }

    /// The script of a revision.
    #[must_use]
    pub fn script_of(&self, id: &RevisionId) -> Option<&Arc<ScriptFile>> {
        self.tree.as_ref()?.scripts.get(id)
    }

    /// The script of the selected revision; a missing one's as the ledger keeps it.
    #[must_use]
    pub fn selected_script(&self) -> Option<&Arc<ScriptFile>> {
        match self.history.selected_item()? {
            Item::Revision(id) => self.script_of(id),
            Item::Missing(id) => self.history.record().from_ledger.get(id),
            _ => None,
        }
    }

    pub(crate) fn next_generation(&mut self) -> Generation {
        self.generation += 1;
        self.generation
    }

    /// Asks for a connection to the present environment.
    pub(crate) fn connect(&mut self) -> Effect {
        let generation = self.next_generation();
        self.server.waiting = Some(generation);
        Effect::Connect(generation, self.environment.clone(), self.consent)
    }

    /// Asks for the heads on the connection at hand.
    pub(crate) fn read_status(&mut self) -> Effect {
        let generation = self.next_generation();
        self.server.waiting = Some(generation);
        Effect::ReadStatus(generation)
    }

    pub(crate) fn load_scripts(&mut self) -> Effect {
        self.scripts_loading = true;
        Effect::LoadScripts
    }

    /// Shows a line of news for a while.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), at: self.now });
    }

    pub(crate) fn show_error(&mut self, error: Error) {
        // A fault that is met again at every look, as in a settings file, is told once.
        if matches!(self.dialogs.last(), Some(Dialog::Error(dialog)) if dialog.error == error) {
            return;
        }
        self.dialogs.push(Dialog::Error(super::screen::error::ErrorDialog::new(error)));
    }

    /// Whether a job has ended so lately that what is pressed now may have been meant for it; asked once.
    pub(crate) fn has_just_ended(&mut self) -> bool {
        let age = self.job_ended.take().map(|at| self.now.duration_since(at));
        age.is_some_and(|age| !age.is_negative() && age.unsigned_abs() < JUST_NOW)
    }

    pub(crate) fn fade(&mut self) {
        if let Some(notice) = &self.notice {
            let age = self.now.duration_since(notice.at);
            if age.is_negative() || age.unsigned_abs() >= NOTICE {
                self.notice = None;
            }
        }
    }
}
