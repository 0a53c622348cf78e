//! A scratch database that is moved along the history, one revision at a time.

use std::collections::BTreeSet;

use tokio_util::sync::CancellationToken;

use crate::core::graph::{Direction, Path, RevisionId};
use crate::core::plan::{Plan, RecordedStep, TransactionMode};
use crate::core::schema::Schema;
use crate::core::sql::identifier;
use crate::engine::connection::database_error;
use crate::engine::prepare::{PlanRequest, build_plan};
use crate::engine::project::{Project, ScriptTree};
use crate::engine::recording::{record_next, write_heads};
use crate::engine::scratch::{ScratchDatabase, ScratchRequirements, full_scope, read_schema};
use crate::engine::script_process::ScriptProcess;
use crate::engine::state::VersionTable;
use crate::engine::verify::{ScratchRunner, script_failure};
use crate::engine::{Error, ErrorKind, Result, Target};

/// What all databases of an import share.
pub(super) struct TrialSite<'a> {
    /// The Alembic project.
    pub project: &'a Project,
    /// The same project with SQL scripts.
    pub sql_project: &'a Project,
    pub tree: &'a ScriptTree,
    pub target: &'a Target,
    pub version_table: &'a VersionTable,
    pub requirements: &'a ScratchRequirements,
    pub download: bool,
    pub cancel: &'a CancellationToken,
}

/// A scratch database and the revisions that it has.
pub(super) struct TrialDatabase {
    scratch: ScratchDatabase,
    heads: Vec<RevisionId>,
    /// Whether a script failed or gave another schema, so that the database cannot be used further.
    is_spoiled: bool,
}

impl TrialDatabase {
    /// Makes an empty database with the version table.
    pub async fn make(site: &TrialSite<'_>) -> Result<Self> {
        let scratch = ScratchDatabase::make(site.project, site.target, site.requirements, site.download).await?;
        let trial = Self { scratch, heads: Vec::new(), is_spoiled: false };
        let session = trial.target().connect("limbeck import").await?;
        let configured = &site.project.config.database.version_table;
        if let Some((schema, _)) = configured.split_once('.') {
            let create = format!("CREATE SCHEMA IF NOT EXISTS {}", identifier::always_quote(schema));
            session.client().batch_execute(&create).await.map_err(|error| database_error(&error))?;
        }
        write_heads(&session, site.version_table, &[]).await?;
        Ok(trial)
    }

    pub fn target(&self) -> &Target {
        self.scratch.target()
    }

    /// The notes about the database for the user.
    pub fn notes(&self) -> &[String] {
        self.scratch.notes()
    }

    /// The database must not be used further.
    pub fn spoil(&mut self) {
        self.is_spoiled = true;
    }

    /// Brings the database to these revisions. If it is not there, Python makes a new one.
    pub async fn bring_to(
        &mut self,
        heads: &[RevisionId],
        site: &TrialSite<'_>,
        process: &mut ScriptProcess,
    ) -> Result<()> {
        if !self.is_spoiled && is_same_set(&self.heads, heads) {
            return Ok(());
        }
        let new = Self::make(site).await?;
        std::mem::replace(self, new).remove().await?;
        for head in heads {
            let path = site.tree.graph.upgrade(head.as_str(), &self.heads)?;
            let to = path.to.clone();
            let recorded = self.run_python(Direction::Upgrade, head, path, site, process).await?;
            if let Some(failure) = recorded.into_iter().find_map(|step| step.failure) {
                return Err(Error::new("a script that has run before fails when it runs again").because(failure));
            }
            self.heads = to;
        }
        Ok(())
    }

    /// Runs one revision with Python.
    pub async fn record(
        &mut self,
        direction: Direction,
        id: &RevisionId,
        path: Path,
        site: &TrialSite<'_>,
        process: &mut ScriptProcess,
    ) -> Result<RecordedStep> {
        let to = path.to.clone();
        let mut recorded = self.run_python(direction, id, path, site, process).await?;
        let step = recorded.pop().ok_or_else(|| Error::new(format!("revision {id} did not run")))?;
        if step.failure.is_some() {
            self.spoil();
        } else {
            self.heads = to;
        }
        Ok(step)
    }

    async fn run_python(
        &self,
        direction: Direction,
        id: &RevisionId,
        path: Path,
        site: &TrialSite<'_>,
        process: &mut ScriptProcess,
    ) -> Result<Vec<RecordedStep>> {
        if path.steps.is_empty() {
            return Ok(Vec::new());
        }
        if !process.is_running() {
            // A script has ended it.
            *process = ScriptProcess::of_project(site.project).await?;
        }
        let plan = self.plan(direction, id, path, site)?;
        let recorded = record_next(site.project, self.target(), &plan, process, site.cancel).await;
        if site.cancel.is_cancelled() {
            return Err(Error::of(ErrorKind::Interrupted, "cancelled; the scratch database is dropped"));
        }
        recorded
    }

    fn plan(&self, direction: Direction, id: &RevisionId, path: Path, site: &TrialSite<'_>) -> Result<Plan> {
        let request = PlanRequest {
            direction: direction.into(),
            target: id.to_string(),
            only_branch: false,
            mode: Some(TransactionMode::Each),
        };
        build_plan(site.project, site.tree, self.target(), &request, path)
    }

    /// Runs one revision of a tree of SQL scripts. Returns why its script fails.
    pub async fn replay(
        &mut self,
        direction: Direction,
        id: &RevisionId,
        path: Path,
        tree: &ScriptTree,
        site: &TrialSite<'_>,
    ) -> Result<Option<String>> {
        let runner = ScratchRunner {
            project: site.sql_project,
            tree,
            target: self.target(),
            unsaved: &[],
            progress: &|_| {},
            cancel: site.cancel,
        };
        match runner.run_path(direction, id.as_str(), path).await {
            Ok(heads) => {
                self.heads = heads;
                Ok(None)
            }
            Err(error) => {
                self.spoil();
                Ok(Some(script_failure(error)?.message))
            }
        }
    }

    /// Whether all relations are tables without rows, with the settings of `env.py`.
    pub async fn are_empty_tables(&self, settings: &[String], relations: &BTreeSet<String>) -> Result<bool> {
        let session = self.target().connect("limbeck import").await?;
        for setting in settings {
            session.client().batch_execute(setting).await.map_err(|error| database_error(&error))?;
        }
        for relation in relations {
            let kind =
                "SELECT relkind::pg_catalog.text FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)";
            let row = session.client().query_opt(kind, &[relation]).await.map_err(|error| database_error(&error))?;
            if !row.is_some_and(|row| matches!(row.get::<_, &str>(0), "r" | "p")) {
                return Ok(false);
            }
            let query = format!("SELECT EXISTS (SELECT FROM {relation})");
            let row = session.client().query_one(&query, &[]).await.map_err(|error| database_error(&error))?;
            if row.get(0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub async fn read_schema(&self, site: &TrialSite<'_>) -> Result<Schema> {
        Ok(read_schema(site.project, self.target(), &full_scope(site.project)).await?.0)
    }

    /// Drops the database.
    pub async fn remove(self) -> Result<()> {
        self.scratch.remove().await
    }
}

fn is_same_set(one: &[RevisionId], other: &[RevisionId]) -> bool {
    one.len() == other.len() && one.iter().all(|id| other.contains(id))
}
