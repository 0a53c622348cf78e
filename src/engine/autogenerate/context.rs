//! The project, the target and the scratch databases of a comparison.

use std::borrow::Cow;

use tokio_util::sync::CancellationToken;

use super::{AutogenerateEvent, AutogenerateReporter, CompareOptions};
use crate::core::diff::Options;
use crate::core::schema::{Schema, Scope};
use crate::engine::cancel::unless_cancelled;
use crate::engine::project::Project;
use crate::engine::scratch::{Replica, ScratchDatabase, ScratchOptions, read_schema, reload_schema, with_creator_role};
use crate::engine::{Error, Result, Target};

/// The inputs of a comparison. [`Self::end`] drops its scratch database.
pub struct ComparisonContext<'a> {
    /// With the role that runs scripts as `[apply] role`.
    pub project: Cow<'a, Project>,
    pub target: &'a Target,
    pub options: &'a CompareOptions,
    pub report_event: AutogenerateReporter<'a>,
    pub cancel: &'a CancellationToken,
    pub notes: Vec<String>,
    replica: Option<Replica>,
}

impl<'a> ComparisonContext<'a> {
    pub fn new(
        project: &'a Project,
        target: &'a Target,
        options: &'a CompareOptions,
        report_event: AutogenerateReporter<'a>,
        cancel: &'a CancellationToken,
    ) -> Self {
        let project = with_creator_role(project, target);
        Self { project, target, options, report_event, cancel, notes: Vec::new(), replica: None }
    }

    /// Drops the scratch database.
    pub async fn end(&mut self) -> Result<()> {
        match self.replica.take() {
            Some(replica) => replica.remove().await,
            None => Ok(()),
        }
    }

    /// Reads the objects in scope, and returns them with the options to write statements for this database.
    pub async fn read(&self, target: &Target, scope: &Scope) -> Result<(Schema, Options)> {
        unless_cancelled(self.cancel, read_schema(&self.project, target, scope)).await
    }

    /// Returns the scratch copy of the target's schema. The first call makes it.
    pub async fn replica(&mut self) -> Result<&Replica> {
        if self.replica.is_none() {
            let mut report = report_scratch(self.report_event, &mut self.notes);
            let replica =
                Replica::make(&self.project, self.target, self.options.into(), &mut report, self.cancel).await?;
            drop(report);
            let lacks = |object: &String| format!("the copy on which the script is proved lacks {object}");
            add_new(&mut self.notes, replica.missing().iter().map(lacks));
            self.replica = Some(replica);
        }
        self.existing_replica()
    }

    /// Returns the copy that [`Self::replica`] made.
    pub fn existing_replica(&self) -> Result<&Replica> {
        self.replica.as_ref().ok_or_else(|| Error::new("there is no copy of the database's schema"))
    }

    /// Loads a schema into an empty scratch database and reads it back. `subject` names it in errors.
    pub async fn reload(&mut self, schema: &Schema, scope: &Scope, subject: &str) -> Result<Schema> {
        let mut report = report_scratch(self.report_event, &mut self.notes);
        let schema = (schema, scope, subject);
        reload_schema(schema, &self.project, self.target, self.options.into(), &mut report, self.cancel).await
    }
}

impl From<&CompareOptions> for ScratchOptions {
    fn from(options: &CompareOptions) -> Self {
        Self { download: options.download }
    }
}

/// Reports each scratch database, with those of its notes that are not in `known` yet, and adds them to `known`.
fn report_scratch<'a>(
    report_event: AutogenerateReporter<'a>,
    known: &'a mut Vec<String>,
) -> impl FnMut(&ScratchDatabase) + Send + 'a {
    move |scratch| {
        let notes = add_new(known, scratch.notes().iter().cloned());
        report_event(AutogenerateEvent::Scratch { place: scratch.target().conninfo().describe(), notes });
    }
}

/// Adds the notes that are not in `known` yet, and returns them.
fn add_new(known: &mut Vec<String>, notes: impl Iterator<Item = String>) -> Vec<String> {
    let new: Vec<String> = notes.filter(|note| !known.contains(note)).collect();
    known.extend(new.iter().cloned());
    new
}
