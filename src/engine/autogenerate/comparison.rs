//! One comparison of the expected schema with the target.

use super::context::ComparisonContext;
use super::renames::RequestedRenames;
use super::script_text::{NameShortener, ScriptChanges, render_body};
use super::trial::ScriptTrial;
use super::{AutogenerateEvent, AutogenerateOutcome, Comparison, GeneratedScript, Proof};
use crate::core::diff::rename::{Candidate, candidates};
use crate::core::diff::{
    Changes, Options, adopt_equivalent_expressions, count_objects, diff_schemas, has_different_expressions,
};
use crate::core::schema::{Difference, Disagreement, Schema, Scope, differences};
use crate::engine::draft::{Draft, NewScript, ScriptBody};
use crate::engine::models::{CacheKey, Models};
use crate::engine::{Error, ErrorKind, Result};

/// The cache file kind for the models' catalog after a second load.
const RELOADED: &str = "normal";

/// The schema that the target should have.
pub struct ExpectedSchema {
    pub schema: Schema,
    /// The objects that are compared.
    pub scope: Scope,
    pub notes: Vec<String>,
    /// The cache key for the catalog after a second load.
    pub key: Option<CacheKey>,
    /// Whether the schema is SQLAlchemy's metadata, which cannot define all kinds of objects.
    pub is_metadata: bool,
}

impl From<Models> for ExpectedSchema {
    fn from(models: Models) -> Self {
        let Models { schema, notes, scope, key, is_metadata } = models;
        Self { schema, scope, notes, key: Some(key), is_metadata }
    }
}

/// What a script does, and what it leaves undone.
pub struct Remainder {
    /// What differs from the models, one object per line.
    pub lines: Vec<String>,
    /// What the upgrade must add.
    pub up: Changes,
    /// What the downgrade must add.
    pub down: Changes,
    /// What the downgrade must add at its end, because it leaves something behind.
    pub undo: Changes,
    /// What the upgrade does.
    pub done: Changes,
}

/// The state of a comparison.
pub struct ComparisonRun<'a> {
    pub context: ComparisonContext<'a>,
    expected: ExpectedSchema,
    /// What SQLAlchemy's metadata defines. `None`: the whole expected schema.
    defined: Option<Schema>,
    /// The target's objects in scope.
    before: Schema,
    /// The same with the requested renames, and with equivalent expressions written as in the expected schema.
    old: Schema,
    renames: RequestedRenames,
    options: Options,
    /// The expected schema after a second load. Read on first use.
    reloaded_new: Option<Schema>,
    is_reloaded: bool,
}

impl<'a> ComparisonRun<'a> {
    /// Reads the target. The expected schema is loaded already.
    pub async fn begin(context: ComparisonContext<'a>, mut expected: ExpectedSchema) -> Result<Self> {
        (context.report_event)(AutogenerateEvent::Read);
        let (old, options) = context.read(context.target, &expected.scope).await?;
        let defined = expected.is_metadata.then(|| expected.schema.clone());
        if expected.is_metadata {
            expected.schema.adopt_undefinable(&old);
        }
        let renames = RequestedRenames::of(&context.options.renames, &old, &expected.schema)?;
        let mut run = Self {
            context,
            expected,
            defined,
            before: old.clone(),
            old,
            renames,
            options,
            reloaded_new: None,
            is_reloaded: false,
        };
        run.context.notes.extend(run.expected.notes.iter().cloned());
        run.note_uncompared_objects();
        Ok(run)
    }

    /// Returns the changes that the target needs.
    pub async fn compare(&mut self) -> Result<Changes> {
        (self.context.report_event)(AutogenerateEvent::Compare);
        if !self.renames.is_empty() {
            self.old = self.renames.read_renamed_schema(&mut self.context, &self.expected.scope).await?;
        }
        self.equate_expressions().await?;
        Ok(diff_schemas(&self.old, &self.expected.schema, &self.options))
    }

    /// Returns possible renames.
    pub fn candidates(&self) -> Vec<Candidate> {
        candidates(&self.old, &self.expected.schema)
    }

    /// Returns the notes of the comparison, without those of the models and their scratch database.
    pub fn own_notes(&self) -> &[String] {
        self.context.notes.get(self.expected.notes.len()..).unwrap_or_default()
    }

    /// Describes the differences between the target and the expected schema. `expected_name` names the expected schema.
    pub fn difference_lines(&self, expected_name: &str) -> Vec<String> {
        describe_differences(&self.old, &self.expected.schema, expected_name)
    }

    /// Writes the differences as a script, and proves it.
    pub async fn generate(&mut self, new_script: &NewScript<'_>) -> Result<GeneratedScript> {
        let up = self.compare().await?;
        self.write(new_script, up).await
    }

    /// Like [`Self::generate`], but stops if there are possible renames.
    pub async fn generate_unless_renames(&mut self, new_script: &NewScript<'_>) -> Result<AutogenerateOutcome> {
        let changes = self.compare().await?;
        let renames = if changes.operations.is_empty() { Vec::new() } else { self.candidates() };
        if renames.is_empty() {
            return Ok(AutogenerateOutcome::Script(Box::new(self.write(new_script, changes).await?)));
        }
        Ok(AutogenerateOutcome::PossibleRenames(Comparison { changes, renames, notes: Vec::new() }))
    }

    async fn write(&mut self, new_script: &NewScript<'_>, up: Changes) -> Result<GeneratedScript> {
        let operations: Vec<_> = self.renames.up.iter().chain(&up.operations).cloned().collect();
        if operations.is_empty() {
            let proof = Proof { up: true, down: true, again: true, ..Proof::default() };
            return Ok(GeneratedScript {
                draft: new_script.draft(&ScriptBody::default())?,
                operations,
                proof,
                renames: Vec::new(),
                notes: Vec::new(),
            });
        }
        (self.context.report_event)(AutogenerateEvent::Compared {
            statements: operations.len(),
            objects: count_objects(&operations),
        });
        let down = diff_schemas(&self.expected.schema, &self.old, &self.options);
        let mut script = ScriptChanges { up, down, renames: self.renames.clone(), checks_bodies: true };
        let mut shortener = NameShortener::of(self.context.target).await?;
        let mut draft = new_script.draft(&self.body(&script, &shortener))?;
        let mut proof = self.prove(&draft).await?;
        if !proof.holds() && shortener.home.take().is_some() {
            self.context.end().await?;
            let qualified = new_script.draft(&self.body(&script, &shortener))?;
            if qualified.text != draft.text {
                draft = qualified;
                proof = self.prove(&draft).await?;
            }
        }
        if !proof.holds() && script.creates_routines() {
            script.checks_bodies = false;
            self.context.end().await?;
            let unchecked = new_script.draft(&self.body(&script, &shortener))?;
            let second = self.prove(&unchecked).await?;
            if second.holds() {
                (draft, proof) = (unchecked, second);
            }
        }
        Ok(GeneratedScript { draft, operations, renames: self.candidates(), proof, notes: Vec::new() })
    }

    fn body(&self, script: &ScriptChanges, shortener: &NameShortener) -> ScriptBody {
        render_body(script, shortener, &self.old, &[&self.before, &self.old, &self.expected.schema])
    }

    /// Runs the script on a copy of the target's schema.
    pub async fn prove(&mut self, draft: &Draft) -> Result<Proof> {
        let mut proof = Proof::default();
        if let Err(error) = self.context.replica().await {
            proof.error = Some(database_failure(error)?);
            return Ok(proof);
        }
        let after = {
            let replica = self.context.existing_replica()?;
            ScriptTrial::new(&self.context, replica.target(), draft)?.upgrade().await?
        };
        let after = match after {
            Ok(after) => after,
            Err(error) => {
                proof.error = Some(error);
                return Ok(proof);
            }
        };
        let upgraded = {
            let replica = self.context.existing_replica()?;
            self.context.read(replica.target(), &self.expected.scope).await?.0
        };
        let differs = self.differs_from_models(&upgraded).await?;
        proof.up = differs.is_empty();
        proof.difference.extend(differs.into_iter().map(|line| format!("after the upgrade, {line}")));
        let replica = self.context.existing_replica()?;
        let trial = ScriptTrial::new(&self.context, replica.target(), draft)?;
        trial.downgrade_and_upgrade(replica.start(), &after, &mut proof).await?;
        Ok(proof)
    }

    async fn differs_from_models(&mut self, after: &Schema) -> Result<Vec<String>> {
        let adjusted = self.adopt_expressions(after).await?;
        Ok(describe_differences(&adjusted, &self.expected.schema, "the models"))
    }

    /// The schema with the expressions of the models where they are equivalent.
    async fn adopt_expressions(&mut self, after: &Schema) -> Result<Schema> {
        let new = &self.expected.schema;
        let adjusted = adopt_equivalent_expressions(after, new, None, self.reloaded_new.as_ref());
        if !has_different_expressions(&adjusted, new) || self.is_reloaded {
            return Ok(adjusted);
        }
        self.reload_new().await?;
        Ok(adopt_equivalent_expressions(after, &self.expected.schema, None, self.reloaded_new.as_ref()))
    }

    /// What the copy of the target's schema lacks after an upgrade.
    pub async fn read_remainder(&mut self) -> Result<Remainder> {
        let replica = self.context.existing_replica()?;
        let (after, _) = self.context.read(replica.target(), &self.expected.scope).await?;
        let after = self.adopt_expressions(&after).await?;
        let new = &self.expected.schema;
        Ok(Remainder {
            lines: describe_differences(&after, new, "the models"),
            up: diff_schemas(&after, new, &self.options),
            down: diff_schemas(new, &after, &self.options),
            undo: Changes::default(),
            done: diff_schemas(&self.old, &after, &self.options),
        })
    }

    /// What a downgrade on the copy must still do.
    pub async fn read_leftovers(&self) -> Result<Changes> {
        let replica = self.context.existing_replica()?;
        let (now, _) = self.context.read(replica.target(), &self.expected.scope).await?;
        Ok(diff_schemas(&now, &self.before, &self.options))
    }

    /// Treats expressions as equal if PostgreSQL deparses them equally after a second load. Loads only what is
    /// necessary.
    async fn equate_expressions(&mut self) -> Result<()> {
        if !has_different_expressions(&self.old, &self.expected.schema) {
            return Ok(());
        }
        self.reload_new().await?;
        self.old = adopt_equivalent_expressions(&self.old, &self.expected.schema, None, self.reloaded_new.as_ref());
        if !has_different_expressions(&self.old, &self.expected.schema) {
            return Ok(());
        }
        let scope = &self.expected.scope;
        let reloaded_old = match self.context.replica().await.map(|replica| replica.target().clone()) {
            Ok(target) => Some(self.context.read(&target, scope).await?.0),
            Err(error) => {
                let error = database_failure(error)?;
                self.context.notes.push(format!("expressions are compared as text: {}", full_message(&error)));
                None
            }
        };
        self.old = adopt_equivalent_expressions(
            &self.old,
            &self.expected.schema,
            reloaded_old.as_ref(),
            self.reloaded_new.as_ref(),
        );
        Ok(())
    }

    async fn reload_new(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_reloaded, true) {
            return Ok(());
        }
        let ExpectedSchema { schema, scope, key, .. } = &self.expected;
        self.reloaded_new = key.as_ref().and_then(|key| key.cache_get(RELOADED));
        if self.reloaded_new.is_some() {
            return Ok(());
        }
        let schema = self.defined.as_ref().unwrap_or(schema);
        match self.context.reload(schema, scope, "the schema of the models").await {
            Ok(reloaded) => {
                // If it is not stored, it is created again next time.
                let _ = key.as_ref().map(|key| key.cache_put(RELOADED, &reloaded));
                self.reloaded_new = Some(reloaded);
            }
            Err(error) => {
                let error = database_failure(error)?;
                self.context.notes.push(format!("expressions are compared as text: {}", full_message(&error)));
            }
        }
        Ok(())
    }

    /// Adds notes about objects that only one side has and that cannot be compared.
    fn note_uncompared_objects(&mut self) {
        let (old, new) = (&self.old.unsupported, &self.expected.schema.unsupported);
        let mut notes = Vec::new();
        for object in new.iter().filter(|object| !old.contains(object)) {
            notes.push(format!(
                "{} {} exists only in the models; write its statement by hand",
                object.kind, object.identity
            ));
        }
        for object in old.iter().filter(|object| !new.contains(object)) {
            notes.push(format!("{} {} exists only in the database and is not changed", object.kind, object.identity));
        }
        self.context.notes.extend(notes);
    }
}

/// Returns the error if PostgreSQL refused a statement. A lost connection or a cancellation ends the comparison.
///
/// # Errors
/// When the error is not a refusal of PostgreSQL.
fn database_failure(error: Error) -> Result<Error> {
    match error.kind {
        ErrorKind::Failed => Ok(error),
        _ => Err(error),
    }
}

fn full_message(error: &Error) -> String {
    let causes = error.causes.iter().map(String::as_str);
    std::iter::once(error.message.as_str()).chain(causes).collect::<Vec<_>>().join(": ")
}

/// Describes the differences between two schemas, one object per line. `expected_name` names the second one.
fn describe_differences(now: &Schema, expected: &Schema, expected_name: &str) -> Vec<String> {
    differences(now, expected).iter().map(|difference| describe_difference(difference, expected_name)).collect()
}

fn describe_difference(difference: &Difference, expected_name: &str) -> String {
    let id = &difference.id;
    match &difference.disagreement {
        Disagreement::OnlyLeft => format!("{id} is not in {expected_name}"),
        Disagreement::OnlyRight => format!("{id} is missing"),
        Disagreement::Differs { attribute, left, right } => {
            format!("{id}: {attribute} is {left}, but {right} in {expected_name}")
        }
    }
}
