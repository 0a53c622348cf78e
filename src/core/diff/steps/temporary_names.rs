//! Temporary names for types that are recreated while columns use them.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::diff::ownership::{self, DiffContext, ObjectChange, ObjectChanges};
use crate::core::schema::{Kind, ObjectId, Schema};

/// Chooses a name for the old version of each recreated type that a converted column uses, and of each recreated type
/// that such a type is made of.
pub fn choose_temporary_names(context: &DiffContext, changes: &ObjectChanges) -> BTreeMap<ObjectId, String> {
    const TYPES: [Kind; 4] = [Kind::Enum, Kind::Domain, Kind::CompositeType, Kind::RangeType];
    let is_recreated = |id: &ObjectId| changes.get(id) == Some(&ObjectChange::Recreate) && TYPES.contains(&id.kind);
    let columns = context.decisions.converted.iter().filter_map(|column| context.old.column(column));
    let used: BTreeSet<&str> = columns.map(|column| column.type_name.as_str()).collect();
    let is_used = |id: &ObjectId| used.iter().any(|name| ownership::is_type_or_array(name, id));
    let mut remaining: Vec<&ObjectId> = changes.keys().filter(|id| is_recreated(id) && is_used(id)).collect();
    let mut names = BTreeMap::new();
    while let Some(id) = remaining.pop() {
        if names.insert(id.clone(), free_name(context, id)).is_none() {
            remaining.extend(direct_dependencies(context.old, id).into_iter().filter(|part| is_recreated(part)));
        }
    }
    names
}

/// The direct dependencies of a type, including those of its attributes.
fn direct_dependencies<'a>(schema: &'a Schema, id: &ObjectId) -> Vec<&'a ObjectId> {
    let own = schema.depends.get(id).into_iter().flatten();
    let is_attribute = |of: &ObjectId| of.kind == Kind::Column && of.schema == id.schema && of.of == id.name;
    let attributes = schema.depends.iter().filter(|(of, _)| is_attribute(of)).flat_map(|(_, on)| on);
    own.chain(attributes).collect()
}

/// The type's name with a suffix, so that it is a name that neither schema uses.
fn free_name(context: &DiffContext, id: &ObjectId) -> String {
    let is_free = |name: &str| {
        let is_taken =
            |schema: &Schema| schema.objects.keys().any(|other| other.schema == id.schema && other.name == name);
        !is_taken(context.old) && !is_taken(context.new)
    };
    let longest = 63 - "_old_00".len();
    let mut stem = id.name.as_str();
    while stem.len() > longest {
        stem = &stem[..stem.char_indices().next_back().map_or(0, |(at, _)| at)];
    }
    let names = (0..).map(|number| if number == 0 { format!("{stem}_old") } else { format!("{stem}_old_{number}") });
    names.into_iter().find(|name| is_free(name)).unwrap_or_default()
}
