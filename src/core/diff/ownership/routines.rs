//! Routines that take over the name of others: new parameter names, another signature.

use super::{ObjectChange, ObjectChanges};
use crate::core::schema::{Kind, Object, ObjectId, Schema};

/// Whether an object is a function, procedure or aggregate.
pub fn is_routine(id: &ObjectId) -> bool {
    matches!(id.kind, Kind::Function | Kind::Procedure | Kind::Aggregate)
}

/// The dropped routines of the old schema that must be gone before the new schema's routine is created. They have the
/// same input types, or both could be meant by the same call, because one of them has defaults or VARIADIC.
pub fn replaced_routines<'a>(
    (old, new): (&Schema, &Schema),
    changes: &'a ObjectChanges,
    created: &ObjectId,
) -> Vec<&'a ObjectId> {
    let Some(call) = call(new, created) else { return Vec::new() };
    let others = changes.iter().filter(|(id, change)| **change == ObjectChange::Drop && is_overload(id, created));
    let conflicts = |other: &(&ObjectId, &ObjectChange)| {
        self::call(old, other.0).is_some_and(|old| {
            old.input_types == call.input_types || old.has_optional_arguments || call.has_optional_arguments
        })
    };
    others.filter(conflicts).map(|(id, _)| id).collect()
}

/// Whether a new routine takes the place of a dropped one. What uses the dropped one must then release it before.
pub fn is_replaced(schemas: (&Schema, &Schema), changes: &ObjectChanges, dropped: &ObjectId) -> bool {
    is_routine(dropped)
        && changes.iter().any(|(id, change)| {
            *change == ObjectChange::Create
                && is_overload(id, dropped)
                && replaced_routines(schemas, changes, id).contains(&dropped)
        })
}

/// What decides which calls a routine accepts.
struct Call<'a> {
    input_types: &'a str,
    /// Whether it accepts calls with another number of arguments.
    has_optional_arguments: bool,
}

fn call<'a>(schema: &'a Schema, id: &ObjectId) -> Option<Call<'a>> {
    let (input_types, arguments) = match schema.objects.get(id)? {
        Object::Function(function) => (&function.input_types, &function.arguments),
        Object::Aggregate(aggregate) => (&aggregate.input_types, &aggregate.arguments),
        _ => return None,
    };
    let has_optional_arguments = arguments.contains(" DEFAULT ") || arguments.contains("VARIADIC ");
    Some(Call { input_types, has_optional_arguments })
}

fn is_overload(one: &ObjectId, other: &ObjectId) -> bool {
    is_routine(one) && is_routine(other) && (&one.schema, &one.name) == (&other.schema, &other.name)
}
