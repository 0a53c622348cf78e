//! The requests of the UI to the runtime. The runtime performs them and answers with messages.

use std::path::PathBuf;
use std::sync::Arc;

use crate::core::graph::RevisionId;
use crate::core::plan::Approval;
use crate::core::script::Language;
use crate::engine::ProjectCommand;
use crate::engine::conflicts::HeadPair;
use crate::engine::draft::NewRevision;
use crate::engine::prepare::PlanRequest;
use crate::engine::project::ScriptTree;
use crate::engine::rebase::PlannedRebase;

/// The number of a request. An answer with an old number is dropped.
pub type Generation = u64;

/// The user's consent for a project that does not name its database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    /// limbeck may start its embedded server.
    pub own_server: bool,
    /// limbeck may download PostgreSQL's programs.
    pub download: bool,
}

/// A request to the runtime.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Read the scripts again.
    LoadScripts,
    /// Resolve the database of an environment, connect, and read the heads.
    Connect(Generation, Option<String>, Consent),
    /// Read the heads on the current connection.
    ReadStatus(Generation),
    /// Read the ledger's records of the scripts, for these heads and this newest ledger row.
    ReadLedger(Generation, Arc<ScriptTree>, Vec<RevisionId>, Option<i64>),
    /// Run a task in the background. Its messages carry the generation.
    Run(Generation, Task),
    /// Store the consent to run a command of the project. Later effects have it.
    GiveConsent(Box<ProjectCommand>),
    /// Cancel the running job.
    Cancel,
    /// Leave the screen, run `$VISUAL` or `$EDITOR` on a file, come back.
    EditExternally(PathBuf, Option<usize>),
    /// Write unsaved text to a separate file because the process must end.
    Rescue(PathBuf, Arc<str>),
    Highlight(RevisionId, Language, Arc<str>),
    /// Put text on the clipboard. The second string describes the text.
    Copy(String, String),
    /// SIGTSTP: release the terminal and stop.
    Suspend,
    Quit,
}

/// Work that runs in the background.
#[derive(Debug, Clone)]
pub enum Task {
    /// Prepare a plan.
    Prepare(Arc<ScriptTree>, PlanRequest),
    /// Apply an approved plan.
    Apply(Approval),
    /// Create an empty revision.
    Create(Arc<ScriptTree>, NewRevision),
    /// Create a revision that merges these heads.
    Merge(Arc<ScriptTree>, Vec<String>, NewRevision),
    /// Compare pairs of branches on scratch databases.
    Compare(Arc<ScriptTree>, Vec<HeadPair>),
    /// Prove the first revision's branch on the second revision.
    ProveRebase(Arc<ScriptTree>, RevisionId, RevisionId),
    /// Write the scripts of a proved rebase.
    WriteRebase(Arc<PlannedRebase>),
    /// Write these revisions to the version table. `purge` empties the table first.
    Stamp { tree: Arc<ScriptTree>, targets: Vec<String>, purge: bool },
    /// Verify revisions on a scratch database. An empty list means the whole history.
    Verify(Arc<ScriptTree>, Vec<String>),
    /// Compare the database with its history.
    Drift(Arc<ScriptTree>),
    /// The same, but next to a dialog: no job waits for it, and the next job cancels it. With heads: compare the database
    /// with these.
    DriftForDialog(Arc<ScriptTree>, Option<Vec<RevisionId>>),
    /// Compare the models with the database. `consent` allows running the project's program.
    Check { tree: Arc<ScriptTree>, consent: bool },
    /// Read the list of backups.
    ListBackups,
    /// Back up the database.
    Backup,
    /// Read the list of kept copies.
    ListCopies,
    /// Read the runs in the ledger.
    ReadRuns,
    /// Restore or drop a kept copy. The number is its id.
    ChangeCopy(i64, CopyAction),
    /// Generate a script from the models and prove it.
    Generate(Arc<ScriptTree>, Box<GenerateRequest>),
    /// Read a file for the editor. The number is a 1-based line.
    ReadScript(PathBuf, Option<usize>),
    /// Write an edited script, if the file still has the text `known`. `None` means that no file exists.
    SaveScript { path: PathBuf, text: Arc<str>, known: Option<Arc<str>> },
    /// Read operations, hazards and faults from a text. A later examination replaces an earlier one.
    Examine(Language, Arc<str>),
    /// Prove a revision on a scratch database: its file, or a generated text that has no file yet.
    Prove(RevisionId, Option<(PathBuf, Arc<str>)>),
}

/// What to do with a kept copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyAction {
    Restore,
    Drop,
}

/// The parameters of autogenerate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateRequest {
    pub new: NewRevision,
    /// The renames that the user chose. `None`: the user was not asked yet.
    pub renames: Option<Vec<String>>,
    /// The project's program may run.
    pub consent: bool,
}
