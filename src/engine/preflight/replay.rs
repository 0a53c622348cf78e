//! Replays the statements of a plan on a scratch copy of the target's schema. Before each statement it determines which
//! objects of the target the statement affects, and which objects CASCADE drops.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio_postgres::types::Oid;
use tokio_postgres::{Client, Error};
use tokio_util::sync::CancellationToken;

use super::cascade::cascades;
use super::permanent::permanent_functions;
use super::side_effects::{self, SideEffectNames};
use super::{Site, foreign_keys, table_of};
use crate::core::hazard::{Class, Hazard, Origin};
use crate::core::plan::{Plan, PlannedStatement, Step};
use crate::core::statement::{Footprint, Statement, Subject};
use crate::engine::scratch::{Replica, ScratchOptions, with_creator_role};

/// The time limit for creating the copy and replaying the plan. A person waits for it.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Whether the plan must be replayed to know which data is lost: an earlier statement may create, rename or replace an
/// object that a later statement destroys, or add objects that a later CASCADE drops.
pub(super) fn is_needed(plan: &Plan) -> bool {
    let mut footprint = Footprint::default();
    for planned in plan.steps.iter().flat_map(|step| &step.statements) {
        let mut lost = planned.hazards.iter().filter(|hazard| hazard.class == Class::DataLoss);
        let is_uncertain =
            |hazard: &Hazard| hazard.evidence.is_none() && footprint.redirects(&hazard.subject.without_question(true));
        if lost.any(is_uncertain) || (planned.statement.cascades() && footprint.adds_dependents(&planned.statement)) {
            return true;
        }
        footprint.add(&planned.statement);
    }
    false
}

/// Sets the origins of hazards, and adds hazards for side effects and cascades. Returns the number of statements that were
/// examined. The replay ends at the first statement that fails, or that may change something outside the scratch database.
pub(super) async fn replay(site: Site<'_>, plan: &mut Plan) -> usize {
    let (options, cancel) = (ScratchOptions::default(), CancellationToken::new());
    let project = with_creator_role(site.project, site.target);
    let mut replayed = 0;
    let mut replica = None;
    let work = async {
        let made = Replica::make(&project, site.target, options, &mut |_| {}, &cancel).await;
        if let Ok(made) = made
            && let Ok(session) = replica.insert(made).target().connect("limbeck plan").await
            && let Ok(before) = ObjectsBefore::read(session.client()).await
        {
            let settings = project.config.apply.session_settings(session.server());
            let mut replay = Replay { client: session.client(), before, settings };
            // After an error, the results of the statements before it are still valid.
            let _ = replay.replay_plan(plan, &mut replayed).await;
        }
    };
    let _ = tokio::time::timeout(TIME_LIMIT, work).await;
    // If the scratch database cannot be dropped now, the next run drops it.
    if let Some(replica) = replica {
        let _ = replica.remove().await;
    }
    replayed
}

/// The objects of the target before the plan, as read from the scratch copy.
struct ObjectsBefore {
    relations: BTreeMap<Oid, (String, String)>,
    /// The relations to which the names in the plan refer.
    names: BTreeMap<String, Option<Oid>>,
    columns: BTreeMap<(Oid, i16), String>,
    /// Pairs of parent and child.
    children: BTreeSet<(Oid, Oid)>,
    /// Names of foreign tables.
    foreign_tables: BTreeSet<String>,
}

impl ObjectsBefore {
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
        let children = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let rows = client.query("SELECT relname::text FROM pg_class WHERE relkind = 'f'", &[]).await?;
        let foreign_tables = rows.iter().map(|row| row.get(0)).collect();
        Ok(Self { relations, names: BTreeMap::new(), columns, children, foreign_tables })
    }

    /// Finds the table of a subject by its name with schema.
    fn relation(&self, subject: &Subject) -> Option<Oid> {
        let (schema, table) = subject.table_name()?;
        let is_same = |(one, name): &(String, String)| Some(one.as_str()) == schema && name == table;
        self.relations.iter().find(|(_, names)| is_same(names)).map(|(relation, _)| *relation)
    }

    /// Whether a table was `from` itself or inherited from it, directly or indirectly.
    fn inherited(&self, table: Oid, from: Oid) -> bool {
        let mut parents = self.children.iter().filter(|(_, child)| *child == table).map(|(parent, _)| *parent);
        table == from || parents.any(|parent| self.inherited(parent, from))
    }
}

/// The replay of one plan.
struct Replay<'a> {
    /// A session on the scratch copy.
    client: &'a Client,
    before: ObjectsBefore,
    settings: String,
}

impl Replay<'_> {
    /// Replays the plan. `replayed` counts the statements that were examined.
    async fn replay_plan(&mut self, plan: &mut Plan, replayed: &mut usize) -> Result<(), Error> {
        let subjects = plan.hazards().filter_map(|(.., hazard)| table_of(&hazard.subject));
        for table in subjects.collect::<BTreeSet<String>>() {
            let found = self.resolve(&table).await?;
            self.before.names.insert(table, found);
        }
        for step in &mut plan.steps {
            self.client.batch_execute(&self.settings).await?;
            if step.transactional {
                self.client.batch_execute("BEGIN").await?;
            }
            if !self.replay_step(step, replayed).await? {
                return Ok(());
            }
            if step.transactional {
                self.client.batch_execute("COMMIT").await?;
            }
        }
        Ok(())
    }

    /// Replays a step. Returns whether all of its statements ran.
    async fn replay_step(&self, step: &mut Step, replayed: &mut usize) -> Result<bool, Error> {
        let transactional = step.transactional;
        for planned in &mut step.statements {
            self.examine(planned, transactional).await?;
            *replayed += 1;
            let statement = &planned.statement;
            if self.changes_outside(statement).await? || self.client.batch_execute(statement.sql()).await.is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a statement may change something outside the scratch database. It must not run, because it is not approved.
    async fn changes_outside(&self, statement: &Statement) -> Result<bool, Error> {
        if statement.cluster_effect.is_some() || statement.mentions_any(&self.before.foreign_tables) {
            return Ok(true);
        }
        let functions = permanent_functions(self.client).await?;
        Ok(statement.permanent_effect(&functions).is_some_and(|effect| effect != "setval"))
    }

    /// Adds hazards for the side effects and cascades of a statement, and sets the origin of each hazard.
    async fn examine(&self, planned: &mut PlannedStatement, transactional: bool) -> Result<(), Error> {
        let names = SideEffectNames::read(self.client).await?;
        if planned.statement.mentions_any(names.as_set()) {
            let found = side_effects::find(self.client, &planned.statement, &planned.hazards).await?;
            planned.hazards.extend(found);
        }
        let found = foreign_keys::find(self.client, &planned.hazards).await?;
        planned.hazards.extend(found);
        if planned.statement.cascades() {
            // A query that fails must not abort the script's transaction.
            let (savepoint, rollback) =
                if transactional { ("SAVEPOINT limbeck_look", "ROLLBACK TO SAVEPOINT limbeck_look") } else { ("", "") };
            self.client.batch_execute(savepoint).await?;
            let found = cascades(self.client, &planned.statement, &planned.hazards).await;
            self.client.batch_execute(rollback).await?;
            planned.hazards.extend(found);
        }
        for hazard in &mut planned.hazards {
            hazard.origin = self.origin(&hazard.subject, hazard.class).await?;
        }
        Ok(())
    }

    /// The relation to which a name refers now.
    async fn resolve(&self, table: &str) -> Result<Option<Oid>, Error> {
        let query = "SELECT to_regclass($1)::oid";
        Ok(self.client.query_one(query, &[&table]).await?.get(0))
    }

    /// The origin of a subject; `None` if the subject is not a table or column.
    async fn origin(&self, subject: &Subject, class: Class) -> Result<Option<Origin>, Error> {
        let subject = subject.without_question(class == Class::DataLoss);
        let Some(table) = table_of(&subject) else { return Ok(None) };
        let Some(relation) = self.resolve(&table).await? else { return Ok(Some(Origin::CreatedByPlan)) };
        let Some((schema, name)) = self.before.relations.get(&relation).cloned() else {
            let keeps_children = self.keeps_children(relation).await?;
            return Ok(Some(if keeps_children { Origin::CreatedByPlan } else { Origin::Unknown }));
        };
        let known = self.before.names.get(&table).copied();
        let was = known.unwrap_or_else(|| self.before.relation(&subject));
        let mut is_same = was == Some(relation);
        let schema = Some(schema);
        let before = match &subject {
            Subject::Column { column, .. } => {
                let query = "SELECT attnum FROM pg_attribute WHERE attrelid = $1 AND attname = $2 AND NOT attisdropped";
                let number = self.client.query_opt(query, &[&relation, column]).await?.map(|row| row.get::<_, i16>(0));
                let before = number.and_then(|number| self.before.columns.get(&(relation, number)));
                let Some(before) = before.cloned() else { return Ok(Some(Origin::CreatedByPlan)) };
                is_same &= before == *column;
                Subject::Column { schema, table: name, column: before }
            }
            Subject::Table { .. } => Subject::Table { schema, name },
            Subject::Rows { .. } | Subject::Other => return Ok(None),
        };
        if !self.keeps_children(relation).await? {
            return Ok(Some(Origin::Unknown));
        }
        Ok(Some(if is_same { Origin::Same } else { Origin::Renamed(before) }))
    }

    /// Whether the plan has not attached an existing table of the target as a child of this one. The rows of such a child
    /// belong to another table before the plan runs.
    async fn keeps_children(&self, relation: Oid) -> Result<bool, Error> {
        let query = "WITH RECURSIVE children AS (SELECT $1::oid AS oid
                UNION SELECT i.inhrelid FROM children h JOIN pg_inherits i ON i.inhparent = h.oid)
            SELECT oid FROM children WHERE oid <> $1";
        let rows = self.client.query(query, &[&relation]).await?;
        let mut children = rows.iter().map(|row| row.get::<_, Oid>(0));
        Ok(children.all(|child| !self.before.relations.contains_key(&child) || self.before.inherited(child, relation)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::plan::fixtures::plan;

    #[test]
    fn a_plan_is_replayed_if_earlier_statements_decide_what_is_lost() {
        for (sections, expected) in [
            (&["DROP TABLE t"][..], false),
            (&["ALTER TABLE u ADD a int; DROP TABLE t"], false),
            (&["ALTER TABLE t RENAME TO u; DROP TABLE u"], true),
            (&["ALTER TABLE t RENAME TO u", "DROP TABLE u"], true),
            (&["ALTER TABLE t RENAME a TO b; ALTER TABLE t DROP b"], true),
            (&["CREATE VIEW v AS SELECT * FROM t; DROP TABLE t CASCADE"], true),
            (&["CREATE VIEW v AS SELECT 1; DROP INDEX i"], false),
            (&["DROP TABLE t; ALTER TABLE u RENAME TO t"], false),
        ] {
            assert_eq!(is_needed(&plan(sections)), expected, "{sections:?}");
        }
    }
}
