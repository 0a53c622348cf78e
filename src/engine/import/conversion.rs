//! Runs every revision with Python and with its SQL, up and down, and compares the schemas.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::section::{SectionPlace, write_guard, write_statements, write_stub};
use super::trial::{TrialDatabase, TrialSite};
use super::{ImportEvent, ImportReporter};
use crate::core::graph::{Direction, Path, RevisionId};
use crate::core::plan::{RecordedStep, ScriptInputs};
use crate::core::script::{Script, ScriptCode, Section, SqlCode};
use crate::engine::project::{ScriptFile, ScriptTree};
use crate::engine::recording::inputs_of_row_counts;
use crate::engine::script_process::ScriptProcess;
use crate::engine::verify::describe_changes;
use crate::engine::{Error, Result};

/// The most differences of a schema that a reason names.
const NAMED_DIFFERENCES: usize = 3;

/// A section of a new script.
#[derive(Debug, Clone, Default)]
pub(super) struct ConvertedSection {
    pub section: Section,
    /// Why it is a stub. `None`: it is SQL.
    pub stub: Option<String>,
    /// What the user should know about SQL.
    pub note: Option<String>,
}

/// Both sections of a new script.
#[derive(Debug, Clone, Default)]
pub(super) struct ConvertedScript {
    pub upgrade: ConvertedSection,
    pub downgrade: ConvertedSection,
}

/// What the statements of a script depend on.
enum Dependence {
    /// The schema, which the history determines.
    Schema {
        is_read: bool,
    },
    /// Tables that were empty when the script ran.
    EmptyTables(BTreeSet<String>),
    Unknown(String),
}

/// The conversion of a history.
pub(super) struct Conversion<'a> {
    site: &'a TrialSite<'a>,
    process: &'a mut ScriptProcess,
    report: ImportReporter<'a>,
    /// The database on which Python runs.
    original: TrialDatabase,
    /// The database on which the SQL runs.
    replayed: TrialDatabase,
    /// The scripts with the SQL that is replayed.
    sql_tree: ScriptTree,
    converted: HashMap<RevisionId, ConvertedScript>,
}

impl<'a> Conversion<'a> {
    /// Makes the databases.
    pub async fn start(
        site: &'a TrialSite<'a>,
        process: &'a mut ScriptProcess,
        report: ImportReporter<'a>,
    ) -> Result<Self> {
        let original = TrialDatabase::make(site).await?;
        let place = original.target().conninfo().describe();
        report(ImportEvent::Scratch { place, notes: original.notes().to_vec() });
        let replayed = TrialDatabase::make(site).await?;
        let files = site.tree.scripts.values().map(|file| Arc::new(with_code(file, SqlCode::default())));
        let sql_tree = ScriptTree::from_scripts(files.collect(), Vec::new());
        Ok(Self { site, process, report, original, replayed, sql_tree, converted: HashMap::new() })
    }

    /// Converts all revisions.
    pub async fn run(&mut self) -> Result<HashMap<RevisionId, ConvertedScript>> {
        let heads = self.upgrade_all().await?;
        if !heads.is_empty() {
            self.downgrade_all(heads).await?;
        }
        Ok(std::mem::take(&mut self.converted))
    }

    /// Drops the databases.
    pub async fn remove(self) -> Result<()> {
        let original = self.original.remove().await;
        self.replayed.remove().await?;
        original
    }

    /// Converts the upgrades from base. Returns the heads.
    async fn upgrade_all(&mut self) -> Result<Vec<RevisionId>> {
        let graph = &self.site.tree.graph;
        let order: Vec<RevisionId> = graph.pending(&[]).into_iter().cloned().collect();
        let mut heads: Vec<RevisionId> = Vec::new();
        let mut failed: Vec<RevisionId> = Vec::new();
        for (index, id) in order.iter().enumerate() {
            let ancestors = graph.ancestors(std::slice::from_ref(id));
            if let Some(cause) = failed.iter().find(|failed| ancestors.contains(*failed)) {
                let reason = format!("it did not run, because the upgrade of {cause} fails on a database without rows");
                self.write_stubs(id, &reason);
                continue;
            }
            self.tell(Direction::Upgrade, id, index + 1, order.len());
            let path = graph.upgrade(id.as_str(), &heads)?;
            let to = path.to.clone();
            match self.convert(Direction::Upgrade, id, path).await? {
                Some(section) => {
                    self.converted.entry(id.clone()).or_default().upgrade = section;
                    heads = to;
                }
                None => failed.push(id.clone()),
            }
        }
        Ok(heads)
    }

    /// Converts the downgrades from the heads to base. A downgrade that fails is skipped.
    async fn downgrade_all(&mut self, mut heads: Vec<RevisionId>) -> Result<()> {
        let steps = self.site.tree.graph.downgrade("base", &heads)?.steps;
        for (index, step) in steps.iter().enumerate() {
            let id = &step.revision;
            self.tell(Direction::Downgrade, id, index + 1, steps.len());
            let path = self.site.tree.graph.downgrade_single(id, &heads)?;
            heads.clone_from(&path.to);
            let has_function = self.file(id)?.script.python().is_some_and(|code| code.downgrade.is_some());
            if !has_function {
                let stub = self.stub(Direction::Downgrade, id, "the script has no downgrade()", None);
                self.converted.entry(id.clone()).or_default().downgrade = stub;
            } else if let Some(section) = self.convert(Direction::Downgrade, id, path).await? {
                self.converted.entry(id.clone()).or_default().downgrade = section;
            }
        }
        Ok(())
    }

    /// Converts one section. `None` if the script failed; its stubs are written then.
    async fn convert(&mut self, direction: Direction, id: &RevisionId, path: Path) -> Result<Option<ConvertedSection>> {
        self.original.bring_to(&path.from, self.site, self.process).await?;
        let recorded = self.original.record(direction, id, path.clone(), self.site, self.process).await?;
        if let Some(failure) = &recorded.failure {
            self.write_failure(direction, id, failure);
            return Ok(None);
        }
        self.replayed.bring_to(&path.from, self.site, self.process).await?;
        let dependence = self.dependence(direction, id, &recorded).await?;
        let is_first = direction == Direction::Upgrade && self.file(id)?.script.down_revisions.is_empty();
        let source = self.source(id);
        let guard = match &dependence {
            Dependence::EmptyTables(relations) => {
                Some(write_guard(SectionPlace { direction, source: &source }, relations))
            }
            _ => None,
        };
        let section = write_statements(&recorded, is_first, guard.as_deref());
        let fault = match section {
            Ok(section) => self.replay(direction, id, path, section).await?,
            Err(reason) => {
                self.replayed.spoil();
                Some(reason)
            }
        };
        let (reason, note) = match (dependence, fault) {
            (Dependence::Unknown(reason), _) | (_, Some(reason)) => (Some(reason), None),
            (Dependence::EmptyTables(relations), None) => (None, Some(about_rows(&relations))),
            (Dependence::Schema { is_read: true }, None) => (None, Some(ABOUT_SCHEMA.to_owned())),
            (Dependence::Schema { is_read: false }, None) => (None, None),
        };
        Ok(Some(match reason {
            Some(reason) => self.stub(direction, id, &reason, Some(&recorded)),
            None => ConvertedSection { section: self.section(direction, id)?, stub: None, note },
        }))
    }

    /// What the statements of a step depend on. The databases are at the step.
    async fn dependence(&self, direction: Direction, id: &RevisionId, recorded: &RecordedStep) -> Result<Dependence> {
        let mut inputs = recorded.inputs.clone();
        let function = self.file(id)?.script.python().and_then(|code| code.function(direction));
        if function.is_some_and(|function| function.uses_results) {
            let counted = inputs_of_row_counts(recorded);
            inputs.relations.extend(counted.relations);
            inputs.other = inputs.other.or(counted.other);
        }
        let ScriptInputs { relations, other } = inputs;
        if let Some(reason) = other {
            return Ok(Dependence::Unknown(reason));
        }
        if relations.is_empty() {
            return Ok(Dependence::Schema { is_read: recorded.reads });
        }
        if self.replayed.are_empty_tables(&recorded.settings, &relations).await? {
            return Ok(Dependence::EmptyTables(relations));
        }
        Ok(Dependence::Unknown(format!("the script depends on the rows of {}", join(&relations))))
    }

    /// Runs a section on the second database, and compares the schemas. Returns why it is not the same as the Python
    /// script.
    async fn replay(
        &mut self,
        direction: Direction,
        id: &RevisionId,
        path: Path,
        section: Section,
    ) -> Result<Option<String>> {
        let mut code = self.sql_code(id)?;
        match direction {
            Direction::Upgrade => code.upgrade = section.clone(),
            Direction::Downgrade => code.downgrade = section.clone(),
        }
        let file = with_code(self.file(id)?, code);
        let is_read_back = Script::parse(&file.text).is_ok_and(|read| {
            read.sql().is_some_and(|code| {
                let read = code.section(direction);
                (&read.sql, read.transactional) == (&section.sql, section.transactional)
            })
        });
        if !is_read_back {
            self.replayed.spoil();
            return Ok(Some("a line of its SQL looks like a limbeck marker, for example -- @downgrade".to_owned()));
        }
        self.sql_tree.scripts.insert(id.clone(), Arc::new(file));
        if let Some(failure) = self.replayed.replay(direction, id, path, &self.sql_tree, self.site).await? {
            return Ok(Some(format!("its SQL fails: {failure}")));
        }
        let expected = self.original.read_schema(self.site).await?;
        let differences = describe_changes(&self.replayed.read_schema(self.site).await?, &expected);
        if differences.is_empty() {
            return Ok(None);
        }
        self.replayed.spoil();
        let named: Vec<&str> = differences.iter().take(NAMED_DIFFERENCES).map(String::as_str).collect();
        Ok(Some(format!("its SQL gives another schema: {}", named.join("; "))))
    }

    fn write_failure(&mut self, direction: Direction, id: &RevisionId, failure: &str) {
        match direction {
            Direction::Upgrade => {
                self.write_stubs(id, &format!("the upgrade fails on a database without rows: {failure}"));
            }
            Direction::Downgrade => {
                let stub = self.stub(direction, id, &format!("the downgrade fails: {failure}"), None);
                self.converted.entry(id.clone()).or_default().downgrade = stub;
            }
        }
    }

    fn write_stubs(&mut self, id: &RevisionId, reason: &str) {
        let upgrade = self.stub(Direction::Upgrade, id, reason, None);
        let downgrade = self.stub(Direction::Downgrade, id, reason, None);
        self.converted.insert(id.clone(), ConvertedScript { upgrade, downgrade });
    }

    fn stub(
        &self,
        direction: Direction,
        id: &RevisionId,
        reason: &str,
        recorded: Option<&RecordedStep>,
    ) -> ConvertedSection {
        let source = self.source(id);
        let section = write_stub(SectionPlace { direction, source: &source }, reason, recorded);
        ConvertedSection { section, stub: Some(reason.to_owned()), note: None }
    }

    fn tell(&self, direction: Direction, id: &RevisionId, number: usize, count: usize) {
        (self.report)(ImportEvent::Converting { direction, revision: id.clone(), number, count });
    }

    fn file(&self, id: &RevisionId) -> Result<&Arc<ScriptFile>> {
        self.site.tree.script(id.as_str()).ok_or_else(|| Error::new(format!("no script for revision {id}")))
    }

    /// The section that was replayed.
    fn section(&self, direction: Direction, id: &RevisionId) -> Result<Section> {
        Ok(self.sql_code(id)?.section(direction).clone())
    }

    fn sql_code(&self, id: &RevisionId) -> Result<SqlCode> {
        let code = self.sql_tree.script(id.as_str()).and_then(|file| file.script.sql());
        code.cloned().ok_or_else(|| Error::new(format!("no script for revision {id}")))
    }

    /// The path of the Python script, relative to the project.
    fn source(&self, id: &RevisionId) -> String {
        self.file(id).map_or_else(|_| String::new(), |file| super::source_path(self.site.project, &file.path))
    }
}

/// The note about a script that reads the schema only.
const ABOUT_SCHEMA: &str =
    "reads the schema; its SQL is correct only for a database whose schema the scripts have created";

fn about_rows(relations: &BTreeSet<String>) -> String {
    let names = join(relations);
    format!("reads rows of {names}; the SQL refuses to run if these tables have rows")
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The same script with SQL.
pub(super) fn with_code(file: &ScriptFile, code: SqlCode) -> ScriptFile {
    let script = Script { code: ScriptCode::Sql(code), ..file.script.clone() };
    let text = script.render().unwrap_or_default().into();
    ScriptFile { path: file.path.clone(), text, script }
}
