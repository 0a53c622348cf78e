//! The scripts of a project as read from disk.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::core::graph::{Graph, GraphProblem, RevisionId};
use crate::core::script::Script;

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
