//! Builds the steps of a plan from a path through the graph and its scripts.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::{PlannedStatement, PythonStep, Step};
use crate::core::graph::PathStep;
use crate::core::hazard::{ExaminedStatement, examine_script};
use crate::core::script::{Script, ScriptCode, SectionPart};
use crate::core::statement::Transaction;

/// Why no step can be built from a script, with its line and a hint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BuildError {
    /// 1-based line in the script's file.
    pub line: usize,
    pub message: String,
    pub hint: Option<String>,
}

/// The script of a step and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptSource<'a> {
    pub script: &'a Script,
    pub text: &'a Arc<str>,
    /// `None` if the text comes from the ledger.
    pub path: Option<PathBuf>,
}

impl Step {
    /// Reads the statements of one step with their hazards. The hazards have no evidence yet. The statements of a Python
    /// script are not known before it runs: see [`Self::record`].
    ///
    /// # Errors
    /// If its section cannot be split into statements, or a statement would end its transaction.
    pub fn build(path: PathStep, source: &ScriptSource<'_>) -> Result<Self, BuildError> {
        let code = match &source.script.code {
            ScriptCode::Sql(code) => code,
            ScriptCode::Python(_) => return Ok(Self::unrecorded(path, source)),
        };
        let section = code.section(path.direction);
        let first_line = section.line.max(1);
        let examined = examine_script(&source.script.revision, code, path.direction).map_err(|error| BuildError {
            line: first_line + error.line - 1,
            message: error.message,
            hint: error.hint,
        })?;
        let mut parts: Vec<PlannedPart> = section.parts().into_iter().map(PlannedPart::from).collect();
        let mut statements = Vec::with_capacity(examined.statements.len());
        for ExaminedStatement { statement, hazards } in examined.statements {
            let line = first_line + statement.source.line - 1;
            if let Some(part) = parts.iter_mut().rfind(|part| part.first_line <= statement.source.line) {
                match statement.transaction {
                    Transaction::Control(word) if part.is_marked_transactional => {
                        return Err(transaction_control_error(word, line));
                    }
                    Transaction::Forbidden(_) => part.transactional = false,
                    Transaction::Allowed | Transaction::Control(_) => {}
                }
                part.add(statements.len());
            }
            let column = statement.source.column;
            statements.push(PlannedStatement { line, column, statement, hazards });
        }
        let transactional = parts.iter().all(|part| part.transactional);
        let in_transaction = parts.into_iter().filter(|part| part.transactional && !transactional);
        let transactions = in_transaction.filter_map(|part| part.statements).collect();
        Ok(Self {
            revision: path.revision,
            direction: path.direction,
            message: source.script.summary().to_owned(),
            path: source.path.clone(),
            script: source.text.clone(),
            shown_from: path.shown_from,
            shown_to: path.shown_to,
            transactional,
            transactions,
            changes: path.changes,
            heads_after: path.heads_after,
            statements,
            python: None,
        })
    }

    /// The step of a Python script, without statements.
    fn unrecorded(path: PathStep, source: &ScriptSource<'_>) -> Self {
        Self {
            revision: path.revision,
            direction: path.direction,
            message: source.script.summary().to_owned(),
            path: source.path.clone(),
            script: source.text.clone(),
            shown_from: path.shown_from,
            shown_to: path.shown_to,
            transactional: true,
            transactions: Vec::new(),
            changes: path.changes,
            heads_after: path.heads_after,
            statements: Vec::new(),
            python: Some(PythonStep { depends_on_data: true, failure: None }),
        }
    }
}

/// A part of a section whose statements are being read.
struct PlannedPart {
    first_line: usize,
    is_marked_transactional: bool,
    /// Also false if the part contains a statement that PostgreSQL rejects in a transaction.
    transactional: bool,
    statements: Option<Range<usize>>,
}

impl From<SectionPart> for PlannedPart {
    fn from(SectionPart { first_line, transactional }: SectionPart) -> Self {
        Self { first_line, is_marked_transactional: transactional, transactional, statements: None }
    }
}

impl PlannedPart {
    /// Adds the statement at an index of the section.
    fn add(&mut self, number: usize) {
        let start = self.statements.as_ref().map_or(number, |statements| statements.start);
        self.statements = Some(start..number + 1);
    }
}

fn transaction_control_error(word: &str, line: usize) -> BuildError {
    BuildError {
        line,
        message: format!("{word} would end the transaction in which limbeck runs the script"),
        hint: Some("remove it, or mark the section `transaction=off` to control transactions yourself".into()),
    }
}
