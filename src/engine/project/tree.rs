//! The scripts of a project as read from disk.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::core::graph::{Graph, GraphProblem, Revision, RevisionId};
use crate::core::script::Script;
use crate::engine::{Error, Result};

/// How many files a thread takes at once: reading so many takes longer than a thread's start.
const BLOCK: usize = 64;
/// Beyond so many the disk is what is waited for.
const THREADS: usize = 8;

/// One script file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFile {
    pub path: PathBuf,
    /// The file's text as it is.
    pub text: Arc<str>,
    pub script: Script,
}

/// The scripts of a project at one moment.
#[derive(Debug, Clone, Default)]
pub struct ScriptTree {
    pub graph: Graph,
    pub scripts: HashMap<RevisionId, Arc<ScriptFile>>,
    pub problems: Vec<ScriptProblem>,
}

/// A fault of one file or of the graph; the rest of the tree still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptProblem {
    /// The file cannot be read as a script.
    File {
        path: PathBuf,
        line: Option<usize>,
        message: String,
        hint: Option<String>,
    },
    Graph(GraphProblem),
}

impl ScriptTree {
    /// Reads every `*.sql` file of the folders; a folder that does not exist holds no scripts.
    #[must_use]
    pub fn read(folders: &[PathBuf]) -> Self {
        let mut files = Vec::new();
        let mut problems = Vec::new();
        for folder in folders {
            match sql_files(folder) {
                Ok(found) => files.extend(found),
                Err(error) => problems.push(unreadable(folder, &error)),
            }
        }
        // As text: comparing paths part by part takes longer than reading the scripts.
        files.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        let mut scripts: Vec<Arc<ScriptFile>> = Vec::with_capacity(files.len());
        for read in read_all(&files) {
            match read {
                Ok(script) => scripts.push(Arc::new(script)),
                Err(problem) => problems.push(problem),
            }
        }
        Self::from_scripts(scripts, problems)
    }

    /// The tree of scripts that are already at hand.
    #[must_use]
    pub fn from_scripts(scripts: Vec<Arc<ScriptFile>>, mut problems: Vec<ScriptProblem>) -> Self {
        let revisions = scripts.iter().map(|file| revision(&file.script)).collect();
        let (graph, faults) = Graph::build(revisions);
        problems.extend(faults.into_iter().map(ScriptProblem::Graph));
        let mut by_id: HashMap<RevisionId, Arc<ScriptFile>> = HashMap::with_capacity(scripts.len());
        for file in scripts {
            by_id.entry(file.script.revision.clone()).or_insert(file);
        }
        Self { graph, scripts: by_id, problems }
    }

    /// This tree with further scripts, as the ledger keeps them for files that are gone.
    #[must_use]
    pub fn with(&self, more: Vec<Arc<ScriptFile>>) -> Self {
        let mut scripts: Vec<_> = self.scripts.values().cloned().chain(more).collect();
        scripts.sort_by(|a, b| a.path.cmp(&b.path));
        let mut problems = self.problems.clone();
        problems.retain(|problem| matches!(problem, ScriptProblem::File { .. }));
        Self::from_scripts(scripts, problems)
    }

    /// A revision's script.
    #[must_use]
    pub fn script(&self, id: &str) -> Option<&Arc<ScriptFile>> {
        self.scripts.get(id)
    }

    /// Refuses to go on with a tree that has faults, for what writes.
    ///
    /// # Errors
    /// The first problem, with the number of the others.
    pub fn sound(&self) -> Result<()> {
        let Some(first) = self.problems.first() else { return Ok(()) };
        let mut error = first.to_error();
        if self.problems.len() > 1 {
            error = error.because(format!("and {} more; `limbeck doctor` lists them", self.problems.len() - 1));
        }
        Err(error)
    }
}

impl ScriptProblem {
    /// The problem as an error to show.
    #[must_use]
    pub fn to_error(&self) -> Error {
        let mut error = Error::new(self.to_string());
        match self {
            Self::File { line, hint, .. } => (error.line, error.hint) = (*line, hint.clone()),
            Self::Graph(GraphProblem::MissingParent { parent, .. }) => {
                error.hint = Some(format!("bring back the script of {parent}, or mend the line 'Revises:'"));
            }
            Self::Graph(GraphProblem::Duplicate(_)) => {
                error.hint = Some("one of the two files is a copy: give it an id of its own, or remove it".into());
            }
            Self::Graph(_) => {}
        }
        error
    }
}

impl fmt::Display for ScriptProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: Some(line), message, .. } => write!(f, "{}:{line}: {message}", path.display()),
            Self::File { path, line: None, message, .. } => write!(f, "{}: {message}", path.display()),
            Self::Graph(problem) => problem.fmt(f),
        }
    }
}

fn revision(script: &Script) -> Revision {
    Revision {
        id: script.revision.clone(),
        down_revisions: script.down_revisions.clone(),
        depends_on: script.depends_on.clone(),
        branch_labels: script.branch_labels.clone(),
    }
}

/// The folder's own `*.sql` files; hidden ones (editors' swap files among them) are passed over.
fn sql_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    Ok(files)
}

/// Reads the files in threads, a block at a time, so that a slow processor leaves more to the others; the answers
/// stand in the files' order.
fn read_all(files: &[PathBuf]) -> Vec<Result<ScriptFile, ScriptProblem>> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
    let blocks: Vec<&[PathBuf]> = files.chunks(BLOCK).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((number, block)) = take(&next, &blocks) {
            done.push((number, block.iter().map(|path| read_script(path)).collect::<Vec<_>>()));
        }
        done
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(blocks.len()))
            .filter_map(|_| std::thread::Builder::new().name("scripts".to_owned()).spawn_scoped(scope, work).ok())
            .collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().flat_map(|(_, block)| block).collect()
}

/// The next block that nobody has begun.
fn take<'a>(next: &AtomicUsize, blocks: &[&'a [PathBuf]]) -> Option<(usize, &'a [PathBuf])> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, blocks.get(number)?))
}

fn read_script(path: &Path) -> Result<ScriptFile, ScriptProblem> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))?;
    let path = path.to_path_buf();
    match Script::parse(&text) {
        Ok(script) => Ok(ScriptFile { path, text: text.into(), script }),
        Err(error) => Err(ScriptProblem::File { path, line: error.line, message: error.message, hint: error.hint }),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> ScriptProblem {
    ScriptProblem::File {
        path: path.to_path_buf(),
        line: None,
        message: format!("cannot be read: {error}"),
        hint: None,
    }
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> ScriptProblem {
    let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = String::from_utf8_lossy(good).matches('\n').count() + 1;
    ScriptProblem::File {
        path: path.to_path_buf(),
        line: Some(line),
        message: "is not UTF-8".into(),
        hint: Some("save the file as UTF-8".into()),
    }
}
