//! Requirements of tables that leave or join a parent: partitions and inheritance children.

use super::Declaration;
use crate::core::diff::operation::Action;
use crate::core::diff::ownership;
use crate::core::diff::steps::Step;
use crate::core::diff::steps::step::Condition;
use crate::core::schema::{ConstraintKind, Kind, ObjectId, QualifiedName, Schema};

impl Declaration<'_, '_> {
    /// A table leaves its old parents before they change, and joins its new parents after they have changed.
    pub(super) fn declare_parents(&mut self, id: &ObjectId) {
        if ownership::keeps_parents(self.context, id) {
            return;
        }
        let (release, alter) = (self.find(id, Action::Release), self.find(id, Action::Alter));
        let own = QualifiedName { schema: id.schema.clone(), name: id.name.clone() };
        for step in self.steps_on_parts(&own) {
            self.order(Some(step), alter);
        }
        self.declare_references(id, release, alter);
        for parent in ownership::changing_parents(self.context, self.context.old, id) {
            for step in self.steps_on_parts(&parent) {
                // While the table is still a child, it loses its derived constraints and indexes with its parent's.
                let Step { id: whole, action, .. } = &self.steps[step];
                let drops_derived = *action == Action::Drop
                    && whole.kind != Kind::Column
                    && !ownership::keeps_part(self.context.old, self.changes, id, whole);
                let (first, then) = if drops_derived { (Some(step), release) } else { (release, Some(step)) };
                self.order(first, then);
            }
        }
        for parent in ownership::changing_parents(self.context, self.context.new, id) {
            for step in self.steps_on_parts(&parent) {
                // A new CHECK is also added to the children. A table that joins later must have it already.
                let adds_check = self.steps[step].action == Action::Create && self.is_check(&self.steps[step].id);
                let (first, then) = if adds_check { (alter, Some(step)) } else { (Some(step), alter) };
                self.order(first, then);
            }
        }
    }

    /// Foreign keys to a partitioned table are dropped before a partition leaves, and created after it has joined.
    fn declare_references(&mut self, id: &ObjectId, release: Option<usize>, alter: Option<usize>) {
        let (context, changes) = (self.context, self.changes);
        let (left, joined) =
            (ownership::partitioned_ancestors(context.old, id), ownership::partitioned_ancestors(context.new, id));
        for (key, change) in changes.iter().filter(|(key, _)| key.kind == Kind::Constraint) {
            let refers_to = |schema: &Schema, tables: &[QualifiedName]| {
                let references = schema.constraint(key).and_then(|constraint| constraint.references.as_ref());
                references.is_some_and(|table| tables.contains(table))
            };
            if change.drops() && refers_to(context.old, &left) {
                self.order(self.drop_step(key), release);
            }
            if change.creates() && refers_to(context.new, &joined) {
                self.order(alter, self.ready_step(key));
            }
        }
    }

    /// The bounds of a partition are free before another partition of the same table takes them.
    pub(super) fn declare_bounds(&mut self) {
        let context = self.context;
        for (id, change) in self.changes {
            let Some(parent) = partitioned_table(context.old, id) else { continue };
            // The new version of a recreated table has no partitions yet.
            let parent_id = ObjectId::new(Kind::Table, &parent.schema, &parent.name);
            if context.decisions.temporary_names.contains_key(&parent_id) {
                continue;
            }
            let dropped = || self.find(id, Action::RenameOld).or_else(|| self.drop_step(id));
            let leaves = if change.drops() { dropped() } else { self.find(id, Action::Release) };
            self.release(leaves, Condition::BoundsAreFree(parent.clone()));
        }
        for (id, change) in self.changes {
            let joins = !change.creates() && !ownership::keeps_parents(context, id);
            let step = match id.kind {
                _ if joins => self.find(id, Action::Alter),
                // The constraint may be created with its table.
                Kind::Constraint => self.ready_step(id),
                _ => self.find(id, Action::Create),
            };
            // A foreign key to a partitioned table also refers to each of its partitions.
            let referenced = context.new.constraint(id).and_then(|constraint| constraint.references.as_ref());
            if let Some(table) = partitioned_table(context.new, id).or(referenced) {
                self.require(step, Condition::BoundsAreFree(table.clone()));
            }
        }
    }

    /// An index on a partitioned table adopts the partitions' own indexes, which must exist before. It is dropped while
    /// partitions that keep their part are detached.
    pub(super) fn declare_adoption(&mut self) {
        let context = self.context;
        for number in 0..self.steps.len() {
            let Step { id, action, .. } = &self.steps[number];
            let (id, action) = (id.clone(), *action);
            if !matches!(id.kind, Kind::Constraint | Kind::Index) {
                continue;
            }
            if action == Action::Create {
                for part in ownership::attached_parts(context.new, &id) {
                    self.require_ready(Some(number), &part);
                }
            }
            if action == Action::Drop {
                for part in ownership::independent_parts(context.old, self.changes, &id) {
                    let partition = ObjectId::new(Kind::Table, &part.schema, &part.of);
                    self.order(self.find(&partition, Action::Release), Some(number));
                    self.order(Some(number), self.find(&partition, Action::Alter));
                }
            }
        }
    }

    fn is_check(&self, id: &ObjectId) -> bool {
        self.context.new.constraint(id).is_some_and(|constraint| constraint.kind == ConstraintKind::Check)
    }

    /// The steps of a table's columns, constraints and indexes.
    fn steps_on_parts(&self, table: &QualifiedName) -> Vec<usize> {
        const PARTS: [Kind; 3] = [Kind::Column, Kind::Constraint, Kind::Index];
        let is_part = |id: &ObjectId| PARTS.contains(&id.kind) && id.schema == table.schema && id.of == table.name;
        let steps = self.steps.iter().enumerate();
        steps.filter(|(_, step)| is_part(&step.id)).map(|(number, _)| number).collect()
    }
}

fn partitioned_table<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a QualifiedName> {
    let table = schema.table(&id.schema, &id.name).filter(|_| id.kind == Kind::Table)?;
    table.partition_of.as_ref().map(|partition| &partition.parent)
}
