//! The hazards of scripts, without counts on a target.

mod python;

use std::sync::Arc;

use serde::Serialize;

use super::Error;
use super::project::{ScriptFile, ScriptTree};
use crate::core::graph::{Direction, RevisionId};
use crate::core::hazard::{self, ExaminedStatement, Hazard, Remark};
use crate::core::script::SqlCode;
use crate::core::sql::SplitError;
pub use python::lint_python;

/// The hazards of scripts.
#[derive(Debug, Clone, Default)]
pub struct LintReport {
    pub revisions: Vec<LintedRevision>,
    /// Scripts that could not be examined.
    pub failures: Vec<LintFailure>,
}

/// The hazards of one revision.
#[derive(Debug, Clone, Serialize)]
pub struct LintedRevision {
    pub revision: RevisionId,
    pub hazards: Vec<LintedHazard>,
    /// Problems in the script's `limbeck: allow` comments, and statements that may have a syntax error.
    pub remarks: Vec<LintRemark>,
    #[serde(skip)]
    pub file: Arc<ScriptFile>,
}

/// A hazard and its place in the script.
#[derive(Debug, Clone, Serialize)]
pub struct LintedHazard {
    pub section: Direction,
    pub line: usize,
    #[serde(flatten)]
    pub hazard: Hazard,
}

/// A remark about a line of the script.
#[derive(Debug, Clone, Serialize)]
pub struct LintRemark {
    pub section: Direction,
    pub line: usize,
    pub message: String,
}

/// A script that could not be examined.
#[derive(Debug, Clone)]
pub struct LintFailure {
    pub file: Arc<ScriptFile>,
    pub error: Error,
    /// What was found before it failed.
    pub found: Option<LintedRevision>,
}

/// Examines the SQL scripts among the revisions.
#[must_use]
pub fn lint_sql(tree: &ScriptTree, ids: &[RevisionId]) -> LintReport {
    let mut report = LintReport::default();
    for file in ids.iter().filter_map(|id| tree.scripts.get(id)) {
        let Some(code) = file.script.sql() else { continue };
        match lint_script(file, code) {
            Ok(found) => report.revisions.push(found),
            Err(error) => report.failures.push(LintFailure { file: Arc::clone(file), error, found: None }),
        }
    }
    report
}

fn lint_script(file: &Arc<ScriptFile>, code: &SqlCode) -> Result<LintedRevision, Error> {
    let (mut hazards, mut remarks) = (Vec::new(), Vec::new());
    for section in [Direction::Upgrade, Direction::Downgrade] {
        let above = code.section(section).line.max(1) - 1;
        let examined = hazard::examine_script(&file.script.revision, code, section)
            .map_err(|error| split_error(file, above, error))?;
        for ExaminedStatement { statement, hazards: found, .. } in examined.statements {
            let line = above + statement.source.line;
            hazards.extend(found.into_iter().map(|hazard| LintedHazard { section, line, hazard }));
        }
        let remark = |Remark { line, message, hint }| LintRemark {
            section,
            line: above + line,
            message: format!("{message}; {hint}"),
        };
        remarks.extend(examined.remarks.into_iter().map(remark));
    }
    Ok(LintedRevision { revision: file.script.revision.clone(), hazards, remarks, file: Arc::clone(file) })
}

fn split_error(file: &ScriptFile, above: usize, error: SplitError) -> Error {
    let line = above + error.line;
    Error {
        hint: error.hint,
        revision: Some(file.script.revision.to_string()),
        line: Some(line),
        ..Error::new(format!("{}:{line}: {}", file.path.display(), error.message))
    }
}
