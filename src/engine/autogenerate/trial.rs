//! Runs a new script up, down and up again on a replica of the target's schema.

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

/// What a replica was after the first upgrade.
pub struct After {
    pub whole: Schema,
    pub heads: Vec<RevisionId>,
}

/// A script on a replica.
pub struct ScriptTrial<'a, 'b> {
    pub bench: &'a ComparisonContext<'b>,
    pub target: &'a Target,
    tree: ScriptTree,
    id: String,
}

impl<'a, 'b> ScriptTrial<'a, 'b> {
    /// The script, as the only one of a history of its own.
    ///
    /// # Errors
    /// When it cannot be read back.
    pub fn new(bench: &'a ComparisonContext<'b>, target: &'a Target, draft: &Draft) -> Result<Self> {
        let mut script = Script::parse(&draft.text)
            .map_err(|error| Error::new("the new script cannot be read back").because(error))?;
        script.down_revisions.clear();
        script.depends_on.clear();
        let id = script.revision.to_string();
        let file = ScriptFile { path: draft.path.clone(), text: draft.text.as_str().into(), script };
        Ok(Self { bench, target, tree: ScriptTree::from_scripts(vec![Arc::new(file)], Vec::new()), id })
    }

    /// The first upgrade; an error where it does not run.
    pub async fn up(&self) -> Result<Result<After>> {
        (self.bench.tell)(AutogenerateEvent::Prove(Stage::Up));
        let path = self.tree.graph.upgrade(&self.id, &[])?;
        match self.walk(Direction::Upgrade, path).await? {
            Ok(heads) => Ok(Ok(After { whole: self.whole().await?, heads })),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Down to the start and up again; what is not as it was goes into the proof.
    pub async fn back_and_again(&self, start: &Schema, after: &After, proof: &mut Proof) -> Result<()> {
        (self.bench.tell)(AutogenerateEvent::Prove(Stage::Down));
        let path = self.tree.graph.downgrade("base", &after.heads)?;
        if let Err(error) = self.walk(Direction::Downgrade, path).await? {
            proof.error = Some(error);
            return Ok(());
        }
        let left = describe_changes(&self.whole().await?, start);
        proof.down = left.is_empty();
        proof.difference.extend(left.iter().map(|line| format!("after the downgrade, {line}")));
        (self.bench.tell)(AutogenerateEvent::Prove(Stage::Again));
        let path = self.tree.graph.upgrade(&self.id, &[])?;
        if let Err(error) = self.walk(Direction::Upgrade, path).await? {
            // What a downgrade leaves behind stands in the way, most of the time: one fault, not two.
            proof.error = proof.down.then_some(error);
            return Ok(());
        }
        let twice = describe_changes(&self.whole().await?, &after.whole);
        proof.again = twice.is_empty();
        proof.difference.extend(twice.iter().map(|line| format!("after the second upgrade, {line}")));
        Ok(())
    }

    async fn walk(&self, direction: Direction, path: Path) -> Result<Result<Vec<RevisionId>>> {
        let progress = |progress| (self.bench.tell)(AutogenerateEvent::Progress(progress));
        let walker = ScratchRunner {
            project: &self.bench.project,
            tree: &self.tree,
            target: self.target,
            progress: &progress,
            cancel: self.bench.cancel,
        };
        match walker.walk(direction, &self.id, path).await {
            Ok(heads) => Ok(Ok(heads)),
            Err(error) => Ok(Err(script_failure(error)?)),
        }
    }

    async fn whole(&self) -> Result<Schema> {
        let scope = full_scope(&self.bench.project);
        Ok(self.bench.read(self.target, &scope).await?.0)
    }
}
