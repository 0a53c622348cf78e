//! Domains.

use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Constraint, ConstraintKind, Domain, Kind, Object, ObjectId, Schema};
use crate::core::sql::identifier::{qualified, quote};
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    let (Some(old), Some(new)) = (domain(context.old, id), domain(context.new, id)) else { return Alteration::None };
    if (&old.type_name, &old.collation) != (&new.type_name, &new.collation) {
        Alteration::Recreate
    } else if old.default != new.default || not_null_name(id, old) != not_null_name(id, new) {
        Alteration::InPlace { rebuilds_dependents: false }
    } else {
        Alteration::None
    }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let Some(domain) = domain(context.new, id) else { return Vec::new() };
    let base = format!("CREATE DOMAIN {} AS {}", qualified(&id.schema, &id.name), domain.type_name);
    let collation = domain.collation.as_ref().map(|collation| format!(" COLLATE {collation}"));
    let default = domain.default.as_ref().map(|default| format!(" DEFAULT {default}"));
    let not_null = not_null_name(id, domain).map(|name| format!("{} NOT NULL", named(id, &name)));
    let is_inline = |constraint: &&Constraint| {
        let own = ObjectId::on(Kind::Constraint, &id.schema, &id.name, &constraint.name);
        constraint.kind != ConstraintKind::NotNull && context.decisions.inline.contains(&own)
    };
    let constraints = domain.constraints.iter().filter(is_inline);
    let constraints = constraints.map(|one| format!("\n    CONSTRAINT {} {}", quote(&one.name), one.definition));
    let parts = [Some(base), collation, default, not_null].into_iter().flatten().chain(constraints);
    vec![parts.collect::<String>().into()]
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = context.decisions.temporary_names.get(id).unwrap_or(&id.name);
    vec![format!("DROP DOMAIN {}", qualified(&id.schema, name)).into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(old), Some(new)) = (domain(context.old, id), domain(context.new, id)) else { return Vec::new() };
    let had = old.default.as_ref().filter(|_| !context.decisions.released.contains(id));
    let mut actions = Vec::new();
    if had != new.default.as_ref() {
        let set = new.default.as_ref().map(|default| format!("SET DEFAULT {default}"));
        actions.push(set.unwrap_or_else(|| "DROP DEFAULT".to_owned()));
    }
    match (not_null_name(id, old), not_null_name(id, new)) {
        (Some(before), Some(now)) if before != now => {
            actions.push(format!("RENAME CONSTRAINT {} TO {}", quote(&before), quote(&now)));
        }
        (Some(_), None) => actions.push("DROP NOT NULL".to_owned()),
        (None, Some(name)) if name == default_name(id) => actions.push("SET NOT NULL".to_owned()),
        (None, Some(name)) => actions.push(format!("ADD{} NOT NULL", named(id, &name))),
        _ => {}
    }
    let name = qualified(&id.schema, &id.name);
    actions.into_iter().map(|action| format!("ALTER DOMAIN {name} {action}").into()).collect()
}

pub(super) fn release(_: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    vec![format!("ALTER DOMAIN {} DROP DEFAULT", qualified(&id.schema, &id.name)).into()]
}

fn domain<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a Domain> {
    match schema.objects.get(id) {
        Some(Object::Domain(domain)) => Some(domain),
        _ => None,
    }
}

/// The name of the NOT NULL constraint. Before version 17 it has none, which counts as the default name.
fn not_null_name(id: &ObjectId, domain: &Domain) -> Option<String> {
    let named = domain.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::NotNull);
    domain.not_null.then(|| named.map_or_else(|| default_name(id), |constraint| constraint.name.clone()))
}

/// The name that PostgreSQL chooses by default.
fn default_name(id: &ObjectId) -> String {
    format!("{}_not_null", id.name)
}

/// The CONSTRAINT clause, which is only needed for a name that is not the default.
fn named(id: &ObjectId, name: &str) -> String {
    if name == default_name(id) { String::new() } else { format!(" CONSTRAINT {}", quote(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, constraint, own, sql};

    fn of(default: Option<&str>, not_null: Option<&str>) -> Domain {
        let named = not_null.filter(|name| !name.is_empty());
        Domain {
            type_name: "text".to_owned(),
            collation: None,
            not_null: not_null.is_some(),
            default: default.map(str::to_owned),
            constraints: named
                .map(|name| constraint(name, ConstraintKind::NotNull, "NOT NULL", &[]))
                .into_iter()
                .collect(),
        }
    }

    #[test]
    fn a_domain_is_created_with_its_inline_constraints() {
        let mut domain = of(Some("'a'::text"), Some("filled"));
        domain.collation = Some("\"C\"".to_owned());
        domain.constraints.push(constraint("short", ConstraintKind::Check, "CHECK ((length(VALUE) < 9))", &[]));
        domain.constraints.push(constraint("later", ConstraintKind::Check, "CHECK (true) NOT VALID", &[]));
        let pair = Pair::new(own(Kind::Domain, "d"), None, Some(Object::Domain(domain)));
        let mut context = pair.context();
        context.decisions.inline.insert(ObjectId::on(Kind::Constraint, "public", "d", "short"));
        let expected = "CREATE DOMAIN public.d AS text COLLATE \"C\" DEFAULT 'a'::text CONSTRAINT filled NOT NULL\n    \
                        CONSTRAINT short CHECK ((length(VALUE) < 9))";
        assert_eq!(sql(create(&context, &pair.id)), [expected]);
    }

    #[test]
    fn defaults_and_not_null_change_in_place() {
        for (old, new, expected) in [
            ((None, None), (Some("'a'"), None), vec!["SET DEFAULT 'a'"]),
            ((Some("'a'"), None), (None, None), vec!["DROP DEFAULT"]),
            ((None, Some("")), (None, None), vec!["DROP NOT NULL"]),
            ((None, None), (None, Some("")), vec!["SET NOT NULL"]),
            ((None, None), (None, Some("d_not_null")), vec!["SET NOT NULL"]),
            ((None, None), (None, Some("n")), vec!["ADD CONSTRAINT n NOT NULL"]),
            ((None, Some("n")), (None, Some("d_not_null")), vec!["RENAME CONSTRAINT n TO d_not_null"]),
            ((Some("'a'"), Some("n")), (Some("'a'"), Some("n")), vec![]),
        ] {
            let object = |(default, not_null)| Some(Object::Domain(of(default, not_null)));
            let pair = Pair::new(own(Kind::Domain, "d"), object(old), object(new));
            let context = pair.context();
            let expected: Vec<String> = expected.iter().map(|end| format!("ALTER DOMAIN public.d {end}")).collect();
            let is_same = alteration(&context, &pair.id) == Alteration::None;
            assert_eq!(is_same, expected.is_empty());
            assert_eq!(sql(alter(&context, &pair.id)), expected);
        }
    }

    #[test]
    fn a_released_domain_gets_its_default_back_and_a_new_type_recreates_it() {
        let object = || Some(Object::Domain(of(Some("'a'"), None)));
        let mut pair = Pair::new(own(Kind::Domain, "d"), object(), object());
        let mut context = pair.context();
        context.decisions.released.insert(pair.id.clone());
        assert_eq!(sql(release(&context, &pair.id)), ["ALTER DOMAIN public.d DROP DEFAULT"]);
        assert_eq!(sql(alter(&context, &pair.id)), ["ALTER DOMAIN public.d SET DEFAULT 'a'"]);
        let Some(Object::Domain(domain)) = pair.new.objects.get_mut(&pair.id) else { unreachable!() };
        domain.type_name = "character varying(9)".to_owned();
        let mut context = pair.context();
        assert_eq!(alteration(&context, &pair.id), Alteration::Recreate);
        context.decisions.temporary_names.insert(pair.id.clone(), "d_old".to_owned());
        assert_eq!(sql(drop(&context, &pair.id)), ["DROP DOMAIN public.d_old"]);
    }
}
