//! Runs a new script up, down and up again on a scratch copy of the target's schema.

use std::sync::Arc;

use super::context::ComparisonContext;
use super::{AutogenerateEvent, Proof, Stage};
use crate::core::graph::{Direction, Path, RevisionId};
use crate::core::schema::Schema;
use crate::core::script::Script;
use crate::engine::draft::Draft;
use crate::engine::project::{ScriptFile, ScriptTree};
use crate::engine::scratch::full_scope;
use crate::engine::verify::{ScratchRunner, describe_changes, script_failure};
use crate::engine::{Error, Result, Target};

/// The state of the copy after the first upgrade.
pub struct UpgradedState {
    pub schema: Schema,
    pub heads: Vec<RevisionId>,
}

/// A script on a scratch copy.
pub struct ScriptTrial<'a, 'b> {
    pub context: &'a ComparisonContext<'b>,
    pub target: &'a Target,
    tree: ScriptTree,
    id: String,
}

impl<'a, 'b> ScriptTrial<'a, 'b> {
    /// Reads the script as the only revision of its own history.
    ///
    /// # Errors
    /// When the script cannot be parsed.
    pub fn new(context: &'a ComparisonContext<'b>, target: &'a Target, draft: &Draft) -> Result<Self> {
        let mut script =
            Script::parse(&draft.text).map_err(|error| Error::new("the new script cannot be parsed").because(error))?;
        script.down_revisions.clear();
        script.depends_on.clear();
        let id = script.revision.to_string();
        let file = ScriptFile { path: draft.path.clone(), text: draft.text.as_str().into(), script };
        Ok(Self { context, target, tree: ScriptTree::from_scripts(vec![Arc::new(file)], Vec::new()), id })
    }

    /// Runs the first upgrade. The inner result is the failure of the script.
    pub async fn upgrade(&self) -> Result<Result<UpgradedState>> {
        (self.context.report_event)(AutogenerateEvent::Prove(Stage::Up));
        let path = self.tree.graph.upgrade(&self.id, &[])?;
        match self.run_path(Direction::Upgrade, path).await? {
            Ok(heads) => Ok(Ok(UpgradedState { schema: self.read_schema().await?, heads })),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Runs the downgrade and the second upgrade. Adds differences and failures to the proof.
    pub async fn downgrade_and_upgrade(&self, start: &Schema, after: &UpgradedState, proof: &mut Proof) -> Result<()> {
        (self.context.report_event)(AutogenerateEvent::Prove(Stage::Down));
        let path = self.tree.graph.downgrade("base", &after.heads)?;
        if let Err(error) = self.run_path(Direction::Downgrade, path).await? {
            proof.error = Some(error);
            return Ok(());
        }
        let remaining = describe_changes(&self.read_schema().await?, start);
        proof.down = remaining.is_empty();
        proof.difference.extend(remaining.iter().map(|line| format!("after the downgrade, {line}")));
        (self.context.report_event)(AutogenerateEvent::Prove(Stage::Again));
        let path = self.tree.graph.upgrade(&self.id, &[])?;
        if let Err(error) = self.run_path(Direction::Upgrade, path).await? {
            // If the downgrade left something behind, that is usually why the second upgrade fails. Report one fault,
            // not two.
            proof.error = proof.down.then_some(error);
            return Ok(());
        }
        let second = describe_changes(&self.read_schema().await?, &after.schema);
        proof.again = second.is_empty();
        proof.difference.extend(second.iter().map(|line| format!("after the second upgrade, {line}")));
        Ok(())
    }

    async fn run_path(&self, direction: Direction, path: Path) -> Result<Result<Vec<RevisionId>>> {
        let progress = |progress| (self.context.report_event)(AutogenerateEvent::Progress(progress));
        let runner = ScratchRunner {
            project: &self.context.project,
            tree: &self.tree,
            target: self.target,
            unsaved: &[],
            progress: &progress,
            cancel: self.context.cancel,
        };
        match runner.run_path(direction, &self.id, path).await {
            Ok(heads) => Ok(Ok(heads)),
            Err(error) => Ok(Err(script_failure(error)?)),
        }
    }

    async fn read_schema(&self) -> Result<Schema> {
        let scope = full_scope(&self.context.project);
        Ok(self.context.read(self.target, &scope).await?.0)
    }
}
