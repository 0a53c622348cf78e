//! One comparison from its beginning to its end.

use super::bench::Bench;
use super::prove::Trial;
use super::renames::Renames;
use super::text::{Names, Ways, body};
use super::{Comparison, Found, Generated, Proof, Told};
use crate::core::diff::rename::{Candidate, candidates};
use crate::core::diff::{
    Changes, Options, adopt_equivalent_expressions, count_objects, diff_schemas, has_different_expressions,
};
use crate::core::schema::{Difference, Disagreement, Schema, Scope, differences};
use crate::engine::draft::{Body, Draft, Place};
use crate::engine::models::{Key, Models};
use crate::engine::{Error, ErrorKind, Result};

/// The kind under which the models' catalog is kept as it is after a further load.
const NORMAL: &str = "normal";

/// The schema that the target should have.
pub struct Wanted {
    pub schema: Schema,
    /// What is compared.
    pub scope: Scope,
    pub notes: Vec<String>,
    /// Where to keep what the schema reads like once it was loaded once more.
    pub key: Option<Key>,
}

impl From<Models> for Wanted {
    fn from(models: Models) -> Self {
        let Models { schema, notes, scope, key } = models;
        Self { schema, scope, notes, key: Some(key) }
    }
}

/// The target's schema beside the one that it should have.
pub struct Work<'a> {
    pub bench: Bench<'a>,
    wanted: Wanted,
    /// What the target has in scope.
    before: Schema,
    /// The same with the renames that were asked for, and with expressions that mean the same written alike.
    old: Schema,
    renames: Renames,
    options: Options,
    /// What the models read like once they were loaded once more; asked for when it is needed.
    normal_new: Option<Schema>,
    asked: bool,
}

impl<'a> Work<'a> {
    /// Reads the target beside models that are loaded.
    pub async fn begin(bench: Bench<'a>, wanted: Wanted) -> Result<Self> {
        (bench.tell)(Told::Read);
        let (old, options) = bench.read(bench.target, &wanted.scope).await?;
        let renames = Renames::of(&bench.options.renames, &old, &wanted.schema)?;
        let mut work =
            Self { bench, wanted, before: old.clone(), old, renames, options, normal_new: None, asked: false };
        work.bench.notes.extend(work.wanted.notes.iter().cloned());
        work.note_what_is_not_compared();
        Ok(work)
    }

    /// What has to be done to the target.
    pub async fn compare(&mut self) -> Result<Changes> {
        (self.bench.tell)(Told::Compare);
        if !self.renames.is_empty() {
            self.old = self.renames.carried_out(&mut self.bench, &self.wanted.scope).await?;
        }
        self.settle().await?;
        Ok(diff_schemas(&self.old, &self.wanted.schema, &self.options))
    }

    /// What may be renames, of what the target has and the models have.
    pub fn candidates(&self) -> Vec<Candidate> {
        candidates(&self.old, &self.wanted.schema)
    }

    /// What the comparison itself has to say, not the models or their scratch database.
    pub fn own_notes(&self) -> &[String] {
        self.bench.notes.get(self.wanted.notes.len()..).unwrap_or_default()
    }

    /// What the target has and the models do not, or otherwise, in words.
    pub fn lines(&self, whose: &str) -> Vec<String> {
        lines(&self.old, &self.wanted.schema, whose)
    }

    /// The difference as a script, proved.
    pub async fn generate(&mut self, place: &Place<'_>) -> Result<Generated> {
        let up = self.compare().await?;
        self.write(place, up).await
    }

    /// The same, unless there may be renames.
    pub async fn find(&mut self, place: &Place<'_>) -> Result<Found> {
        let changes = self.compare().await?;
        let renames = if changes.operations.is_empty() { Vec::new() } else { self.candidates() };
        if renames.is_empty() {
            return Ok(Found::Script(Box::new(self.write(place, changes).await?)));
        }
        Ok(Found::Renames(Comparison { changes, renames, notes: Vec::new() }))
    }

    async fn write(&mut self, place: &Place<'_>, up: Changes) -> Result<Generated> {
        let operations: Vec<_> = self.renames.up.iter().chain(&up.operations).cloned().collect();
        if operations.is_empty() {
            let proof = Proof { up: true, down: true, again: true, ..Proof::default() };
            return Ok(Generated {
                draft: place.draft(&Body::default())?,
                operations,
                proof,
                renames: Vec::new(),
                notes: Vec::new(),
            });
        }
        (self.bench.tell)(Told::Compared { statements: operations.len(), objects: count_objects(&operations) });
        let down = diff_schemas(&self.wanted.schema, &self.old, &self.options);
        let ways = Ways { up, down, renames: self.renames.clone() };
        let mut names = Names::of(&self.bench.project, self.bench.target).await?;
        let mut draft = place.draft(&self.body(&ways, &names))?;
        let mut proof = self.prove(&draft).await?;
        if !proof.holds() && names.home.take().is_some() {
            self.bench.renew().await?;
            let full = place.draft(&self.body(&ways, &names))?;
            if full.text != draft.text {
                draft = full;
                proof = self.prove(&draft).await?;
            }
        }
        Ok(Generated { draft, operations, renames: self.candidates(), proof, notes: Vec::new() })
    }

    fn body(&self, ways: &Ways, names: &Names) -> Body {
        body(ways, names, &self.old, &[&self.before, &self.old, &self.wanted.schema])
    }

    /// Runs the script on a copy of the target's schema.
    pub async fn prove(&mut self, draft: &Draft) -> Result<Proof> {
        let mut proof = Proof::default();
        if let Err(error) = self.bench.replica().await {
            proof.error = Some(finding(error)?);
            return Ok(proof);
        }
        let after = {
            let replica = self.bench.replica_there()?;
            Trial::new(&self.bench, &replica.scratch, draft)?.up().await?
        };
        let after = match after {
            Ok(after) => after,
            Err(error) => {
                proof.error = Some(error);
                return Ok(proof);
            }
        };
        let scoped = {
            let replica = self.bench.replica_there()?;
            self.bench.read(replica.scratch.target(), &self.wanted.scope).await?.0
        };
        let differs = self.differs_from_models(&scoped).await?;
        proof.up = differs.is_empty();
        proof.difference.extend(differs.into_iter().map(|line| format!("after the upgrade, {line}")));
        let replica = self.bench.replica_there()?;
        let trial = Trial::new(&self.bench, &replica.scratch, draft)?;
        trial.back_and_again(&replica.start, &after, &mut proof).await?;
        Ok(proof)
    }

    async fn differs_from_models(&mut self, after: &Schema) -> Result<Vec<String>> {
        let new = &self.wanted.schema;
        let settled = adopt_equivalent_expressions(after, new, None, self.normal_new.as_ref());
        if !has_different_expressions(&settled, new) || self.asked {
            return Ok(lines(&settled, new, "the models"));
        }
        self.ask_normal_new().await?;
        let new = &self.wanted.schema;
        Ok(lines(&adopt_equivalent_expressions(after, new, None, self.normal_new.as_ref()), new, "the models"))
    }

    /// Takes expressions for equal that deparse alike after one further load. As little is loaded as will do.
    async fn settle(&mut self) -> Result<()> {
        if !has_different_expressions(&self.old, &self.wanted.schema) {
            return Ok(());
        }
        self.ask_normal_new().await?;
        self.old = adopt_equivalent_expressions(&self.old, &self.wanted.schema, None, self.normal_new.as_ref());
        if !has_different_expressions(&self.old, &self.wanted.schema) {
            return Ok(());
        }
        let scope = &self.wanted.scope;
        let normal_old = match self.bench.replica().await.map(|replica| replica.scratch.target().clone()) {
            Ok(target) => Some(self.bench.read(&target, scope).await?.0),
            Err(error) => {
                let why = finding(error)?;
                self.bench.notes.push(format!("expressions are compared as they are written: {}", told(&why)));
                None
            }
        };
        self.old =
            adopt_equivalent_expressions(&self.old, &self.wanted.schema, normal_old.as_ref(), self.normal_new.as_ref());
        Ok(())
    }

    async fn ask_normal_new(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.asked, true) {
            return Ok(());
        }
        let Wanted { schema, scope, key, .. } = &self.wanted;
        self.normal_new = key.as_ref().and_then(|key| key.cache_get(NORMAL));
        if self.normal_new.is_some() {
            return Ok(());
        }
        match self.bench.once_more(schema, scope, "what the models make").await {
            Ok(normal) => {
                // Not kept, it is made again the next time.
                let _ = key.as_ref().map(|key| key.cache_put(NORMAL, &normal));
                self.normal_new = Some(normal);
            }
            Err(error) => {
                let why = finding(error)?;
                self.bench.notes.push(format!("expressions are compared as they are written: {}", told(&why)));
            }
        }
        Ok(())
    }

    /// What one side has and cannot be compared is said.
    fn note_what_is_not_compared(&mut self) {
        let (old, new) = (&self.old.unsupported, &self.wanted.schema.unsupported);
        let mut notes = Vec::new();
        for object in new.iter().filter(|object| !old.contains(object)) {
            notes.push(format!("{} {} is in the models only; write it by hand", object.kind, object.identity));
        }
        for object in old.iter().filter(|object| !new.contains(object)) {
            notes.push(format!("{} {} is in the database only, and is left alone", object.kind, object.identity));
        }
        self.bench.notes.extend(notes);
    }
}

/// A refusal of PostgreSQL is a finding; that the server is gone, or somebody cancelled, ends everything.
fn finding(error: Error) -> Result<Error> {
    match error.kind {
        ErrorKind::Failed => Ok(error),
        _ => Err(error),
    }
}

fn told(error: &Error) -> String {
    let causes = error.causes.iter().map(String::as_str);
    std::iter::once(error.message.as_str()).chain(causes).collect::<Vec<_>>().join(": ")
}

/// Where two schemas differ, an object a line; `whose` is what the second is called.
pub fn lines(now: &Schema, wanted: &Schema, whose: &str) -> Vec<String> {
    differences(now, wanted).iter().map(|difference| line(difference, whose)).collect()
}

fn line(difference: &Difference, whose: &str) -> String {
    let id = &difference.id;
    match &difference.disagreement {
        Disagreement::OnlyLeft => format!("{id} is not in {whose}"),
        Disagreement::OnlyRight => format!("{id} is missing"),
        Disagreement::Differs { attribute, left, right } => {
            format!("{id}: {attribute} is {left}, in {whose} {right}")
        }
    }
}
