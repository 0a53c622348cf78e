//! What the bodies of functions name. PostgreSQL records none of it, and checks some of it.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::state::{State, States};
use crate::core::schema::{Kind, Object, ObjectId};

/// Pairs of a function that is made or changed, and something that is too and that its text names.
pub(super) fn mentions(context: &Context, states: &States) -> Vec<(ObjectId, ObjectId)> {
    let changes = |state: State| state.makes() || state == State::Alter;
    let mut named: BTreeMap<&str, Vec<&ObjectId>> = BTreeMap::new();
    for (id, _) in states.iter().filter(|(_, state)| changes(**state)) {
        let name = match id.kind {
            Kind::Column => &id.of,
            Kind::Constraint | Kind::Index | Kind::Trigger | Kind::Policy | Kind::Rule | Kind::Schema => continue,
            _ => &id.name,
        };
        named.entry(name).or_default().push(id);
    }
    let mut pairs = Vec::new();
    for (id, _) in states.iter().filter(|(_, state)| changes(**state)) {
        let Some(Object::Function(function)) = context.new.objects.get(id) else { continue };
        let known = words(&function.definition).into_iter().filter_map(|word| named.get(word)).flatten();
        pairs.extend(known.filter(|other| **other != id).map(|other| (id.clone(), (*other).clone())));
    }
    pairs
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_' && character != '$').collect()
}
