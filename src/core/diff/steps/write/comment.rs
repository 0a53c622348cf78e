//! Comments.

use super::NotedSql;
use super::routine::signature;
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Kind, Object, ObjectId};
use crate::core::sql::identifier::{literal, qualified, quote};

/// COMMENT ON for an object whose comment differs. `is_created`: the object is new and has no comment.
pub fn comment(context: &DiffContext, id: &ObjectId, is_created: bool) -> Vec<NotedSql> {
    let had = context.old.comments.get(id).filter(|_| !is_created);
    let wanted = context.new.comments.get(id);
    if had == wanted {
        return Vec::new();
    }
    let text = wanted.map_or_else(|| "NULL".to_owned(), |text| literal(text));
    target(context, id).map(|target| format!("COMMENT ON {target} IS {text}").into()).into_iter().collect()
}

/// The object in the syntax of COMMENT ON.
fn target(context: &DiffContext, id: &ObjectId) -> Option<String> {
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
        Kind::Publication => format!("PUBLICATION {name}"),
        Kind::ForeignDataWrapper => format!("FOREIGN DATA WRAPPER {name}"),
        Kind::ForeignServer => format!("SERVER {name}"),
        Kind::PublishedTable | Kind::DefaultPrivileges | Kind::UserMapping => return None,
    })
}

fn is_foreign(context: &DiffContext, id: &ObjectId) -> bool {
    matches!(context.new.objects.get(id), Some(Object::Table(table)) if table.foreign.is_some())
}

fn is_of_domain(context: &DiffContext, id: &ObjectId) -> bool {
    context.new.objects.contains_key(&ObjectId::new(Kind::Domain, &id.schema, &id.of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, own, sql, table};
    use crate::core::schema::ForeignTable;

    fn commented(id: &ObjectId, old: Option<&str>, new: Option<&str>, is_created: bool) -> Vec<String> {
        let mut pair = Pair::new(id.clone(), None, None);
        pair.old.comments.extend(old.map(|text| (id.clone(), text.to_owned())));
        pair.new.comments.extend(new.map(|text| (id.clone(), text.to_owned())));
        sql(comment(&pair.context(), id, is_created))
    }

    #[test]
    fn every_kind_has_its_comment_syntax() {
        let on = |kind| ObjectId::on(kind, "public", "t", "user");
        let routine = |kind, arguments| ObjectId::routine(kind, "public", "f", arguments);
        for (id, target) in [
            (ObjectId::new(Kind::Schema, "", "app"), "SCHEMA app"),
            (ObjectId::new(Kind::Extension, "", "uuid-ossp"), "EXTENSION \"uuid-ossp\""),
            (ObjectId::new(Kind::EventTrigger, "", "e"), "EVENT TRIGGER e"),
            (ObjectId::new(Kind::Publication, "", "p"), "PUBLICATION p"),
            (own(Kind::Collation, "c"), "COLLATION public.c"),
            (own(Kind::Enum, "c"), "TYPE public.c"),
            (own(Kind::Domain, "c"), "DOMAIN public.c"),
            (own(Kind::Sequence, "c"), "SEQUENCE public.c"),
            (own(Kind::Table, "c"), "TABLE public.c"),
            (own(Kind::MaterializedView, "c"), "MATERIALIZED VIEW public.c"),
            (on(Kind::Statistics), "STATISTICS public.\"user\""),
            (on(Kind::Index), "INDEX public.\"user\""),
            (on(Kind::Column), "COLUMN public.t.\"user\""),
            (on(Kind::Constraint), "CONSTRAINT \"user\" ON public.t"),
            (on(Kind::Trigger), "TRIGGER \"user\" ON public.t"),
            (on(Kind::Rule), "RULE \"user\" ON public.t"),
            (on(Kind::Policy), "POLICY \"user\" ON public.t"),
            (routine(Kind::Function, "a integer"), "FUNCTION public.f(a integer)"),
            (routine(Kind::Procedure, ""), "PROCEDURE public.f()"),
            (routine(Kind::Aggregate, ""), "AGGREGATE public.f(*)"),
            (routine(Kind::Aggregate, "ORDER BY text"), "AGGREGATE public.f(ORDER BY text)"),
        ] {
            let expected = format!("COMMENT ON {target} IS 'it''s'");
            assert_eq!(commented(&id, None, Some("it's"), false), [expected]);
        }
    }

    #[test]
    fn only_different_comments_are_set() {
        let id = own(Kind::Table, "t");
        assert!(commented(&id, Some("a"), Some("a"), false).is_empty());
        assert_eq!(commented(&id, Some("a"), Some("a"), true), ["COMMENT ON TABLE public.t IS 'a'"]);
        assert_eq!(commented(&id, Some("a"), None, false), ["COMMENT ON TABLE public.t IS NULL"]);
        assert!(commented(&id, Some("a"), None, true).is_empty());
    }

    #[test]
    fn domains_and_foreign_tables_are_distinguished_from_tables() {
        let (constraint, domain) = (ObjectId::on(Kind::Constraint, "public", "d", "c"), own(Kind::Domain, "d"));
        let foreign = Some(ForeignTable { server: "s".to_owned(), options: Vec::new() });
        let Object::Table(mut remote) = table(&[]) else { unreachable!() };
        remote.foreign = foreign;
        let id = own(Kind::Table, "f");
        let mut pair = Pair::new(id.clone(), None, Some(Object::Table(remote)));
        pair.new.objects.insert(domain, Object::Schema);
        pair.new.comments.insert(constraint.clone(), "x".to_owned());
        pair.new.comments.insert(id.clone(), "x".to_owned());
        let context = pair.context();
        assert_eq!(sql(comment(&context, &id, true)), ["COMMENT ON FOREIGN TABLE public.f IS 'x'"]);
        assert_eq!(sql(comment(&context, &constraint, true)), ["COMMENT ON CONSTRAINT c ON DOMAIN public.d IS 'x'"]);
    }
}
