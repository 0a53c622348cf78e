//! Follows names through the statements of a plan. They run on a scratch copy of the target's schema, and before each one
//! is looked up which object of the target it is about, if any, and what goes along with it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio_postgres::types::Oid;
use tokio_postgres::{Client, Error};
use tokio_util::sync::CancellationToken;

use super::along::{along, cascades};
use super::bodies::{self, Names};
use super::earlier::{Earlier, mentions_any};
use super::measure::plainly;
use super::references::passed_on;
use super::{Site, table_of};
use crate::core::hazard::{Class, Hazard, Origin, Subject};
use crate::core::plan::{Plan, PlannedStatement, Step};
use crate::core::sql::{cluster_wide, lasting};
use crate::engine::apply::rehearse::lasting::names;
use crate::engine::apply::settings;
use crate::engine::scratch::{Replica, ScratchOptions, with_creator_role};

/// How long making the copy and following the statements may take together: somebody waits for the plan.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether words alone do not tell what is lost: an earlier statement may make, rename or replace what a later one
/// destroys, or add to what goes along with it.
pub(super) fn is_wanted(plan: &Plan) -> bool {
    let mut earlier = Earlier::default();
    for statement in plan.steps.iter().flat_map(|step| &step.statements) {
        let mut lost = statement.hazards.iter().filter(|hazard| hazard.class == Class::DataLoss);
        let in_doubt =
            |hazard: &Hazard| hazard.evidence.is_none() && earlier.leads_elsewhere(&plainly(&hazard.subject, true));
        if lost.any(in_doubt) || (cascades(&statement.sql) && earlier.adds_to(&statement.sql)) {
            return true;
        }
        earlier.add(&statement.sql);
    }
    false
}

/// Puts origins on hazards, and adds those of what goes along. Gives how many statements, from the first, were
/// followed: what a scratch database cannot run ends it, and all that comes later is told from words.
pub(super) async fn follow(site: Site<'_>, plan: &mut Plan) -> usize {
    let (options, cancel) = (ScratchOptions::default(), CancellationToken::new());
    let project = with_creator_role(site.project, site.target);
    let settings = settings(&project.config.apply);
    let mut followed = 0;
    let mut replica = None;
    let work = async {
        let made = Replica::make(&project, site.target, options, &mut |_| {}, &cancel).await;
        if let Ok(made) = made
            && let Ok(session) = replica.insert(made).target().connect("limbeck plan").await
            && let Ok(before) = Before::read(session.client()).await
        {
            let mut walk = Walk { client: session.client(), before, settings };
            // What was followed until it ended is known all the same.
            let _ = walk.plan(plan, &mut followed).await;
        }
    };
    let _ = tokio::time::timeout(PATIENCE, work).await;
    // The next run drops a scratch database that this one could not drop.
    if let Some(replica) = replica {
        let _ = replica.remove().await;
    }
    followed
}

/// The target's objects before the plan, as its copy has them.
struct Before {
    relations: BTreeMap<Oid, (String, String)>,
    /// What the names of the plan stand for.
    names: BTreeMap<String, Option<Oid>>,
    columns: BTreeMap<(Oid, i16), String>,
    heirs: BTreeSet<(Oid, Oid)>,
    /// Names of tables whose rows lie on other servers.
    elsewhere: Vec<String>,
}

impl Before {
    async fn read(client: &Client) -> Result<Self, Error> {
        let query = "SELECT c.oid, n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
        let rows = client.query(query, &[]).await?;
        let relations: BTreeMap<Oid, _> = rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
        let query =
            "SELECT a.attrelid, a.attnum, a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND a.attnum > 0 AND NOT a.attisdropped";
        let rows = client.query(query, &[]).await?;
        let columns = rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect();
        let rows = client.query("SELECT inhparent, inhrelid FROM pg_inherits", &[]).await?;
        let heirs = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let rows = client.query("SELECT relname::text FROM pg_class WHERE relkind = 'f'", &[]).await?;
        let elsewhere = rows.iter().map(|row| row.get(0)).collect();
        Ok(Self { relations, names: BTreeMap::new(), columns, heirs, elsewhere })
    }

    /// The table of a subject by its full name.
    fn relation(&self, subject: &Subject) -> Option<Oid> {
        let (schema, table) = subject.table()?;
        let is_it = |(one, name): &(String, String)| Some(one.as_str()) == schema && name == table;
        self.relations.iter().find(|(_, names)| is_it(names)).map(|(relation, _)| *relation)
    }

    /// Whether a table was among the heirs of another.
    fn inherited(&self, table: Oid, from: Oid) -> bool {
        let parents = self.heirs.iter().filter(|(_, heir)| *heir == table).map(|(parent, _)| *parent);
        table == from || parents.into_iter().any(|parent| self.inherited(parent, from))
    }
}

/// One way through a plan.
struct Walk<'a> {
    /// On the copy.
    client: &'a Client,
    before: Before,
    settings: String,
}

impl Walk<'_> {
    async fn plan(&mut self, plan: &mut Plan, followed: &mut usize) -> Result<(), Error> {
        let subjects = plan.hazards().filter_map(|(.., hazard)| table_of(&hazard.subject));
        for table in subjects.collect::<BTreeSet<String>>() {
            let found = self.named(&table).await?;
            self.before.names.insert(table, found);
        }
        for step in &mut plan.steps {
            self.client.batch_execute(&self.settings).await?;
            if step.transactional {
                self.client.batch_execute("BEGIN").await?;
            }
            if !self.step(step, followed).await? {
                return Ok(());
            }
            if step.transactional {
                self.client.batch_execute("COMMIT").await?;
            }
        }
        Ok(())
    }

    /// Runs the statements of a step; false where they could not all run.
    async fn step(&self, step: &mut Step, followed: &mut usize) -> Result<bool, Error> {
        let transactional = step.transactional;
        for statement in &mut step.statements {
            self.look_at(statement, transactional).await?;
            *followed += 1;
            if self.reaches_out(&statement.sql).await? || self.client.batch_execute(&statement.sql).await.is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a statement may change something outside of its database: nobody has approved it yet.
    async fn reaches_out(&self, sql: &str) -> Result<bool, Error> {
        if cluster_wide(sql).is_some() || mentions_any(sql, &self.before.elsewhere) {
            return Ok(true);
        }
        let beside = names(self.client).await?;
        Ok(lasting(sql, &beside).is_some_and(|what| what != "setval"))
    }

    /// Finds what a statement sets off and takes along, and where its objects come from.
    async fn look_at(&self, statement: &mut PlannedStatement, transactional: bool) -> Result<(), Error> {
        let names = Names::of(self.client).await?;
        if names.concern(&statement.sql) {
            let found = bodies::set_off(self.client, &statement.sql, &statement.hazards).await?;
            statement.hazards.extend(found);
        }
        let found = passed_on(self.client, &statement.sql, &statement.hazards).await?;
        statement.hazards.extend(found);
        if cascades(&statement.sql) {
            // A question that fails must not end the script's transaction.
            let (save, back) =
                if transactional { ("SAVEPOINT limbeck_look", "ROLLBACK TO SAVEPOINT limbeck_look") } else { ("", "") };
            self.client.batch_execute(save).await?;
            let found = along(self.client, &statement.sql, &statement.hazards).await;
            self.client.batch_execute(back).await?;
            statement.hazards.extend(found);
        }
        for hazard in &mut statement.hazards {
            hazard.origin = self.origin(&hazard.subject, hazard.class).await?;
        }
        Ok(())
    }

    /// What a name stands for by now.
    async fn named(&self, table: &str) -> Result<Option<Oid>, Error> {
        let query = "SELECT to_regclass($1)::oid";
        Ok(self.client.query_one(query, &[&table]).await?.get(0))
    }

    async fn origin(&self, subject: &Subject, class: Class) -> Result<Option<Origin>, Error> {
        let subject = plainly(subject, class == Class::DataLoss);
        let Some(table) = table_of(&subject) else { return Ok(None) };
        let Some(relation) = self.named(&table).await? else { return Ok(Some(Origin::Made)) };
        let Some((schema, name)) = self.before.relations.get(&relation).cloned() else {
            let closed = self.is_closed(relation).await?;
            return Ok(Some(if closed { Origin::Made } else { Origin::Unclear }));
        };
        let known = self.before.names.get(&table).copied();
        let was = known.unwrap_or_else(|| self.before.relation(&subject));
        let mut is_same = was == Some(relation);
        let schema = Some(schema);
        let there = match &subject {
            Subject::Column { column, .. } => {
                let query = "SELECT attnum FROM pg_attribute WHERE attrelid = $1 AND attname = $2 AND NOT attisdropped";
                let number = self.client.query_opt(query, &[&relation, column]).await?.map(|row| row.get::<_, i16>(0));
                let before = number.and_then(|number| self.before.columns.get(&(relation, number)));
                let Some(before) = before.cloned() else { return Ok(Some(Origin::Made)) };
                is_same &= before == *column;
                Subject::Column { schema, table: name, column: before }
            }
            Subject::Table { .. } => Subject::Table { schema, name },
            Subject::Rows { .. } | Subject::Other => return Ok(None),
        };
        if !self.is_closed(relation).await? {
            return Ok(Some(Origin::Unclear));
        }
        Ok(Some(if is_same { Origin::Same } else { Origin::There(there) }))
    }

    /// Whether no table of the target has come under this one by what the plan did; its rows are elsewhere as yet.
    async fn is_closed(&self, relation: Oid) -> Result<bool, Error> {
        let query = "WITH RECURSIVE heirs AS (SELECT $1::oid AS oid
                UNION SELECT i.inhrelid FROM heirs h JOIN pg_inherits i ON i.inhparent = h.oid)
            SELECT oid FROM heirs WHERE oid <> $1";
        let rows = self.client.query(query, &[&relation]).await?;
        let mut heirs = rows.iter().map(|row| row.get::<_, Oid>(0));
        Ok(heirs.all(|heir| !self.before.relations.contains_key(&heir) || self.before.inherited(heir, relation)))
    }
}
