//! The objects of a schema that have steps of their own, and the objects that depend on them.

use std::collections::{BTreeSet, HashMap};

use super::definition_sources;
use crate::core::schema::{ConstraintKind, Kind, Object, ObjectId, Schema};

/// The objects that have steps of their own in a comparison with another schema. Objects that PostgreSQL derives from a parent (indexes and triggers of
/// partitions, inherited constraints) have none. A NOT NULL constraint belongs to its column's steps.
pub fn objects_with_steps(schema: &Schema, other: &Schema) -> BTreeSet<ObjectId> {
    let mut found = BTreeSet::new();
    for (id, object) in &schema.objects {
        let on = |kind, name: &str| ObjectId::on(kind, &id.schema, &id.name, name);
        match object {
            Object::Publication(_) | Object::PublishedTable(_) if !schema.is_comparable(id, other) => continue,
            Object::Trigger(trigger) if trigger.inherited => continue,
            Object::Index(index) if index.part_of.is_some() && !is_independent_index(other, id) => continue,
            Object::Table(table) => {
                found.extend(table.columns.iter().map(|column| on(Kind::Column, &column.name)));
                let constraints = table.constraints.iter().filter(|one| one.kind != ConstraintKind::NotNull);
                let is_local = |id: &ObjectId| other.constraint(id).is_some_and(|one| one.local);
                let constraints = constraints.map(|one| (one.local, on(Kind::Constraint, &one.name)));
                found.extend(constraints.filter(|(local, id)| *local || is_local(id)).map(|(_, id)| id));
            }
            Object::Domain(domain) => {
                let constraints = domain.constraints.iter().filter(|one| one.kind != ConstraintKind::NotNull);
                found.extend(constraints.map(|one| on(Kind::Constraint, &one.name)));
            }
            _ => {}
        }
        found.insert(id.clone());
    }
    found
}

/// Whether a schema has an index that is not a part of a partitioned index. The index then stays when its table joins or
/// leaves a partitioned table.
fn is_independent_index(schema: &Schema, id: &ObjectId) -> bool {
    matches!(schema.objects.get(id), Some(Object::Index(index)) if index.part_of.is_none())
}

/// The direct dependents of each object. The parts of a relation (constraints, indexes,
/// triggers, ...) depend on the relation.
pub fn direct_dependents(schema: &Schema) -> HashMap<ObjectId, Vec<&ObjectId>> {
    let mut dependents: HashMap<ObjectId, Vec<&ObjectId>> = HashMap::new();
    for (id, dependencies) in &schema.depends {
        for on in dependencies {
            // The columns of views and composite types have no steps of their own.
            let holder = if on.kind == Kind::Column && schema.column(on).is_none() { schema.holder(on) } else { None };
            dependents.entry(holder.unwrap_or(on).clone()).or_default().push(id);
            for source in definition_sources(schema, on).into_iter().skip(1) {
                dependents.entry(source).or_default().push(id);
            }
        }
    }
    let constraints = schema.depends.keys().filter(|id| id.kind == Kind::Constraint);
    for id in schema.objects.keys().filter(|id| !id.of.is_empty()).chain(constraints) {
        if let Some(holder) = schema.holder(id) {
            dependents.entry(holder.clone()).or_default().push(id);
        }
    }
    dependents
}
