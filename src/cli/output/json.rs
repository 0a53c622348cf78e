//! The documents of `--json`. Their format is stable: fields may be added, but never renamed or removed.

use std::collections::HashSet;
use std::path::PathBuf;

use serde::Serialize;

use super::listing::absolute;
use crate::core::copies::CopyForecast;
use crate::core::diff::Operation;
use crate::core::diff::rename::Candidate;
use crate::core::graph::{Direction, Path, RevisionId};
use crate::core::hazard::{self, Hazard};
use crate::core::plan::{Plan, PlannedStatement, Step};
use crate::engine::autogenerate::{GeneratedScript, Proof};
use crate::engine::draft::WrittenScript;
use crate::engine::import::{ImportResult, ImportedRevision};
use crate::engine::project::ScriptTree;
use crate::engine::state::status::DatabaseStatus;
use crate::engine::verify::VerifiedRevision;
use crate::engine::{Error, ErrorKind};

/// One revision of `history`, `heads`, `branches` and `show`.
#[derive(Debug, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "each field is a key of the document")]
pub struct RevisionDocument<'a> {
    pub revision: &'a RevisionId,
    pub down_revisions: &'a [RevisionId],
    pub depends_on: &'a [String],
    pub branch_labels: Vec<&'a str>,
    pub message: &'a str,
    pub created: Option<&'a str>,
    pub path: Option<PathBuf>,
    pub is_head: bool,
    pub is_base: bool,
    pub is_branch_point: bool,
    pub is_merge_point: bool,
    /// `None` if no database answers.
    pub applied: Option<bool>,
}

/// `current`.
#[derive(Debug, Serialize)]
pub struct CurrentDocument<'a> {
    pub database: &'a str,
    pub server_version: &'a str,
    pub heads: &'a [RevisionId],
    pub missing: Vec<&'a RevisionId>,
    pub pending: Vec<&'a RevisionId>,
}

/// `upgrade --dry-run`, `downgrade --dry-run`.
#[derive(Debug, Serialize)]
pub struct PlanDocument<'a> {
    from: &'a [RevisionId],
    to: &'a [RevisionId],
    steps: Vec<StepDocument<'a>>,
    /// The copies of data that the plan destroys.
    keeping: &'a CopyForecast,
}

#[derive(Debug, Serialize)]
struct StepDocument<'a> {
    revision: &'a RevisionId,
    direction: Direction,
    message: &'a str,
    path: Option<PathBuf>,
    /// Whether the step runs in a transaction.
    transaction: bool,
    /// Whether a Python script read rows or the schema, so that it may run other statements on the target.
    depends_on_data: bool,
    statements: Vec<StatementDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct StatementDocument<'a> {
    line: usize,
    sql: &'a str,
    hazards: &'a [Hazard],
}

/// `revision`, `merge`.
#[derive(Debug, Serialize)]
pub struct WrittenDocument<'a> {
    path: PathBuf,
    revision: &'a RevisionId,
    /// The operations that autogenerate wrote.
    operations: Vec<OperationDocument<'a>>,
    /// Pairs of a dropped and a created object that may be a rename.
    renames: Vec<RenameDocument<'a>>,
    /// The result of the proof.
    proof: Option<ProofDocument<'a>>,
}

/// `check`, `drift`.
#[derive(Debug, Serialize)]
pub struct OperationsDocument<'a> {
    operations: Vec<OperationDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct OperationDocument<'a> {
    sql: &'a str,
    object: String,
    /// Hazards found in the statement; their rows are not counted.
    hazards: Vec<Hazard>,
}

/// A possible rename.
#[derive(Debug, Serialize)]
struct RenameDocument<'a> {
    /// The value for `--rename`.
    rename: &'a str,
    reasons: &'a [String],
    /// How likely the rename is, 0 to 100.
    score: u32,
}

#[derive(Debug, Serialize)]
struct ProofDocument<'a> {
    up: bool,
    down: bool,
    again: bool,
    /// The objects that differ from what was expected.
    difference: &'a [String],
    /// The error, if the script failed.
    error: Option<ErrorBody<'a>>,
}

/// `revision --autogenerate` if nothing was written.
#[derive(Debug, Default, Serialize)]
pub struct NothingDocument {
    path: Option<PathBuf>,
    revision: Option<RevisionId>,
    operations: [(); 0],
    renames: [(); 0],
    proof: Option<()>,
}

/// `stamp`.
#[derive(Debug, Serialize)]
pub struct StampDocument<'a> {
    from: &'a [RevisionId],
    to: &'a [RevisionId],
}

/// A command with `--sql`.
#[derive(Debug, Serialize)]
pub struct SqlDocument<'a> {
    pub sql: &'a str,
}

/// One revision of `verify`.
#[derive(Debug, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "each field is a key of the document")]
pub struct VerifiedDocument<'a> {
    revision: &'a RevisionId,
    up: bool,
    down: bool,
    again: bool,
    difference: &'a [String],
    /// A note on what the proof does not cover.
    note: Option<&'a str>,
    /// The error, if a script failed.
    error: Option<ErrorBody<'a>>,
}

/// One script of `import`.
#[derive(Debug, Serialize)]
pub struct ImportedDocument<'a> {
    revision: &'a RevisionId,
    /// The Python script.
    source: PathBuf,
    path: PathBuf,
    result: ImportResult,
    /// Why it is a stub, or under which condition its SQL is right.
    reason: Option<&'a str>,
}

/// Any error.
#[derive(Debug, Serialize)]
pub struct ErrorDocument<'a> {
    error: ErrorBody<'a>,
}

#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    code: ErrorKind,
    message: &'a str,
    causes: &'a [String],
    hint: Option<&'a str>,
    revision: Option<&'a str>,
    line: Option<usize>,
}

/// Returns the revisions as documents, in the given order.
#[must_use]
pub fn revisions<'a>(
    tree: &'a ScriptTree,
    ids: impl IntoIterator<Item = &'a RevisionId>,
    applied: Option<&HashSet<RevisionId>>,
) -> Vec<RevisionDocument<'a>> {
    ids.into_iter().filter_map(|id| revision(tree, id, applied)).collect()
}

fn revision<'a>(
    tree: &'a ScriptTree,
    id: &'a RevisionId,
    applied: Option<&HashSet<RevisionId>>,
) -> Option<RevisionDocument<'a>> {
    let graph = &tree.graph;
    let revision = graph.get(id.as_str())?;
    let file = tree.scripts.get(id);
    Some(RevisionDocument {
        revision: id,
        down_revisions: &revision.down_revisions,
        depends_on: &revision.depends_on,
        branch_labels: graph.labels(id.as_str()),
        message: file.map_or("", |file| &file.script.message),
        created: file.and_then(|file| file.script.create_date.as_deref()),
        path: file.map(|file| absolute(&file.path)),
        is_head: graph.is_head(id.as_str()),
        is_base: revision.down_revisions.is_empty(),
        is_branch_point: graph.is_branch_point(id.as_str()),
        is_merge_point: revision.down_revisions.len() > 1,
        applied: applied.map(|applied| applied.contains(id)),
    })
}

impl<'a> CurrentDocument<'a> {
    /// Combines the status of the database with the scripts.
    #[must_use]
    pub fn new(tree: &'a ScriptTree, status: &'a DatabaseStatus) -> Self {
        Self {
            database: &status.server.database,
            server_version: &status.server.version,
            heads: &status.heads,
            missing: status.heads.iter().filter(|id| tree.graph.get(id.as_str()).is_none()).collect(),
            pending: tree.graph.pending(&status.heads),
        }
    }
}

impl<'a> From<&'a Plan> for PlanDocument<'a> {
    fn from(plan: &'a Plan) -> Self {
        let steps = plan.steps.iter().map(StepDocument::from).collect();
        Self { from: &plan.from, to: &plan.to, steps, keeping: &plan.copies }
    }
}

impl<'a> From<&'a Step> for StepDocument<'a> {
    fn from(step: &'a Step) -> Self {
        Self {
            revision: &step.revision,
            direction: step.direction,
            message: &step.message,
            path: step.path.as_deref().map(absolute),
            transaction: step.transactional,
            depends_on_data: step.python.as_ref().is_some_and(|python| python.depends_on_data),
            statements: step.statements.iter().map(StatementDocument::from).collect(),
        }
    }
}

impl<'a> From<&'a PlannedStatement> for StatementDocument<'a> {
    fn from(statement: &'a PlannedStatement) -> Self {
        Self { line: statement.line, sql: statement.sql(), hazards: &statement.hazards }
    }
}

impl<'a> From<&'a WrittenScript> for WrittenDocument<'a> {
    fn from(written: &'a WrittenScript) -> Self {
        Self {
            path: absolute(&written.path),
            revision: &written.revision,
            operations: Vec::new(),
            renames: Vec::new(),
            proof: None,
        }
    }
}

impl<'a> WrittenDocument<'a> {
    /// A script from autogenerate, and its path.
    #[must_use]
    pub fn generated(written: &'a WrittenScript, generated: &'a GeneratedScript) -> Self {
        let operations = generated.operations.iter().map(OperationDocument::from).collect();
        let renames = generated.renames.iter().map(RenameDocument::from).collect();
        Self { operations, renames, proof: Some(ProofDocument::from(&generated.proof)), ..Self::from(written) }
    }
}

impl<'a> From<&'a Candidate> for RenameDocument<'a> {
    fn from(candidate: &'a Candidate) -> Self {
        Self { rename: &candidate.spec, reasons: &candidate.reasons, score: candidate.score }
    }
}

impl<'a> From<&'a Operation> for OperationDocument<'a> {
    fn from(operation: &'a Operation) -> Self {
        let hazards = hazard::examine_one(&operation.sql);
        Self { sql: &operation.sql, object: operation.object.to_string(), hazards }
    }
}

impl<'a> From<&'a [Operation]> for OperationsDocument<'a> {
    fn from(operations: &'a [Operation]) -> Self {
        Self { operations: operations.iter().map(OperationDocument::from).collect() }
    }
}

impl<'a> From<&'a Proof> for ProofDocument<'a> {
    fn from(proof: &'a Proof) -> Self {
        let error = proof.error.as_ref().map(ErrorBody::from);
        Self { up: proof.up, down: proof.down, again: proof.again, difference: &proof.difference, error }
    }
}

impl<'a> From<&'a Path> for StampDocument<'a> {
    fn from(path: &'a Path) -> Self {
        Self { from: &path.from, to: &path.to }
    }
}

impl<'a> From<&'a VerifiedRevision> for VerifiedDocument<'a> {
    fn from(verified: &'a VerifiedRevision) -> Self {
        Self {
            revision: &verified.revision,
            up: verified.up,
            down: verified.down,
            again: verified.again,
            difference: &verified.difference,
            note: verified.note.as_deref(),
            error: verified.error.as_ref().map(ErrorBody::from),
        }
    }
}

impl<'a> From<&'a ImportedRevision> for ImportedDocument<'a> {
    fn from(imported: &'a ImportedRevision) -> Self {
        Self {
            revision: &imported.revision,
            source: absolute(&imported.source),
            path: absolute(&imported.path),
            result: imported.result,
            reason: imported.reason.as_deref(),
        }
    }
}

impl<'a> From<&'a Error> for ErrorDocument<'a> {
    fn from(error: &'a Error) -> Self {
        Self { error: ErrorBody::from(error) }
    }
}

impl<'a> From<&'a Error> for ErrorBody<'a> {
    fn from(error: &'a Error) -> Self {
        Self {
            code: error.kind,
            message: &error.message,
            causes: &error.causes,
            hint: error.hint.as_deref(),
            revision: error.revision.as_deref(),
            line: error.line,
        }
    }
}
