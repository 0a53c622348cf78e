//! Decides the change of every object, and of the objects that depend on it.

use std::collections::HashMap;

use super::partitions;
use super::write::{self, Alteration};
use crate::core::diff::ownership::{self, DiffContext, ObjectChange, ObjectChanges};
use crate::core::schema::{ConstraintKind, Kind, ObjectId};

/// Compares every object. Then recreates the dependents of dropped and retyped objects until no more are affected.
pub fn decide_changes(context: &mut DiffContext) -> ObjectChanges {
    let old = ownership::objects_with_steps(context.old, context.new);
    let new = ownership::objects_with_steps(context.new, context.old);
    let mut changes = ObjectChanges::new();
    let mut causes = Vec::new();
    for id in old.union(&new) {
        let (change, affects_dependents) = match (old.contains(id), new.contains(id)) {
            (true, true) => match write::alteration(context, id) {
                Alteration::None => (ObjectChange::Keep, false),
                Alteration::InPlace { rebuilds_dependents } => (ObjectChange::Alter, rebuilds_dependents),
                Alteration::Recreate => (ObjectChange::Recreate, true),
            },
            (true, false) if ownership::is_dropped_by_parent(context, id) => continue,
            (true, false) => (ObjectChange::Drop, true),
            (false, _) if ownership::is_added_by_parent(context, id) => continue,
            (false, _) => (ObjectChange::Create, false),
        };
        if change == ObjectChange::Alter && replaces_sequence(context, id) {
            context.decisions.released.insert(id.clone());
        }
        changes.insert(id.clone(), change);
        if affects_dependents {
            causes.push(id.clone());
        }
    }
    partitions::release_independent_parts(context, &mut changes);
    partitions::drop_parts_left_behind(context, &mut changes);
    if !causes.is_empty() {
        let dependents = ownership::direct_dependents(context.old);
        Propagation { context, changes: &mut changes, causes, dependents }.run();
    }
    changes
}

/// Whether the sequence of a column is replaced by another one. The new sequence may have the name of the old one, so
/// the column releases the old sequence first.
fn replaces_sequence(context: &DiffContext, id: &ObjectId) -> bool {
    let (Some(old), Some(new)) = (context.old.column(id), context.new.column(id)) else { return false };
    let serial = context.old.serial(id);
    let loses_serial = serial.is_some_and(|sequence| !context.new.objects.contains_key(sequence));
    (old.identity.is_some() && new.identity.is_none()) || (loses_serial && new.identity.is_some())
}

/// Follows the dependents of changed objects.
struct Propagation<'a, 'b> {
    context: &'a mut DiffContext<'b>,
    changes: &'a mut ObjectChanges,
    /// Changed objects whose dependents are not visited yet.
    causes: Vec<ObjectId>,
    dependents: HashMap<ObjectId, Vec<&'b ObjectId>>,
}

impl Propagation<'_, '_> {
    fn run(mut self) {
        while let Some(cause) = self.causes.pop() {
            if cause.kind == Kind::Table && self.changes.get(&cause) == Some(&ObjectChange::Recreate) {
                self.recreate_columns(&cause);
            }
            for dependent in self.dependents.get(&cause).cloned().unwrap_or_default() {
                self.visit(&cause, dependent);
            }
        }
    }

    /// The columns of a recreated table are created with it.
    fn recreate_columns(&mut self, table: &ObjectId) {
        let is_own = |id: &ObjectId| id.kind == Kind::Column && (&id.schema, &id.of) == (&table.schema, &table.name);
        for (id, change) in self.changes.iter_mut().filter(|(id, _)| is_own(id)) {
            if matches!(change, ObjectChange::Keep | ObjectChange::Alter) {
                *change = ObjectChange::Recreate;
                self.causes.push(id.clone());
            }
        }
    }

    fn visit(&mut self, cause: &ObjectId, dependent: &ObjectId) {
        let Some(id) = ownership::planned_object(self.context.old, self.changes, dependent) else { return };
        let (Some(&change), Some(&cause_change)) = (self.changes.get(&id), self.changes.get(cause)) else { return };
        let is_independent = cause_change == ObjectChange::Drop
            && change != ObjectChange::Keep
            && stops_using_by_alter(&id)
            && !self.is_replaced(cause);
        if !matches!(change, ObjectChange::Keep | ObjectChange::Alter) || is_independent || *cause == id {
            return;
        }
        match id.kind {
            Kind::Column => self.visit_column(cause, cause_change, &id),
            Kind::Table => self.visit_table(cause, cause_change, &id),
            // A domain can use a routine only in its default. Its constraints are visited separately.
            Kind::Domain if ownership::is_routine(cause) => {
                self.context.decisions.released.insert(id.clone());
                self.changes.insert(id, ObjectChange::Alter);
            }
            Kind::Constraint | Kind::Index => {
                if !self.is_converted_by_server(cause, cause_change, &id) {
                    self.recreate(id);
                }
            }
            Kind::Schema | Kind::Extension | Kind::Sequence | Kind::Enum | Kind::DefaultPrivileges => {}
            _ => self.recreate(id),
        }
    }

    /// A column is converted to a recreated type of the same name, loses its default until the cause has changed, or is
    /// recreated if it is generated.
    fn visit_column(&mut self, cause: &ObjectId, cause_change: ObjectChange, id: &ObjectId) {
        let Some(column) = self.context.old.column(id) else { return };
        let stays_plain = self.context.new.column(id).is_some_and(|new| new.generated.is_none());
        if cause_change == ObjectChange::Alter && cause.kind == Kind::Column && column.generated.is_none() {
            return;
        }
        if column.generated.is_some() && !stays_plain {
            return self.recreate(id.clone());
        }
        if column.default.is_some() {
            self.context.decisions.released.insert(id.clone());
        }
        self.changes.insert(id.clone(), ObjectChange::Alter);
        if cause_change == ObjectChange::Recreate && ownership::is_type_or_array(&column.type_name, cause) {
            self.context.decisions.converted.insert(id.clone());
            self.causes.push(id.clone());
        }
    }

    /// A partition or child table is detached from a recreated parent and attached to the new one.
    fn visit_table(&mut self, cause: &ObjectId, cause_change: ObjectChange, id: &ObjectId) {
        if cause_change != ObjectChange::Recreate {
            return;
        }
        if cause.kind == Kind::Table {
            let changed = partitions::release_from_parent(self.context, self.changes, id);
            self.causes.extend(changed);
        } else if self.context.old.table(&id.schema, &id.name).is_some_and(|table| {
            table.of_type.is_some() || table.foreign.is_some() && cause.kind == Kind::ForeignServer
        }) {
            self.recreate(id.clone());
        }
    }

    /// Whether ALTER COLUMN TYPE itself rebuilds a constraint or index on the column.
    fn is_converted_by_server(&self, cause: &ObjectId, cause_change: ObjectChange, id: &ObjectId) -> bool {
        if cause.kind != Kind::Column || cause_change != ObjectChange::Alter {
            return false;
        }
        let is_key =
            self.context.old.constraint(id).is_some_and(|constraint| {
                matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            });
        let is_recreated_type = self.context.decisions.converted.contains(cause);
        is_key || (write::converts_dependents(self.context, cause) && !is_recreated_type)
    }

    fn is_replaced(&self, cause: &ObjectId) -> bool {
        ownership::is_replaced((self.context.old, self.context.new), self.changes, cause)
    }

    fn recreate(&mut self, id: ObjectId) {
        self.changes.insert(id.clone(), ObjectChange::Recreate);
        self.causes.push(id);
    }
}

/// Whether ALTER can make an object independent of what it used. A foreign key keeps its unique key, an index its
/// expressions.
fn stops_using_by_alter(id: &ObjectId) -> bool {
    !matches!(id.kind, Kind::Constraint | Kind::Index | Kind::Trigger | Kind::Statistics)
}
