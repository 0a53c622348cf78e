//! What every comparison works with: the project, the target, and scratch databases that are gone afterwards.

use std::borrow::Cow;

use tokio_util::sync::CancellationToken;

use super::{CompareOptions, TellAutogenerate, Told, dump, replica, roles, unless_cancelled};
use crate::core::diff::Options;
use crate::core::schema::{Schema, Scope};
use crate::engine::catalog;
use crate::engine::connection::Programs;
use crate::engine::project::Project;
use crate::engine::scratch::Scratch;
use crate::engine::verify::shape;
use crate::engine::{Error, Result, Target};

/// A place to work at. [`Self::end`] clears it.
pub struct Bench<'a> {
    /// With the role that scripts run as.
    pub project: Cow<'a, Project>,
    pub target: &'a Target,
    pub options: &'a CompareOptions,
    pub tell: TellAutogenerate<'a>,
    pub cancel: &'a CancellationToken,
    pub notes: Vec<String>,
    replica: Option<Replica>,
}

/// A scratch copy of the target's schema.
pub struct Replica {
    pub scratch: Scratch,
    /// All that is in it.
    pub start: Schema,
}

impl<'a> Bench<'a> {
    pub fn new(
        project: &'a Project,
        target: &'a Target,
        options: &'a CompareOptions,
        tell: TellAutogenerate<'a>,
        cancel: &'a CancellationToken,
    ) -> Self {
        let project = roles::as_creator(project, target);
        Self { project, target, options, tell, cancel, notes: Vec::new(), replica: None }
    }

    /// Takes the scratch database away.
    pub async fn end(&mut self) -> Result<()> {
        match self.replica.take() {
            Some(replica) => replica.scratch.remove().await,
            None => Ok(()),
        }
    }

    /// Reads what is in scope, and gives what the statements for it need to know.
    pub async fn read(&self, target: &Target, scope: &Scope) -> Result<(Schema, Options)> {
        unless_cancelled(self.cancel, async {
            let session = target.connect("limbeck autogenerate").await?;
            let schema = catalog::read(&session, scope).await?;
            let creator = roles::creator(&self.project, target);
            Ok((schema, Options { creator, version: session.server().version_num / 10_000 }))
        })
        .await
    }

    /// The copy of the target's schema; made with the first call.
    pub async fn replica(&mut self) -> Result<&Replica> {
        if self.replica.is_none() {
            let replica = self.make_replica().await?;
            self.replica = Some(replica);
        }
        self.replica_there()
    }

    /// The copy that was made.
    pub fn replica_there(&self) -> Result<&Replica> {
        self.replica.as_ref().ok_or_else(|| Error::new("there is no copy of the database's schema"))
    }

    /// Makes the copy anew, once the one that was there is of no use.
    pub async fn renew(&mut self) -> Result<()> {
        self.end().await
    }

    async fn make_replica(&mut self) -> Result<Replica> {
        let (whole, options) = self.read(self.target, &shape::everything(&self.project)).await?;
        let what = "a copy of the database's schema";
        let dumped = match dump::program(options.version) {
            Some(programs) if !whole.unsupported.is_empty() => Some(self.dumped(&programs, &whole).await?),
            _ => None,
        };
        let scratch = match dumped {
            Some(scratch) => scratch,
            None => self.filled(&whole, what).await?,
        };
        match self.read(scratch.target(), &shape::everything(&self.project)).await {
            Ok((start, _)) => {
                self.note_what_it_lacks(&whole, &start);
                Ok(Replica { scratch, start })
            }
            Err(error) => {
                scratch.remove().await?;
                Err(error)
            }
        }
    }

    /// The copy as `pg_dump` makes it.
    async fn dumped(&mut self, programs: &Programs, whole: &Schema) -> Result<Scratch> {
        let project = &*self.project;
        let read = dump::read(programs, self.target.conninfo(), project);
        let dump = unless_cancelled(self.cancel, read).await?;
        let scratch = self.empty().await?;
        let loaded = unless_cancelled(self.cancel, dump::load(&dump, whole, &self.project, &scratch)).await;
        self.or_removed(scratch, loaded, "a copy of the database's schema").await
    }

    fn note_what_it_lacks(&mut self, whole: &Schema, start: &Schema) {
        let lost = whole.unsupported.iter().filter(|object| !start.unsupported.contains(object));
        let notes =
            lost.map(|lost| format!("the copy on which the script is proved lacks {} {}", lost.kind, lost.identity));
        let new: Vec<String> = notes.filter(|note| !self.notes.contains(note)).collect();
        self.notes.extend(new);
    }

    /// What a schema reads like once it was loaded into an empty database.
    pub async fn once_more(&mut self, schema: &Schema, scope: &Scope, what: &str) -> Result<Schema> {
        let scratch = self.filled(schema, what).await?;
        let read = self.read(scratch.target(), scope).await;
        scratch.remove().await?;
        Ok(read?.0)
    }

    /// A scratch database with a schema.
    async fn filled(&mut self, schema: &Schema, what: &str) -> Result<Scratch> {
        let scratch = self.empty().await?;
        let filled = unless_cancelled(self.cancel, replica::fill(&self.project, &scratch, schema)).await;
        self.or_removed(scratch, filled, what).await
    }

    /// An empty scratch database.
    async fn empty(&mut self) -> Result<Scratch> {
        let scratch = replica::scratch(&self.project, self.target, self.options.download).await?;
        let place = scratch.target().conninfo().describe();
        let mut notes = scratch.notes().to_vec();
        notes.retain(|note| !self.notes.contains(note));
        self.notes.extend(notes.iter().cloned());
        (self.tell)(Told::Scratch { place, notes });
        Ok(scratch)
    }

    /// The scratch database, unless what was to be made in it could not be.
    async fn or_removed(&self, scratch: Scratch, made: Result<()>, what: &str) -> Result<Scratch> {
        match made {
            Ok(()) => Ok(scratch),
            Err(error) => {
                scratch.remove().await?;
                Err(replica::failed(error, what))
            }
        }
    }
}
