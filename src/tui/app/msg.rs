//! Everything that can happen to the UI.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::core::graph::{Path, RevisionId};
use crate::core::plan::Plan;
use crate::engine::apply::{Outcome, Progress};
use crate::engine::autogenerate::{self, Comparison};
use crate::engine::backup::{self, ListedBackup};
use crate::engine::copies;
use crate::engine::draft::WrittenScript;
use crate::engine::drift::Drift;
use crate::engine::project::{SaveOutcome, ScriptTree};
use crate::engine::state::script_status::ScriptStatus;
use crate::engine::state::status::DatabaseStatus;
use crate::engine::verify::{VerifiedRevision, VerifyEvent, VerifyReport};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::screen::editor::{Findings, Opening};
use crate::tui::app::screen::generate;

/// Counts requests, so that an answer that comes too late is known and dropped.
pub type Generation = u64;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    Key(KeyEvent),
    Mouse(MouseEvent),
    Paste(String),
    Resize {
        width: u16,
        height: u16,
    },
    /// The terminal gained or lost focus.
    Focus(bool),
    /// Four times a second, only while a job runs or a notice is about to fade.
    Tick,
    /// Every five seconds with focus and no job: time to look at the heads.
    LookAgain,
    /// The scripts or the models on disk changed (a `git switch`, an editor).
    ScriptsChanged,
    /// The configuration was read again, and says something else than before.
    Settings {
        /// Names, with whether each is protected.
        environments: Vec<(String, bool)>,
        /// The present environment is another database now.
        database: bool,
    },
    /// Answer to `Effect::LoadScripts`.
    ScriptsLoaded(Arc<ScriptTree>),
    /// Answer to `Effect::Connect` and `Effect::ReadStatus`.
    Status(Generation, Result<DatabaseStatus, Error>),
    /// Answer to `Effect::ReadRecord`.
    Recorded(Generation, Result<ScriptStatus, Error>),
    /// Answer to `Effect::Prepare`.
    Prepared(Generation, Result<Arc<Plan>, Error>),
    /// While `Effect::Apply` runs.
    Progress(Progress),
    /// Answer to `Effect::Apply`.
    Applied(Result<Outcome, Error>),
    /// Answer to `Effect::Create` and `Effect::Merge`.
    Written(Result<WrittenScript, Error>),
    /// Answer to `Effect::Stamp`.
    Stamped(Result<Path, Error>),
    /// While `Effect::Verify` runs.
    VerifyTold(Generation, VerifyEvent),
    /// Answer to `Effect::Verify`.
    Verified(Generation, Result<VerifyReport, Error>),
    /// While `Effect::Drift` (but for one beside a dialog) or `Effect::Check` runs.
    CompareTold(Generation, autogenerate::AutogenerateEvent),
    /// Answer to `Effect::Drift`.
    Drifted(Generation, Result<Drift, Error>),
    /// Answer to `Effect::Check`.
    Checked(Generation, Result<Comparison, Error>),
    /// Answer to `Effect::ListBackups`.
    BackupsListed(Generation, Result<Vec<ListedBackup>, Error>),
    /// While `Effect::Backup` runs.
    BackupTold(Generation, backup::BackupEvent),
    /// Answer to `Effect::Backup`.
    BackedUp(Generation, Result<(PathBuf, backup::BackupRecord), Error>),
    /// Answer to `Effect::ListCopies`.
    CopiesListed(Generation, Result<Vec<copies::StoredCopy>, Error>),
    /// Answer to `Effect::ChangeCopy` where it was to be put back.
    CopyBack(Generation, Result<copies::RestoredCopy, Error>),
    /// Answer to `Effect::ChangeCopy` where it was to be dropped.
    CopyDropped(Generation, Result<Vec<copies::StoredCopy>, Error>),
    /// While `Effect::Generate` runs.
    GenerateTold(Generation, autogenerate::AutogenerateEvent),
    /// Answer to `Effect::Generate`.
    Generated(Generation, Result<generate::Answer, Error>),
    /// With every `ScriptsLoaded`, before it: a number that is another one once the models are, or why there are none.
    Models(Result<u64, Error>),
    /// Answer to `Effect::EditExternally`.
    EditorClosed(Result<(), Error>),
    /// Opens the editor on a text, e.g. one that was just made.
    OpenEditor(Box<Opening>),
    /// Answer to `Effect::ReadScript`: a file's text, and the line that was asked for.
    ScriptRead(PathBuf, Result<(Arc<str>, Option<usize>), Error>),
    /// Answer to `Effect::Examine`.
    Examined(Generation, Box<Findings>),
    /// Answer to `Effect::SaveScript`.
    ScriptSaved(Result<SaveOutcome, Error>),
    /// While `Effect::Prove` runs.
    ProofTold(VerifyEvent),
    /// Answer to `Effect::Prove`.
    Proved(RevisionId, Result<Box<VerifiedRevision>, Error>),
    /// Answer to `Effect::Highlight`.
    Highlighted(RevisionId, Arc<Highlighted>),
    /// Answer to `Effect::Copy`: what was copied, in words.
    Copied(Result<String, Error>),
    /// A frame was drawn; sent after the next frame whenever `Model::wants_drawn`.
    Drawn,
    /// A path that no other message fits failed.
    Failed(Error),
    /// The process was asked to end (SIGTERM, SIGHUP).
    Terminate,
}

/// What a piece of SQL is, for colouring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    Keyword,
    Type,
    Function,
    String,
    Number,
    Comment,
    /// `-- @upgrade`, `-- @downgrade` and the header's keys.
    Marker,
    Operator,
    Quoted,
}

/// A text's tokens: for each line, byte ranges into that line with their kinds, in order, not overlapping.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Highlighted {
    pub lines: Vec<Vec<(Range<usize>, TokenKind)>>,
}

/// What the UI is opened with.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// How the project is named in the header, e.g. its folder.
    pub project: String,
    pub config_path: PathBuf,
    /// Names of `[environments.*]`, with whether each is protected.
    pub environments: Vec<(String, bool)>,
    /// The environment chosen on the command line.
    pub environment: Option<String>,
    /// `--read-only`: nothing that writes is offered.
    pub read_only: bool,
    pub width: u16,
    pub height: u16,
    /// The text of the user's `config.toml`, where there is one.
    pub user_config: Option<String>,
    /// A theme that goes above the user's, e.g. `sixteen` where the terminal has no more colours.
    pub theme: Option<String>,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// The terminal shows nothing beyond ASCII.
    pub ascii: bool,
}

impl Msg {
    /// Whether it is an error of the connection, for which a retry is offered.
    #[must_use]
    pub fn is_connection_error(&self) -> bool {
        matches!(self, Self::Status(_, Err(error)) if error.kind == ErrorKind::Connection)
    }
}
