//! Requirements of objects that take over a name, and of foreign keys that need a unique key.

use super::Declaration;
use crate::core::diff::operation::Action;
use crate::core::diff::ownership::{self, ObjectChange};
use crate::core::diff::steps::step::{Condition, Namespace};
use crate::core::schema::{Kind, Object, ObjectId, QualifiedName, Schema};

impl Declaration<'_, '_> {
    /// A name is free before another object takes it.
    pub(super) fn declare_names(&mut self) {
        let context = self.context;
        for (id, change) in self.changes {
            let step = if change.drops() {
                self.step_that_frees_names(id)
            } else {
                self.find(id, Action::Release).filter(|_| id.kind == Kind::Column)
            };
            for name in names(context.old, id) {
                self.release(step, name);
            }
        }
        for (id, change) in self.changes {
            let takes_names = change.creates() || *change == ObjectChange::Alter && id.kind == Kind::Column;
            let step = self.ready_step(id).filter(|_| takes_names);
            for name in names(context.new, id) {
                self.require(step, name);
            }
            if ownership::is_routine(id) && change.creates() {
                for replaced in ownership::replaced_routines((context.old, context.new), self.changes, id) {
                    self.order(self.drop_step(replaced), step);
                }
            }
        }
    }

    /// The step that drops an object, or that renames its recreated table. A recreated type frees no name.
    fn step_that_frees_names(&self, id: &ObjectId) -> Option<usize> {
        let names = &self.context.decisions.temporary_names;
        let dropped_with = ownership::dropped_with(self.context, self.changes, id)?;
        if names.contains_key(&dropped_with) {
            self.find(&dropped_with, Action::RenameOld).filter(|_| dropped_with.kind == Kind::Table)
        } else {
            self.drop_step(id)
        }
    }

    /// A foreign key uses the first suitable unique key that it finds. Keys to be dropped are dropped before a foreign
    /// key is created, and after the foreign keys that may use them are dropped.
    pub(super) fn declare_keys(&mut self) {
        let context = self.context;
        for (id, _) in self.changes.iter().filter(|(_, change)| change.drops()) {
            let is_unique = match context.old.objects.get(id) {
                Some(Object::Index(index)) => index.unique,
                _ => names(context.old, id).len() > 1,
            };
            if let Some(step) = self.find(id, Action::Drop).filter(|_| is_unique) {
                let table = QualifiedName { schema: id.schema.clone(), name: id.of.clone() };
                self.require(Some(step), Condition::KeysAreUnused(table.clone()));
                self.release(Some(step), Condition::KeysAreDropped(table));
            }
        }
        for (id, change) in self.changes.iter().filter(|(id, _)| id.kind == Kind::Constraint) {
            // The catalog of the models does not show which of the table's keys a foreign key uses.
            if let Some(table) = referenced_table(context.old, id).filter(|_| change.drops()) {
                self.release(self.drop_step(id), Condition::KeysAreUnused(table.clone()));
            }
            if let Some(table) = referenced_table(context.new, id).filter(|_| change.creates()) {
                self.require(self.ready_step(id), Condition::KeysAreDropped(table.clone()));
            }
        }
    }
}

fn referenced_table<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a QualifiedName> {
    schema.constraint(id)?.references.as_ref()
}

/// The names that an object takes.
fn names(schema: &Schema, id: &ObjectId) -> Vec<Condition> {
    use crate::core::schema::ConstraintKind::{Exclusion, PrimaryKey, Unique};
    let relation = |schema: &str, name: &str| Condition::NameIsFree(Namespace::Relations, schema.into(), name.into());
    match id.kind {
        Kind::Constraint => {
            let table = format!("{}.{}", id.schema, id.of);
            let own = Condition::NameIsFree(Namespace::Constraints, table, id.name.clone());
            let kind = schema.constraint(id).map(|constraint| constraint.kind);
            // A table has at most one primary key, whatever its name is.
            let only = kind.filter(|kind| *kind == PrimaryKey);
            let only = only.map(|_| Condition::NameIsFree(Namespace::PrimaryKeys, id.schema.clone(), id.of.clone()));
            let has_index = kind.is_some_and(|kind| matches!(kind, PrimaryKey | Unique | Exclusion));
            let index = has_index.then(|| relation(&id.schema, &id.name));
            [Some(own), index, only].into_iter().flatten().collect()
        }
        Kind::Column => {
            let identity = schema.column(id).and_then(|column| column.identity.as_ref());
            let sequence = identity.and_then(|identity| identity.sequence.as_ref());
            sequence.map(|own| relation(&own.schema, &own.name)).into_iter().collect()
        }
        Kind::PublishedTable => {
            vec![Condition::NameIsFree(Namespace::PublishedTables, String::new(), id.of.clone())]
        }
        Kind::Function
        | Kind::Procedure
        | Kind::Aggregate
        | Kind::Trigger
        | Kind::Rule
        | Kind::Policy
        | Kind::Schema
        | Kind::Extension
        | Kind::EventTrigger
        | Kind::Publication
        | Kind::ForeignDataWrapper
        | Kind::ForeignServer
        | Kind::UserMapping
        | Kind::DefaultPrivileges
        | Kind::Collation => Vec::new(),
        _ => vec![relation(&id.schema, &id.name)],
    }
}
