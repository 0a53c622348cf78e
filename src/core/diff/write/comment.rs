//! Comments.

use super::super::context::{Context, Written};
use super::routine::signature;
use crate::core::schema::{Kind, Object, ObjectId};
use crate::core::sql::identifier::{literal, qualified, quote};

/// COMMENT ON for an object whose comment differs; `fresh`: it has just been made, and has none.
pub(in crate::core::diff) fn comment(context: &Context, id: &ObjectId, fresh: bool) -> Vec<Written> {
    let had = context.old.comments.get(id).filter(|_| !fresh);
    let wanted = context.new.comments.get(id);
    if had == wanted {
        return Vec::new();
    }
    let text = wanted.map_or_else(|| "NULL".to_owned(), |text| literal(text));
    target(context, id).map(|target| format!("COMMENT ON {target} IS {text}").into()).into_iter().collect()
}

/// The object as COMMENT names it.
fn target(context: &Context, id: &ObjectId) -> Option<String> {
    let (name, own, of) = (quote(&id.name), qualified(&id.schema, &id.name), qualified(&id.schema, &id.of));
    Some(match id.kind {
        Kind::Schema => format!("SCHEMA {name}"),
        Kind::Extension => format!("EXTENSION {name}"),
        Kind::EventTrigger => format!("EVENT TRIGGER {name}"),
        Kind::Collation => format!("COLLATION {own}"),
        Kind::Enum | Kind::CompositeType | Kind::RangeType => format!("TYPE {own}"),
        Kind::Domain => format!("DOMAIN {own}"),
        Kind::Sequence => format!("SEQUENCE {own}"),
        Kind::Table if is_foreign(context, id) => format!("FOREIGN TABLE {own}"),
        Kind::Table => format!("TABLE {own}"),
        Kind::Index => format!("INDEX {own}"),
        Kind::View => format!("VIEW {own}"),
        Kind::MaterializedView => format!("MATERIALIZED VIEW {own}"),
        Kind::Statistics => format!("STATISTICS {own}"),
        Kind::Function => format!("FUNCTION {}", signature(id)),
        Kind::Procedure => format!("PROCEDURE {}", signature(id)),
        Kind::Aggregate => format!("AGGREGATE {}", signature(id)),
        Kind::Column => format!("COLUMN {of}.{name}"),
        Kind::Constraint if is_of_domain(context, id) => format!("CONSTRAINT {name} ON DOMAIN {of}"),
        Kind::Constraint => format!("CONSTRAINT {name} ON {of}"),
        Kind::Trigger => format!("TRIGGER {name} ON {of}"),
        Kind::Rule => format!("RULE {name} ON {of}"),
        Kind::Policy => format!("POLICY {name} ON {of}"),
        Kind::DefaultPrivileges => return None,
    })
}

fn is_foreign(context: &Context, id: &ObjectId) -> bool {
    matches!(context.new.objects.get(id), Some(Object::Table(table)) if table.foreign.is_some())
}

fn is_of_domain(context: &Context, id: &ObjectId) -> bool {
    context.new.objects.contains_key(&ObjectId::new(Kind::Domain, &id.schema, &id.of))
}
