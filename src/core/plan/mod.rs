//! The plan: what will run, in which order, at what cost. Pure data; the UI shows it, `--dry-run`
//! prints it and the engine runs it.

mod approval;
mod build;
pub mod offline;

pub use approval::{Approval, ApprovalError, Granted};
pub use build::{BuildError, Source};

use std::path::PathBuf;

use crate::core::copies::Keeping;
use crate::core::graph::{Direction, RevisionId, VersionChange};
use crate::core::hazard::{Class, Hazard};
use crate::core::statement::Statement;

/// How revisions and transactions go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TransactionMode {
    /// Each revision in a transaction of its own.
    #[default]
    Each,
    /// All revisions in one.
    All,
}

/// What runs against which database, made at one moment of its heads.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub direction: Direction,
    /// As typed: `head`, `-1`, …
    pub target: String,
    /// The environment that the plan was made for.
    pub environment: EnvironmentName,
    /// The database that it was made on, in words, without a password; it runs on no other.
    pub place: String,
    pub mode: TransactionMode,
    /// The heads that it starts from; the engine refuses it when the database has others.
    pub from: Vec<RevisionId>,
    pub to: Vec<RevisionId>,
    pub steps: Vec<Step>,
    /// Hazard classes that need approval here.
    pub confirm: Vec<Class>,
    /// The database held no table when the plan was made: whatever the plan drops, it has made itself.
    pub blank: bool,
    /// Environments that should have reached the target before this one, and have not.
    pub behind: Vec<Behind>,
    /// The copies that are made of what is lost.
    pub keeping: Keeping,
    /// The whole database is backed up before anything runs.
    pub backup_first: bool,
}

/// An environment named in `after` that has not reached a plan's target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    pub environment: String,
    /// Where it is, or why that cannot be told; in words.
    pub state: String,
}

/// The name of an environment and whether it is protected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentName {
    /// `None`: the `[database]` table itself.
    pub name: Option<String>,
    pub protected: bool,
}

/// One revision of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub revision: RevisionId,
    pub direction: Direction,
    pub message: String,
    /// Where the script lies; `None` when its text comes from the ledger.
    pub path: Option<PathBuf>,
    /// The whole text of the script, kept by the ledger.
    pub script: std::sync::Arc<str>,
    pub shown_from: Vec<RevisionId>,
    pub shown_to: Vec<RevisionId>,
    /// False: the section says `transaction=off`, or holds a statement that PostgreSQL refuses in a transaction.
    pub transactional: bool,
    pub changes: Vec<VersionChange>,
    pub heads_after: Vec<RevisionId>,
    pub statements: Vec<PlannedStatement>,
}

/// One statement of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStatement {
    /// 1-based line in the script's file.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    pub statement: Statement,
    pub hazards: Vec<Hazard>,
}

impl PlannedStatement {
    /// The statement as SQL.
    #[must_use]
    pub fn sql(&self) -> &str {
        self.statement.sql()
    }

    /// The rows of `COPY … FROM stdin`.
    #[must_use]
    pub fn copy_data(&self) -> Option<&str> {
        self.statement.source.copy_data.as_deref()
    }
}

impl Plan {
    /// The same plan, but no copies are made of what it destroys.
    #[must_use]
    pub fn without_copies(&self) -> Self {
        Self { keeping: Keeping::default(), ..self.clone() }
    }

    /// What is done so that nothing is lost for good, a line each; none where nothing is destroyed.
    #[must_use]
    pub fn safeguards(&self) -> Vec<String> {
        let is_lost = |hazard: &Hazard| hazard.class == Class::DataLoss && !hazard.affects_nothing();
        if !self.hazards().any(|(_, _, hazard)| is_lost(hazard)) {
            return Vec::new();
        }
        let backup = self.backup_first.then(|| "the whole database is backed up first".to_owned());
        backup.into_iter().chain(self.keeping.lines()).collect()
    }

    /// Whether nothing would run and no heads would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Every hazard with the step and statement that it stands on.
    pub fn hazards(&self) -> impl Iterator<Item = (&Step, &PlannedStatement, &Hazard)> {
        self.steps.iter().flat_map(|step| {
            step.statements
                .iter()
                .flat_map(move |statement| statement.hazards.iter().map(move |hazard| (step, statement, hazard)))
        })
    }

    /// The hazards that a person must accept before this plan may run.
    pub fn to_approve(&self) -> impl Iterator<Item = (&Step, &PlannedStatement, &Hazard)> {
        self.hazards().filter(|(_, _, hazard)| self.confirm.contains(&hazard.class) && !hazard.affects_nothing())
    }

    /// The number of statements in all steps.
    #[must_use]
    pub fn statement_count(&self) -> usize {
        self.steps.iter().map(|step| step.statements.len()).sum()
    }
}
