//! Everything that the UI asks the world for; the runtime carries it out and answers with a message.

use std::path::PathBuf;
use std::sync::Arc;

use super::Generation;
use super::screen::generate::Wanted;
use super::screen::kept_dialog;
use crate::core::graph::RevisionId;
use crate::core::plan::Approval;
use crate::engine::draft::NewRevision;
use crate::engine::prepare::PlanRequest;
use crate::engine::project::ScriptTree;

/// What a person has said yes to, for a project that does not say where its database is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    /// limbeck's own server may serve.
    pub own_server: bool,
    /// PostgreSQL's programs may be downloaded.
    pub download: bool,
}

/// A request to the runtime.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Read the scripts again.
    LoadScripts,
    /// Resolve the target of an environment (again), connect and read the heads.
    Connect(Generation, Option<String>, Consent),
    /// Read the heads on the connection at hand.
    ReadStatus(Generation),
    /// Ask the ledger about the scripts: for which heads, and how far it had come.
    ReadRecord(Generation, Arc<ScriptTree>, Vec<RevisionId>, Option<i64>),
    Prepare(Generation, Arc<ScriptTree>, PlanRequest),
    Apply(Approval),
    /// Cancel the running job.
    Cancel,
    Create(Arc<ScriptTree>, NewRevision),
    Merge(Arc<ScriptTree>, Vec<String>, NewRevision),
    Stamp(Arc<ScriptTree>, Vec<String>, bool),
    /// Prove revisions on a scratch database; none: the whole history.
    Verify(Generation, Arc<ScriptTree>, Vec<String>),
    /// Compare the database with its history; `true`: beside a dialog, which does not wait.
    Drift(Generation, Arc<ScriptTree>, bool),
    /// Compare the models with the database; `true`: the project's program may run.
    Check(Generation, Arc<ScriptTree>, bool),
    /// Read the folder of backups.
    ListBackups(Generation),
    /// Back the database up.
    Backup(Generation),
    /// Read which copies are kept.
    ListCopies(Generation),
    /// Put a copy back or drop it for good, by its number.
    ChangeCopy(Generation, i64, kept_dialog::Wanted),
    /// Write what the models add as a script, and prove it.
    Generate(Generation, Arc<ScriptTree>, Box<Wanted>),
    /// Leave the screen, run `$VISUAL` or `$EDITOR` on a file, come back.
    EditExternally(PathBuf, Option<usize>),
    /// Read a file that is to be edited, at a 1-based line.
    ReadScript(PathBuf, Option<usize>),
    /// Write a script that was edited, if the file still holds what is known of it (`None`: there is none).
    SaveScript {
        path: PathBuf,
        text: Arc<str>,
        known: Option<Arc<str>>,
    },
    /// Put what was typed and not saved into a file of its own, as the process has to end.
    Rescue(PathBuf, Arc<str>),
    /// Read off a text what it does and where it is wrong; a later one takes an earlier one's place.
    Examine(Generation, Arc<str>),
    /// Prove a revision on a scratch database: as its file stands after its history, or a generated text that has none
    /// yet, as it was proved when it was made.
    Prove(RevisionId, Option<(PathBuf, Arc<str>)>),
    Highlight(RevisionId, Arc<str>),
    /// Put text on the clipboard; the second string says in words what it is.
    Copy(String, String),
    /// SIGTSTP: give the terminal back and stop.
    Suspend,
    Quit,
}
