//! Domains.

use super::super::context::{Context, Verdict, Written};
use crate::core::schema::{Constraint, ConstraintKind, Domain, Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::{qualified, quote};

pub(super) fn verdict(context: &Context, id: &ObjectId) -> Verdict {
    let (Some(old), Some(new)) = (domain(context.old, id), domain(context.new, id)) else { return Verdict::Same };
    if (&old.type_name, &old.collation) != (&new.type_name, &new.collation) {
        Verdict::Replace
    } else if old.default != new.default || old.not_null != new.not_null {
        Verdict::Alter { disturbs: false }
    } else {
        Verdict::Same
    }
}

pub(super) fn create(context: &Context, id: &ObjectId) -> Vec<Written> {
    let Some(domain) = domain(context.new, id) else { return Vec::new() };
    let mut sql = format!("CREATE DOMAIN {} AS {}", qualified(&id.schema, &id.name), domain.type_name);
    if let Some(collation) = &domain.collation {
        sql.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = &domain.default {
        sql.push_str(&format!(" DEFAULT {default}"));
    }
    if domain.not_null {
        sql.push_str(&not_null(id, domain));
    }
    let is_inline = |constraint: &&Constraint| {
        let own = ObjectId::on(Kind::Constraint, &id.schema, &id.name, &constraint.name);
        constraint.kind != ConstraintKind::NotNull && context.decisions.inline.contains(&own)
    };
    for constraint in domain.constraints.iter().filter(is_inline) {
        sql.push_str(&format!("\n    CONSTRAINT {} {}", quote(&constraint.name), constraint.definition));
    }
    vec![sql.into()]
}

pub(super) fn drop(context: &Context, id: &ObjectId) -> Vec<Written> {
    let name = context.decisions.aside.get(id).unwrap_or(&id.name);
    vec![format!("DROP DOMAIN {}", qualified(&id.schema, name)).into()]
}

pub(super) fn alter(context: &Context, id: &ObjectId) -> Vec<Written> {
    let (Some(old), Some(new)) = (domain(context.old, id), domain(context.new, id)) else { return Vec::new() };
    let had = old.default.as_ref().filter(|_| !context.decisions.released.contains(id));
    let mut actions = Vec::new();
    if had != new.default.as_ref() {
        let set = new.default.as_ref().map(|default| format!("SET DEFAULT {default}"));
        actions.push(set.unwrap_or_else(|| "DROP DEFAULT".to_owned()));
    }
    if old.not_null != new.not_null {
        actions.push(if new.not_null { "SET NOT NULL" } else { "DROP NOT NULL" }.to_owned());
    }
    let name = qualified(&id.schema, &id.name);
    actions.into_iter().map(|action| format!("ALTER DOMAIN {name} {action}").into()).collect()
}

pub(super) fn release(_: &Context, id: &ObjectId) -> Vec<Written> {
    vec![format!("ALTER DOMAIN {} DROP DEFAULT", qualified(&id.schema, &id.name)).into()]
}

fn domain<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a Domain> {
    match schema.objects.get(id) {
        Some(Object::Domain(domain)) => Some(domain),
        _ => None,
    }
}

/// Since 17 a domain's NOT NULL has a name, which is only written where it is not the one that PostgreSQL gives.
fn not_null(id: &ObjectId, domain: &Domain) -> String {
    let named = domain.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::NotNull);
    match named.filter(|constraint| constraint.name != format!("{}_not_null", id.name)) {
        Some(constraint) => format!(" CONSTRAINT {} NOT NULL", quote(&constraint.name)),
        None => " NOT NULL".to_owned(),
    }
}
