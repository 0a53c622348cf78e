//! Autogenerate in an Alembic project: the project's own Alembic writes the script, and limbeck proves it.

use std::sync::Arc;

use super::comparison::{ComparisonRun, Remainder};
use super::{AutogenerateEvent, GeneratedScript, Proof, Stage};
use crate::core::alembic::{MissingStatements, add_statements, parse_text};
use crate::core::diff::rename::Candidate;
use crate::core::diff::{Changes, count_objects};
use crate::core::graph::{Direction, Path, PathStep, RevisionId};
use crate::core::plan::{RecordedStep, TransactionMode};
use crate::core::schema::Schema;
use crate::core::script::{Language, Script};
use crate::engine::draft::{Draft, NewRevision, NewScript, ScriptBody};
use crate::engine::prepare::{PlanRequest, build_plan};
use crate::engine::project::{ScriptFile, ScriptTree};
use crate::engine::recording::{record_unsaved, write_heads, write_on};
use crate::engine::scratch::full_scope;
use crate::engine::script_process::{ProcessGuard, RevisionOptions, UnsavedScript};
use crate::engine::state::VersionTable;
use crate::engine::verify::describe_changes;
use crate::engine::{Error, ErrorKind, Result};

/// Refuses requested renames, because Alembic writes the script.
///
/// # Errors
/// Of kind `Usage` when there are some.
pub fn refuse_renames(renames: &[String]) -> Result<()> {
    if renames.is_empty() {
        return Ok(());
    }
    Err(Error::of(ErrorKind::Usage, "--rename does not apply to Python scripts: Alembic writes the script")
        .hint("write the rename in the script: op.alter_column(…, new_column_name=…) or op.rename_table(…)"))
}

/// Lets Alembic write the script, and proves it.
///
/// # Errors
/// When Alembic or `env.py` fails, the scratch copy cannot be made, or it was cancelled.
pub async fn generate(
    run: &mut ComparisonRun<'_>,
    tree: &ScriptTree,
    new_script: &NewScript<'_>,
    new: &NewRevision,
) -> Result<GeneratedScript> {
    let changes = run.compare().await?;
    let renames = run.candidates();
    (run.context.report_event)(AutogenerateEvent::Compared {
        statements: changes.operations.len(),
        objects: count_objects(&changes.operations),
    });
    let mut trial = PythonTrial::begin(run, tree).await?;
    let mut draft = match trial.write(new_script, new).await? {
        Some(draft) => draft,
        None => no_script(new_script)?,
    };
    let (mut proof, mut remainder) = trial.prove(&draft).await?;
    let mut notes = Vec::new();
    if let Some(missing) = remainder.as_ref().filter(|_| trial.run.context.options.complete)
        && let Some(completed) = complete(&draft, new_script, missing)?
    {
        trial.renew().await?;
        let (second, rest) = trial.prove(&completed).await?;
        // A script that Alembic wrote and that is proved is better than a completed one that is not.
        if second.holds() || !proof.holds() {
            let remains = |line: &&String| !second.missing.contains(line) && !second.difference.contains(line);
            let added = proof.missing.iter().chain(&proof.difference).filter(remains);
            notes = added.map(|line| format!("{line}; limbeck added it")).collect();
            (draft, proof, remainder) = (completed, second, rest);
        }
    }
    let operations = remainder.map(|remainder| remainder.done.operations).unwrap_or_default();
    proof.missing.extend(renames.iter().map(describe_rename));
    Ok(GeneratedScript { draft, operations, renames: Vec::new(), proof, notes })
}

/// Proves a script that was edited.
///
/// # Errors
/// As [`generate`].
pub async fn prove(run: &mut ComparisonRun<'_>, draft: &Draft) -> Result<Proof> {
    let tree = run.context.project.read_scripts();
    let mut trial = PythonTrial::begin(run, &tree).await?;
    Ok(trial.prove(draft).await?.0)
}

/// Adds what Alembic did not write. `None` if nothing can be added.
fn complete(draft: &Draft, new_script: &NewScript<'_>, remainder: &Remainder) -> Result<Option<Draft>> {
    if remainder.up.operations.is_empty() && remainder.undo.operations.is_empty() {
        return Ok(None);
    }
    let draft = if draft.text.is_empty() { new_script.draft(&ScriptBody::default())? } else { draft.clone() };
    let script = read_script(&draft.text)?;
    let missing = MissingStatements {
        up: statements(&remainder.up),
        down: statements(&remainder.down),
        undo: statements(&remainder.undo),
        committed_first: remainder.up.split().0.len(),
    };
    let text = script.python().and_then(|code| add_statements(&draft.text, code, &missing));
    Ok(text.map(|text| Draft { text, ..draft }))
}

fn statements(changes: &Changes) -> Vec<&str> {
    changes.operations.iter().map(|operation| operation.sql.as_str()).collect()
}

/// `env.py` told Alembic to write nothing.
fn no_script(new_script: &NewScript<'_>) -> Result<Draft> {
    Ok(Draft { text: String::new(), ..new_script.draft(&ScriptBody::default())? })
}

fn describe_rename(Candidate { spec, reasons, .. }: &Candidate) -> String {
    let (old, new) = spec.split_once('=').unwrap_or((spec, ""));
    format!(
        "possible rename {old} → {new} ({}): Alembic writes a drop and a new object, which loses the data; to rename, \
         edit the script",
        reasons.join(", ")
    )
}

/// A copy of the target's schema on which Alembic runs.
struct PythonTrial<'a, 'b> {
    run: &'a mut ComparisonRun<'b>,
    tree: &'a ScriptTree,
    process: ProcessGuard,
    /// The heads of the target.
    heads: Vec<RevisionId>,
}

impl<'a, 'b> PythonTrial<'a, 'b> {
    /// Makes the copy with the target's heads, and starts Python, which reads the models again.
    async fn begin(run: &'a mut ComparisonRun<'b>, tree: &'a ScriptTree) -> Result<Self> {
        let project = run.context.project.clone();
        let table = VersionTable::new(&project.config.database.version_table);
        let session = run.context.target.connect("limbeck autogenerate").await?;
        let heads = table.heads(session.client()).await?;
        drop(session);
        let process = run.context.target.scripts().restart(&project).await?;
        let mut trial = Self { run, tree, process, heads };
        trial.prepare().await?;
        Ok(trial)
    }

    /// Lets Alembic write the script. `None`: `env.py` wants none.
    async fn write(&mut self, new_script: &NewScript<'_>, new: &NewRevision) -> Result<Option<Draft>> {
        let context = &self.run.context;
        let scratch = context.existing_replica()?.target();
        let options = options(new_script, new);
        let written = write_on(&context.project, scratch, self.process.process()?, options, context.cancel).await?;
        match <[UnsavedScript; 1]>::try_from(written) {
            Ok([script]) => read_draft(script).map(Some),
            Err(none) if none.is_empty() => Ok(None),
            Err(several) => Err(Error::new(format!("Alembic wrote {} scripts", several.len()))
                .because("process_revision_directives in env.py made several; limbeck can prove one at a time")
                .hint("run `alembic revision --autogenerate`, and prove the scripts with `limbeck verify`")),
        }
    }

    /// Runs the script up, down and up again. Also returns what it does, if the upgrade ran.
    async fn prove(&mut self, draft: &Draft) -> Result<(Proof, Option<Remainder>)> {
        let mut proof = Proof::default();
        if draft.text.is_empty() {
            let remainder = self.run.read_remainder().await?;
            proof.missing = describe_missing(&remainder);
            (proof.up, proof.down, proof.again) = (true, true, true);
            return Ok((proof, Some(remainder)));
        }
        let recorded = match self.run_step(draft, Direction::Upgrade, Stage::Up).await? {
            Ok(recorded) => recorded,
            Err(error) => return Ok((Proof { error: Some(error), ..proof }, None)),
        };
        proof.recorded = Some(recorded);
        proof.up = true;
        let after = self.read_schema().await?;
        let mut remainder = self.run.read_remainder().await?;
        proof.missing = describe_missing(&remainder);
        self.run_down_and_up(draft, &after, &mut proof, &mut remainder).await?;
        // A downgrade that fails cannot be completed.
        let is_usable = proof.error.is_none();
        Ok((proof, Some(remainder).filter(|_| is_usable)))
    }

    async fn run_down_and_up(
        &mut self,
        draft: &Draft,
        after: &Schema,
        proof: &mut Proof,
        remainder: &mut Remainder,
    ) -> Result<()> {
        if let Err(error) = self.run_step(draft, Direction::Downgrade, Stage::Down).await? {
            proof.error = Some(error);
            return Ok(());
        }
        let remaining = describe_changes(&self.read_schema().await?, self.run.context.existing_replica()?.start());
        proof.down = remaining.is_empty();
        proof.difference.extend(remaining.iter().map(|line| format!("after the downgrade, {line}")));
        if !proof.down {
            remainder.undo = self.run.read_leftovers().await?;
        }
        if let Err(error) = self.run_step(draft, Direction::Upgrade, Stage::Again).await? {
            // If the downgrade left something behind, that is usually why the second upgrade fails.
            proof.error = proof.down.then_some(error);
            return Ok(());
        }
        let second = describe_changes(&self.read_schema().await?, after);
        proof.again = second.is_empty();
        proof.difference.extend(second.iter().map(|line| format!("after the second upgrade, {line}")));
        Ok(())
    }

    /// Makes a new copy, after a proof.
    async fn renew(&mut self) -> Result<()> {
        self.run.context.end().await?;
        self.prepare().await
    }

    /// Writes the heads to the copy.
    async fn prepare(&mut self) -> Result<()> {
        let context = &mut self.run.context;
        let table = VersionTable::new(&context.project.config.database.version_table);
        let scratch = context.replica().await?.target().connect("limbeck autogenerate").await?;
        write_heads(&scratch, &table, &self.heads).await
    }

    /// Runs the script in one direction. The inner result is the failure of the script.
    async fn run_step(&mut self, draft: &Draft, direction: Direction, stage: Stage) -> Result<Result<RecordedStep>> {
        let context = &self.run.context;
        (context.report_event)(AutogenerateEvent::Prove(stage));
        let tree = self.tree.with(vec![Arc::new(read_file(draft)?)]);
        let scratch = context.existing_replica()?.target();
        let path = self.path(&tree, draft, direction)?;
        let id = draft.revision.to_string();
        let request = PlanRequest {
            direction: direction.into(),
            target: id,
            only_branch: false,
            mode: Some(TransactionMode::Each),
        };
        let plan = build_plan(&context.project, &tree, scratch, &request, path)?;
        let script = UnsavedScript { path: draft.path.clone(), text: draft.text.clone() };
        let process = self.process.process()?;
        let recorded = record_unsaved(&context.project, scratch, &plan, process, &script, context.cancel).await;
        if context.cancel.is_cancelled() {
            return Err(Error::of(ErrorKind::Interrupted, "cancelled; the scratch database is dropped"));
        }
        let step = match recorded {
            Ok(mut steps) => steps.pop().unwrap_or_default(),
            Err(error) if error.kind == ErrorKind::Failed => return Ok(Err(error)),
            Err(error) => return Err(error),
        };
        Ok(match &step.failure {
            Some(failure) => Err(script_error(failure, draft)),
            None => Ok(step),
        })
    }

    fn path(&self, tree: &ScriptTree, draft: &Draft, direction: Direction) -> Result<Path> {
        let up = tree.graph.upgrade(draft.revision.as_str(), &self.heads)?;
        if direction == Direction::Upgrade {
            return Ok(up);
        }
        let back = |step: PathStep| PathStep {
            direction,
            shown_from: step.shown_to,
            shown_to: step.shown_from,
            changes: Vec::new(),
            heads_after: up.from.clone(),
            ..step
        };
        let steps = up.steps.into_iter().rev().take(1).map(back).collect();
        Ok(Path { from: up.to, to: up.from.clone(), steps })
    }

    async fn read_schema(&self) -> Result<Schema> {
        let context = &self.run.context;
        Ok(context.read(context.existing_replica()?.target(), &full_scope(&context.project)).await?.0)
    }
}

fn describe_missing(remainder: &Remainder) -> Vec<String> {
    remainder.lines.iter().map(|line| format!("Alembic did not write: {line}")).collect()
}

/// The error of a script, with its line.
fn script_error(failure: &str, draft: &Draft) -> Error {
    let place = format!("{}:", crate::engine::passage::display_path(&draft.path));
    let placed = failure.strip_prefix(&place).and_then(|rest| rest.split_once(": "));
    match placed.and_then(|(line, message)| Some((line.parse().ok()?, message))) {
        Some((line, message)) => Error { line: Some(line), ..Error::new(message) },
        None => Error::new(failure),
    }
}

fn options(new_script: &NewScript<'_>, new: &NewRevision) -> RevisionOptions {
    let given = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    RevisionOptions {
        message: Some(new.message.clone()).filter(|message| !message.is_empty()),
        head: given(&new.heads).unwrap_or_else(|| vec!["head".to_owned()]),
        splice: new.splice,
        branch_label: given(&new.branch_labels),
        version_path: new.version_path.as_ref().map(|_| new_script.folder().to_owned()),
        rev_id: new.id.clone(),
        depends_on: given(&new.depends_on),
    }
}

fn read_draft(UnsavedScript { path, text }: UnsavedScript) -> Result<Draft> {
    Ok(Draft { revision: read_script(&text)?.revision, path, text, notes: Vec::new() })
}

fn read_file(draft: &Draft) -> Result<ScriptFile> {
    let script = read_script(&draft.text)?;
    Ok(ScriptFile { path: draft.path.clone(), text: draft.text.as_str().into(), script })
}

/// Reads the identifiers of the script.
fn read_script(text: &str) -> Result<Script> {
    parse_text(Language::Python, text)
        .map_err(|error| Error { line: error.line, ..Error::new(error.message.clone()) })
        .and_then(|script| script.ok_or_else(|| Error::new("its identifiers come from another module")))
        .map_err(|error| Error {
            line: error.line,
            ..Error::new("the new script cannot be read").because(error.message)
        })
}
