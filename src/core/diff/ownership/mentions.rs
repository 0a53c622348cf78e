//! Names in the bodies of functions. PostgreSQL does not record them as dependencies, but checks some of them when the
//! function is created.

use std::collections::{BTreeMap, BTreeSet};

use super::{DiffContext, ObjectChange, ObjectChanges};
use crate::core::schema::{Kind, Object, ObjectId};
use crate::core::sql::identifier::qualified;

/// Pairs of a function that is created or altered, and a created or altered object whose name is in the function's text.
pub fn find_mentions(context: &DiffContext, changes: &ObjectChanges) -> Vec<(ObjectId, ObjectId)> {
    let is_new = |change: ObjectChange| change.creates() || change == ObjectChange::Alter;
    let mut by_name: BTreeMap<&str, Vec<&ObjectId>> = BTreeMap::new();
    for (id, _) in changes.iter().filter(|(_, change)| is_new(**change)) {
        let name = match id.kind {
            Kind::Column => &id.of,
            Kind::Constraint | Kind::Index | Kind::Trigger | Kind::Policy | Kind::Rule | Kind::Schema => continue,
            _ => &id.name,
        };
        by_name.entry(name).or_default().push(id);
    }
    let mut pairs = Vec::new();
    for (id, _) in changes.iter().filter(|(_, change)| is_new(**change)) {
        let Some(Object::Function(function)) = context.new.objects.get(id) else { continue };
        let mentioned =
            words(body(&function.definition, id)).into_iter().filter_map(|word| by_name.get(word)).flatten();
        pairs.extend(mentioned.filter(|other| **other != id).map(|other| (id.clone(), (*other).clone())));
    }
    pairs
}

/// The definition without the function's own name.
fn body<'a>(definition: &'a str, id: &ObjectId) -> &'a str {
    let name = qualified(&id.schema, &id.name);
    definition.split_once(name.as_str()).map_or(definition, |(_, rest)| rest)
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_' && character != '$').collect()
}
