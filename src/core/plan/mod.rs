//! The plan: what will run, in which order, and what it destroys. It is plain data: the UI shows it, `--dry-run` prints
//! it and the engine runs it.

mod approval;
mod build;
mod direction;
#[cfg(test)]
pub mod fixtures;
pub mod offline;
mod recorded;

pub use approval::{Approval, ApprovalError, ApprovalOptions};
pub use build::{BuildError, ScriptSource};
pub use direction::PlanDirection;
pub use recorded::{PythonStep, RecordedStatement, RecordedStep, ScriptInputs};

use std::ops::Range;
use std::path::PathBuf;

use crate::core::copies::CopyForecast;
use crate::core::graph::{Direction, RevisionId, VersionChange};
use crate::core::hazard::{Class, Hazard};
use crate::core::script::Script;
use crate::core::sql::{SourceStatement, split};
use crate::core::statement::Statement;

/// How revisions are divided into transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TransactionMode {
    /// Each revision runs in its own transaction.
    #[default]
    Each,
    /// All revisions run in one transaction.
    All,
}

/// What will run on which database, from its heads at the time when the plan was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub direction: PlanDirection,
    /// The target as the user typed it: `head`, `-1`, …
    pub target: String,
    /// The environment for which the plan was made.
    pub environment: EnvironmentName,
    /// A description of the database for which the plan was made, without a password. The plan runs on no other
    /// database.
    pub database: String,
    pub mode: TransactionMode,
    /// The heads from which the plan starts. The engine refuses the plan if the database has other heads.
    pub from: Vec<RevisionId>,
    pub to: Vec<RevisionId>,
    pub steps: Vec<Step>,
    /// The hazard classes that require approval in this environment.
    pub confirm: Vec<Class>,
    /// The database had no table when the plan was made, so the plan can only drop what it has created itself.
    pub blank: bool,
    /// Environments that should reach the target before this one, and have not reached it.
    pub outdated_environments: Vec<OutdatedEnvironment>,
    /// The copies of data that the plan destroys.
    pub copies: CopyForecast,
    /// Whether the whole database is backed up before the plan runs.
    pub backup_first: bool,
    /// The hazards of a statement that the plan does not contain, at which an earlier run stopped.
    pub unplanned: Vec<Hazard>,
    /// What the user should know about the database before the plan runs, one line each.
    pub notes: Vec<String>,
}

/// An environment named in `after` that has not reached a plan's target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutdatedEnvironment {
    pub environment: String,
    /// A text: its heads, or why they cannot be read.
    pub state: String,
}

/// The name of an environment and whether it is protected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentName {
    /// `None`: the project's `[database]` table.
    pub name: Option<String>,
    pub protected: bool,
}

impl EnvironmentName {
    /// The name, `default` for the project's `[database]` table.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or("default")
    }
}

/// One revision of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub revision: RevisionId,
    pub direction: Direction,
    pub message: String,
    /// The path of the script. `None` if its text comes from the ledger.
    pub path: Option<PathBuf>,
    /// The whole text of the script. The ledger stores it.
    pub script: std::sync::Arc<str>,
    pub shown_from: Vec<RevisionId>,
    pub shown_to: Vec<RevisionId>,
    /// False if a part of the section has `transaction=off`, or contains a statement that PostgreSQL rejects in a
    /// transaction.
    pub transactional: bool,
    /// If `transactional` is false: the statements that run in one transaction each, as ranges.
    pub transactions: Vec<Range<usize>>,
    pub changes: Vec<VersionChange>,
    pub heads_after: Vec<RevisionId>,
    /// For a Python script, the statements that it sent on a scratch copy of the target's schema.
    pub statements: Vec<PlannedStatement>,
    /// `None` for a SQL script.
    pub python: Option<PythonStep>,
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

impl Step {
    /// How a step that is not transactional runs, as text.
    #[must_use]
    pub fn words_outside_transaction(&self) -> &'static str {
        if self.transactions.is_empty() { "outside a transaction" } else { "partly outside a transaction" }
    }

    /// Whether another text of the script begins with the same statements. `count`: how many are compared.
    #[must_use]
    pub fn starts_like(&self, script: &str, count: usize) -> bool {
        let Ok(other) = Script::parse(script) else { return false };
        let section = other.sql().map(|code| code.section(self.direction).sql.as_str()).unwrap_or_default();
        let Ok(statements) = split(section) else { return false };
        let is_same = |(one, other): (&PlannedStatement, &SourceStatement)| {
            one.sql() == other.text && one.copy_data() == other.copy_data.as_deref()
        };
        let compared = self.statements.len().min(statements.len()) >= count;
        compared && self.statements.iter().zip(&statements).take(count).all(is_same)
    }

    /// The statements from an index of the step that run in one transaction. `None`: the statement at the index runs on
    /// its own.
    #[must_use]
    pub fn transaction_from(&self, number: usize) -> Option<Range<usize>> {
        let transaction = self.transactions.iter().find(|transaction| transaction.contains(&number))?;
        Some(number..transaction.end)
    }
}

impl Plan {
    /// The same plan without copies.
    #[must_use]
    pub fn without_copies(&self) -> Self {
        Self { copies: CopyForecast::default(), ..self.clone() }
    }

    /// How the data that the plan destroys is saved, one line each. Empty if the plan destroys nothing.
    #[must_use]
    pub fn safeguards(&self) -> Vec<String> {
        let is_lost = |hazard: &Hazard| hazard.class == Class::DataLoss && !hazard.affects_nothing();
        if !self.hazards().any(|(_, _, hazard)| is_lost(hazard)) {
            return Vec::new();
        }
        let backup = self.backup_first.then(|| "the whole database is backed up first".to_owned());
        backup.into_iter().chain(self.copies.lines()).collect()
    }

    /// The id of a step's revision, shortened so that no other step has the same short id.
    #[must_use]
    pub fn short_id<'a>(&self, step: &'a Step) -> &'a str {
        step.revision.short_among(self.steps.iter().map(|other| &other.revision))
    }

    /// Whether the plan runs nothing and changes no heads.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The changes of the version table. A step that mentions the table may change its column, so the changes of that step
    /// and of later ones are not included.
    #[must_use]
    pub fn changes_of_table(&self, version_table: &str) -> Vec<&VersionChange> {
        let mentions = |step: &Step| step.statements.iter().any(|one| one.statement.words().contains(version_table));
        self.steps.iter().take_while(|step| !mentions(step)).flat_map(|step| &step.changes).collect()
    }

    /// All hazards, each with its step and statement.
    pub fn hazards(&self) -> impl Iterator<Item = (&Step, &PlannedStatement, &Hazard)> {
        self.steps.iter().flat_map(|step| {
            step.statements
                .iter()
                .flat_map(move |statement| statement.hazards.iter().map(move |hazard| (step, statement, hazard)))
        })
    }

    /// The hazards that a user must accept before the plan runs.
    pub fn hazards_to_approve(&self) -> impl Iterator<Item = (&Step, &PlannedStatement, &Hazard)> {
        self.hazards().filter(|(_, _, hazard)| self.must_approve(hazard))
    }

    /// All hazards that a user must accept: those of the plan, and those of statements at which an earlier run stopped.
    pub fn losses_to_approve(&self) -> impl Iterator<Item = &Hazard> {
        self.hazards_to_approve().map(|(_, _, hazard)| hazard).chain(&self.unplanned)
    }

    /// The same plan after a run that stopped at a statement with these hazards.
    #[must_use]
    pub fn with_unplanned(&self, unplanned: Vec<Hazard>) -> Self {
        let notes = unplanned
            .iter()
            .map(|hazard| format!("the last run stopped at: {} {} (not in the plan)", hazard.title, hazard.object));
        let notes = self.notes.iter().cloned().chain(notes).collect();
        Self { unplanned, notes, ..self.clone() }
    }

    /// Whether a user must accept the hazard before the plan runs.
    fn must_approve(&self, hazard: &Hazard) -> bool {
        self.confirm.contains(&hazard.class) && !hazard.affects_nothing()
    }

    /// Whether the scripts are Python.
    #[must_use]
    pub fn runs_python(&self) -> bool {
        self.steps.iter().any(|step| step.python.is_some())
    }

    /// The number of statements in all steps.
    #[must_use]
    pub fn statement_count(&self) -> usize {
        self.steps.iter().map(|step| step.statements.len()).sum()
    }
}
