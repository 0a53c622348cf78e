//! Collations.

use super::super::context::{Context, Verdict, Written};
use crate::core::schema::{Collation, Object, ObjectId, Schema};
use crate::core::sql::identifier::{literal, qualified};

/// ALTER COLLATION cannot change what one is.
pub(super) fn verdict(context: &Context, id: &ObjectId) -> Verdict {
    if collation(context.old, id) == collation(context.new, id) { Verdict::Same } else { Verdict::Replace }
}

pub(super) fn create(context: &Context, id: &ObjectId) -> Vec<Written> {
    let Some(collation) = collation(context.new, id) else { return Vec::new() };
    let name = qualified(&id.schema, &id.name);
    vec![format!("CREATE COLLATION {name} ({})", settings(collation).join(", ")).into()]
}

pub(super) fn drop(_: &Context, id: &ObjectId) -> Vec<Written> {
    vec![format!("DROP COLLATION {}", qualified(&id.schema, &id.name)).into()]
}

pub(super) fn alter(_: &Context, _: &ObjectId) -> Vec<Written> {
    Vec::new()
}

fn collation<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a Collation> {
    match schema.objects.get(id) {
        Some(Object::Collation(collation)) => Some(collation),
        _ => None,
    }
}

fn settings(collation: &Collation) -> Vec<String> {
    let text = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} = {}", literal(value)));
    let mut settings = vec![format!("provider = {}", collation.provider)];
    if collation.lc_collate.is_some() && collation.lc_collate == collation.lc_ctype {
        settings.extend(text("locale", &collation.lc_collate));
    } else {
        settings.extend(text("locale", &collation.locale));
        settings.extend(text("lc_collate", &collation.lc_collate));
        settings.extend(text("lc_ctype", &collation.lc_ctype));
    }
    if !collation.deterministic {
        settings.push("deterministic = false".to_owned());
    }
    settings.extend(text("rules", &collation.rules));
    settings
}
