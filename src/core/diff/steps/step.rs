//! Creates the steps of every changed object.

use std::collections::{BTreeMap, BTreeSet};

use super::reading_order::{ReadingPosition, reading_position};
use super::write::{self, NotedSql};
use crate::core::diff::operation::Action;
use crate::core::diff::ownership::{self, DiffContext, ObjectChange, ObjectChanges};
use crate::core::schema::{Kind, Object, ObjectId, QualifiedName, Schema};

/// One action on one object, and the conditions that decide when it can run.
#[derive(Debug)]
pub struct Step {
    pub id: ObjectId,
    pub action: Action,
    pub statements: Vec<NotedSql>,
    /// The position in a script if no requirement demands another one.
    pub position: ReadingPosition,
    /// The conditions that must hold before the step runs.
    pub requires: BTreeSet<Condition>,
    /// Conditions that should hold before the step runs. They are ignored if they form a cycle.
    pub prefers: BTreeSet<Condition>,
    /// The conditions that hold after the step: objects that are ready to be used.
    pub produces: BTreeSet<Condition>,
    /// The conditions that the step helps to establish by giving something up: names, references, partition bounds.
    /// A condition holds when all steps that release it have run.
    pub releases: BTreeSet<Condition>,
}

/// A condition that steps establish and other steps require.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// The step with this action on this object has run.
    Done(ObjectId, Action),
    /// The object is as the new schema describes it.
    Ready(ObjectId),
    /// The old schema's dependents no longer use the object.
    Unused(ObjectId),
    /// No object of the old schema has the name.
    NameIsFree(Namespace, String, String),
    /// Tables that leave the partitioned table have left it, so that their bounds are free.
    BoundsAreFree(QualifiedName),
    /// The dropped foreign keys no longer use the unique keys of the table.
    KeysAreUnused(QualifiedName),
    /// The unique keys that the table loses are dropped.
    KeysAreDropped(QualifiedName),
}

/// The objects that cannot have the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// Relations, types and indexes, including the indexes of constraints.
    Relations,
    /// The primary key of each table.
    PrimaryKeys,
    /// The constraints of one table.
    Constraints,
    /// The tables of one publication. Not every combination is valid, so all removals come before all additions.
    PublishedTables,
}

/// Creates every step that has a statement to run.
pub fn create_steps(context: &DiffContext, changes: &ObjectChanges) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut add = |id: &ObjectId, action: Action, statements: Vec<NotedSql>| {
        if !statements.is_empty() {
            let position = reading_position(context, changes, id, action);
            steps.push(Step::new(id.clone(), action, statements, position));
        }
    };
    for (id, change) in changes {
        if context.decisions.temporary_names.contains_key(id) {
            add(id, Action::RenameOld, write::rename_old(context, id));
        }
        if context.decisions.copied.contains(id) {
            add(id, Action::Copy, write::copy_rows(context, id));
        }
        if change.drops() && ownership::dropped_with(context, changes, id).as_ref() == Some(id) {
            add(id, Action::Drop, write::drop(context, id));
        }
        if change.creates() && ownership::created_with(context, changes, id).as_ref() == Some(id) {
            add(id, Action::Create, write::create(context, id));
        }
        if *change == ObjectChange::Alter {
            add(id, Action::Release, release(context, id));
            add(id, Action::Alter, write::alter(context, id));
        }
        if id.kind == Kind::Sequence && changes_owner(context, *change, id) {
            add(id, Action::Own, write::own(context, id));
        }
    }
    for id in keys_of_both(&context.old.comments, &context.new.comments) {
        if let Some(is_created) = is_created(context, changes, id) {
            add(id, Action::Comment, write::comment(context, id, is_created));
        }
    }
    let granted = keys_of_both(&context.old.grants, &context.new.grants).into_iter();
    let created = changes.iter().filter(|(_, change)| change.creates()).map(|(id, _)| id);
    for id in granted.chain(created).collect::<BTreeSet<_>>() {
        if let Some(is_created) = is_created(context, changes, id) {
            add(id, Action::Grant, write::grant(context, id, is_created));
        }
    }
    steps
}

impl Step {
    fn new(id: ObjectId, action: Action, statements: Vec<NotedSql>, position: ReadingPosition) -> Self {
        let none = BTreeSet::new;
        let (requires, prefers, produces, releases) = (none(), none(), none(), none());
        Self { id, action, statements, position, requires, prefers, produces, releases }
    }
}

fn keys_of_both<'a, T>(old: &'a BTreeMap<ObjectId, T>, new: &'a BTreeMap<ObjectId, T>) -> BTreeSet<&'a ObjectId> {
    old.keys().chain(new.keys()).collect()
}

/// A column releases its default only if that was decided. A table always leaves the parents that it loses.
fn release(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let is_decided = context.decisions.released.contains(id);
    if is_decided || id.kind == Kind::Table { write::release(context, id) } else { Vec::new() }
}

fn changes_owner(context: &DiffContext, change: ObjectChange, id: &ObjectId) -> bool {
    if context.decisions.inline.contains(id) || change == ObjectChange::Drop {
        return false;
    }
    let new = ownership::owning_column(context.new, id);
    let is_recreated = |column: &ObjectId| {
        let table = ObjectId::new(Kind::Table, &column.schema, &column.of);
        context.decisions.temporary_names.contains_key(&table)
    };
    if change.creates() || new.as_ref().is_some_and(is_recreated) {
        new.is_some()
    } else {
        new != ownership::owning_column(context.old, id)
    }
}

/// Whether these statements create the new schema's object. `None`: the new schema does not have it.
fn is_created(context: &DiffContext, changes: &ObjectChanges, id: &ObjectId) -> Option<bool> {
    if let Some(change) = changes.get(id) {
        return (*change != ObjectChange::Drop).then(|| change.creates());
    }
    if id.kind == Kind::Sequence {
        let column = identity_column(context.new, id)?;
        let is_created = changes.get(&column).is_some_and(|change| change.creates());
        return Some(is_created || identity_column(context.old, id).is_none());
    }
    // The index of a constraint is created with the constraint.
    let constraint = ObjectId::on(Kind::Constraint, &id.schema, &id.of, &id.name);
    if let Some(change) = changes.get(&constraint).filter(|_| id.kind == Kind::Index) {
        return (*change != ObjectChange::Drop).then(|| change.creates());
    }
    let planned = ownership::planned_object(context.new, changes, id)?;
    let change = changes.get(&planned).filter(|change| **change != ObjectChange::Drop);
    change.map(|change| change.creates())
}

/// The identity column that a sequence belongs to.
pub(super) fn identity_column(schema: &Schema, sequence: &ObjectId) -> Option<ObjectId> {
    schema.objects.iter().find_map(|(id, object)| {
        let Object::Table(table) = object else { return None };
        let column = table.columns.iter().find(|column| {
            let own = column.identity.as_ref().and_then(|identity| identity.sequence.as_ref());
            own.is_some_and(|own| own.schema == sequence.schema && own.name == sequence.name)
        })?;
        Some(ObjectId::on(Kind::Column, &id.schema, &id.name, &column.name))
    })
}
