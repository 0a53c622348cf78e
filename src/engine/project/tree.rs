//! The scripts of a project.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::core::graph::{Graph, GraphProblem, Revision, RevisionId};
use crate::core::os_error;
use crate::core::script::{Script, ScriptError};
use crate::engine::alembic::{self, AlembicProject, ScriptSource};
use crate::engine::{Error, Result, files};

/// The number of files that a thread reads at once. It takes longer than the start of a thread.
const BLOCK_SIZE: usize = 64;
/// The maximum number of threads. More threads only wait for the disk.
const MAX_THREADS: usize = 8;

/// One script file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFile {
    pub path: PathBuf,
    /// The text of the file.
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

/// A fault of a file or of the graph. The rest of the tree can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptProblem {
    /// The file is not a valid script.
    File { path: PathBuf, line: Option<usize>, message: String, hint: Option<String> },
    /// A fault of the graph, and the files of the revisions that have it.
    Graph { problem: GraphProblem, files: Vec<PathBuf> },
}

impl ScriptTree {
    /// Reads every `*.sql` file of the folders. A folder that does not exist has no scripts. A file that is larger than
    /// `file_limit` bytes is a problem.
    #[must_use]
    pub fn read(folders: &[PathBuf], file_limit: u64) -> Self {
        let mut files = Vec::new();
        let mut problems = Vec::new();
        for folder in folders {
            match sql_files(folder) {
                Ok(found) => files.extend(found),
                Err(error) => problems.push(unreadable(folder, &error)),
            }
        }
        // Compare as text: a comparison of path components takes longer than reading the scripts.
        files.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        let mut scripts: Vec<Arc<ScriptFile>> = Vec::with_capacity(files.len());
        for read in read_all(&files, &|path| read_script(path, file_limit)) {
            match read {
                Ok(script) => scripts.push(Arc::new(script)),
                Err(problem) => problems.push(problem),
            }
        }
        Self::from_scripts(scripts, problems)
    }

    /// Reads the scripts of an Alembic project.
    #[must_use]
    pub fn read_alembic(project: &AlembicProject, file_limit: u64) -> Self {
        let (files, faults) = project.script_files();
        let mut problems: Vec<_> = faults.iter().map(|(folder, error)| unreadable(folder, error)).collect();
        let mut scripts = Vec::with_capacity(files.len());
        for (script, problem) in read_all(&files, &|path| read_python(project, path, file_limit)) {
            scripts.extend(script.map(Arc::new));
            problems.extend(problem);
        }
        Self::from_scripts(scripts, problems)
    }

    /// Builds the tree from scripts.
    #[must_use]
    pub fn from_scripts(scripts: Vec<Arc<ScriptFile>>, mut problems: Vec<ScriptProblem>) -> Self {
        let revisions = scripts.iter().map(|file| revision(&file.script)).collect();
        let (graph, faults) = Graph::build(revisions);
        problems.extend(faults.into_iter().map(|problem| ScriptProblem::graph(problem, &scripts)));
        let mut by_id: HashMap<RevisionId, Arc<ScriptFile>> = HashMap::with_capacity(scripts.len());
        for file in scripts {
            by_id.entry(file.script.revision.clone()).or_insert(file);
        }
        Self { graph, scripts: by_id, problems }
    }

    /// Returns this tree with additional scripts, for example from the ledger.
    #[must_use]
    pub fn with(&self, more: Vec<Arc<ScriptFile>>) -> Self {
        let mut scripts: Vec<_> = self.scripts.values().cloned().chain(more).collect();
        scripts.sort_by(|a, b| a.path.cmp(&b.path));
        let mut problems = self.problems.clone();
        problems.retain(|problem| matches!(problem, ScriptProblem::File { .. }));
        Self::from_scripts(scripts, problems)
    }

    /// Returns the script of a revision.
    #[must_use]
    pub fn script(&self, id: &str) -> Option<&Arc<ScriptFile>> {
        self.scripts.get(id)
    }

    /// Checks that the tree has no problems. Call it before anything is written.
    ///
    /// # Errors
    /// The first problem, with the number of further problems.
    pub fn require_valid(&self) -> Result<()> {
        let Some(first) = self.problems.first() else { return Ok(()) };
        let mut error = first.to_error();
        if self.problems.len() > 1 {
            error = error.because(format!("and {} more; `limbeck doctor` shows all of them", self.problems.len() - 1));
        }
        Err(error)
    }
}

impl ScriptProblem {
    /// Returns a problem of the graph with the files of its revisions, in the order in which the problem names them.
    #[must_use]
    pub fn graph(problem: GraphProblem, scripts: &[Arc<ScriptFile>]) -> Self {
        let mut files = Vec::new();
        for id in problem.revisions() {
            let of_revision = scripts.iter().filter(|file| file.script.revision == *id);
            files.extend(of_revision.map(|file| file.path.clone()));
        }
        Self::Graph { problem, files }
    }

    /// Converts the problem into an error.
    #[must_use]
    pub fn to_error(&self) -> Error {
        let mut error = Error::new(self.to_string());
        match self {
            Self::File { line, hint, .. } => (error.line, error.hint) = (*line, hint.clone()),
            Self::Graph { problem, files } => {
                error = files.iter().fold(error, |error, file| error.because(file.display())).hint(problem.hint());
            }
        }
        error
    }
}

impl fmt::Display for ScriptProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: Some(line), message, .. } => write!(f, "{}:{line}: {message}", path.display()),
            Self::File { path, line: None, message, .. } => write!(f, "{}: {message}", path.display()),
            Self::Graph { problem, .. } => problem.fmt(f),
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

/// Returns the `*.sql` files of a folder, without hidden files such as swap files of editors.
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

/// Reads the files with several threads, in blocks, so that a faster thread reads more of them. Returns the results in
/// the order of the files.
fn read_all<T: Send>(files: &[PathBuf], read: &(dyn Fn(&Path) -> T + Sync)) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    let blocks: Vec<&[PathBuf]> = files.chunks(BLOCK_SIZE).collect();
    let next = AtomicUsize::new(0);
    let read_blocks = || {
        let mut results = Vec::new();
        while let Some((number, block)) = next_block(&next, &blocks) {
            results.push((number, block.iter().map(|path| read(path)).collect::<Vec<_>>()));
        }
        results
    };
    let mut results = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(blocks.len()))
            .filter_map(|_| {
                std::thread::Builder::new().name("scripts".to_owned()).spawn_scoped(scope, read_blocks).ok()
            })
            .collect();
        let mut results = read_blocks();
        for other in others {
            results.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|(number, _)| *number);
    results.into_iter().flat_map(|(_, block)| block).collect()
}

/// Returns the next block that no thread has started.
fn next_block<'a>(next: &AtomicUsize, blocks: &[&'a [PathBuf]]) -> Option<(usize, &'a [PathBuf])> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, blocks.get(number)?))
}

fn read_script(path: &Path, file_limit: u64) -> Result<ScriptFile, ScriptProblem> {
    let bytes = files::read_bytes(path, file_limit).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))?;
    let path = path.to_path_buf();
    match Script::parse(&text) {
        Ok(script) => Ok(ScriptFile { path, text: text.into(), script }),
        Err(error) => Err(ScriptProblem::File { path, line: error.line, message: error.message, hint: error.hint }),
    }
}

/// Reads a Python script. A file with a syntax error can have a script too.
fn read_python(project: &AlembicProject, path: &Path, file_limit: u64) -> (Option<ScriptFile>, Option<ScriptProblem>) {
    let problem = |error: ScriptError| ScriptProblem::File {
        path: path.to_path_buf(),
        line: error.line,
        message: error.message,
        hint: error.hint,
    };
    match alembic::read_script(project, path, file_limit) {
        Ok(ScriptSource { text, read }) => {
            let script = read.script.map(|script| ScriptFile { path: path.to_path_buf(), text, script });
            (script, read.error.map(problem))
        }
        Err(error) => (None, Some(problem(error))),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> ScriptProblem {
    let hint = match error.kind() {
        std::io::ErrorKind::FileTooLarge => Some("raise file_limit under [scripts]".to_owned()),
        _ => os_error::hint(&error.to_string()).map(str::to_owned),
    };
    ScriptProblem::File { path: path.to_path_buf(), line: None, message: format!("cannot be read: {error}"), hint }
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> ScriptProblem {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = String::from_utf8_lossy(valid).matches('\n').count() + 1;
    ScriptProblem::File {
        path: path.to_path_buf(),
        line: Some(line),
        message: "is not UTF-8".into(),
        hint: Some("save the file as UTF-8".into()),
    }
}
