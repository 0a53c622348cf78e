//! Enums, composite types, range types.

use std::collections::BTreeSet;

use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Column, CompositeType, Enum, Kind, Object, ObjectId, RangeType, Schema};
use crate::core::sql::identifier::{literal, qualified, quote};
pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    match (context.old.objects.get(id), context.new.objects.get(id)) {
        (old, new) if old == new => Alteration::None,
        (Some(Object::Enum(old)), Some(Object::Enum(new))) if only_adds(old, new) => {
            Alteration::InPlace { rebuilds_dependents: false }
        }
        (Some(Object::CompositeType(old)), Some(Object::CompositeType(new))) => {
            composite_alteration(context, id, old, new)
        }
        _ => Alteration::Recreate,
    }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = qualified(&id.schema, &id.name);
    let (what, items) = match context.new.objects.get(id) {
        Some(Object::Enum(one)) => (" ENUM", one.labels.iter().map(|label| literal(label)).collect()),
        Some(Object::CompositeType(composite)) => ("", composite.columns.iter().map(attribute).collect()),
        Some(Object::RangeType(range)) => (" RANGE", range_settings(id, range)),
        _ => return Vec::new(),
    };
    vec![format!("CREATE TYPE {name} AS{what} {}", list(&items, name.len())).into()]
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = context.decisions.temporary_names.get(id).unwrap_or(&id.name);
    vec![format!("DROP TYPE {}", qualified(&id.schema, name)).into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let name = qualified(&id.schema, &id.name);
    let actions = match (context.old.objects.get(id), context.new.objects.get(id)) {
        (Some(Object::Enum(old)), Some(Object::Enum(new))) => added_labels(old, new),
        (Some(Object::CompositeType(old)), Some(Object::CompositeType(new))) => {
            let cascade = if is_of_tables(context.old, id) { " CASCADE" } else { "" };
            changed_attributes(old, new).into_iter().map(|action| action + cascade).collect()
        }
        _ => Vec::new(),
    };
    actions.into_iter().map(|action| format!("ALTER TYPE {name} {action}").into()).collect()
}

/// Renames a type. PostgreSQL renames its array type too.
pub(super) fn rename_old(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let Some(other) = context.decisions.temporary_names.get(id) else { return Vec::new() };
    let name = qualified(&id.schema, &id.name);
    let statements = match context.old.objects.get(id) {
        Some(Object::Domain(_)) => vec![format!("ALTER DOMAIN {name} RENAME TO {}", quote(other))],
        Some(Object::RangeType(range)) => rename_range(&name, range, other),
        _ => vec![format!("ALTER TYPE {name} RENAME TO {}", quote(other))],
    };
    statements.into_iter().map(NotedSql::from).collect()
}

/// PostgreSQL does not rename the multirange and the constructor functions, so that their names would not be free.
fn rename_range(name: &str, range: &RangeType, other: &str) -> Vec<String> {
    let subtype = &range.subtype;
    let mut statements = vec![
        format!("ALTER TYPE {name} RENAME TO {}", quote(other)),
        format!("ALTER FUNCTION {name}({subtype}, {subtype}) RENAME TO {}", quote(other)),
        format!("ALTER FUNCTION {name}({subtype}, {subtype}, text) RENAME TO {}", quote(other)),
    ];
    if let Some(multirange) = &range.multirange {
        let other = quote(&format!("{other}_multirange"));
        statements.push(format!("ALTER TYPE {multirange} RENAME TO {other}"));
        statements.push(format!("ALTER FUNCTION {multirange}() RENAME TO {other}"));
    }
    statements
}

/// A list on one line if it is short, otherwise with one item per line.
fn list(items: &[String], before: usize) -> String {
    let joined = items.join(", ");
    if before + joined.len() <= 80 && items.len() <= 6 {
        format!("({joined})")
    } else {
        format!("(\n    {}\n)", items.join(",\n    "))
    }
}

/// Whether the new enum has all old labels in the same order.
fn only_adds(old: &Enum, new: &Enum) -> bool {
    let mut labels = new.labels.iter();
    old.labels.iter().all(|label| labels.any(|other| other == label))
}

/// ADD VALUE for each new label, before the next old label, so that the order is right.
fn added_labels(old: &Enum, new: &Enum) -> Vec<String> {
    let is_old = |label: &&String| old.labels.contains(label);
    let added = new.labels.iter().enumerate().filter(|(_, label)| !is_old(label));
    let action = |(at, label): (usize, &String)| match new.labels.iter().skip(at).find(is_old) {
        Some(next) => format!("ADD VALUE {} BEFORE {}", literal(label), literal(next)),
        None => format!("ADD VALUE {}", literal(label)),
    };
    added.map(action).collect()
}

fn attribute(column: &Column) -> String {
    format!("{} {}{}", quote(&column.name), column.type_name, collate(column))
}

fn collate(column: &Column) -> String {
    column.collation.as_ref().map(|collation| format!(" COLLATE {collation}")).unwrap_or_default()
}

fn composite_alteration(context: &DiffContext, id: &ObjectId, old: &CompositeType, new: &CompositeType) -> Alteration {
    if changed_attributes(old, new).is_empty() {
        return Alteration::None;
    }
    let retyped =
        old.columns.iter().any(|column| counterpart(new, column).is_some_and(|other| !is_alike(column, other)));
    if retyped && is_stored(context.old, id) {
        return Alteration::Recreate;
    }
    let has_dependents = |column: &Column| {
        let attribute = ObjectId::on(Kind::Column, &id.schema, &id.name, &column.name);
        context.old.dependents(&attribute).next().is_some()
    };
    let stays = |column: &Column| counterpart(new, column).is_some_and(|other| is_alike(column, other));
    Alteration::InPlace {
        rebuilds_dependents: old.columns.iter().any(|column| !stays(column) && has_dependents(column)),
    }
}

fn counterpart<'a>(of: &'a CompositeType, column: &Column) -> Option<&'a Column> {
    of.columns.iter().find(|other| other.name == column.name)
}

fn is_alike(old: &Column, new: &Column) -> bool {
    (&old.type_name, &old.collation) == (&new.type_name, &new.collation)
}

fn changed_attributes(old: &CompositeType, new: &CompositeType) -> Vec<String> {
    let dropped = old.columns.iter().filter(|column| counterpart(new, column).is_none());
    let dropped = dropped.map(|column| format!("DROP ATTRIBUTE {}", quote(&column.name)));
    let pairs = new.columns.iter().filter_map(|column| Some((counterpart(old, column)?, column)));
    let altered = pairs
        .filter(|(before, now)| !is_alike(before, now))
        .map(|(_, now)| format!("ALTER ATTRIBUTE {} TYPE {}{}", quote(&now.name), now.type_name, collate(now)));
    let new_columns = new.columns.iter().filter(|column| counterpart(old, column).is_none());
    let added = new_columns.map(|column| format!("ADD ATTRIBUTE {}", attribute(column)));
    dropped.chain(altered).chain(added).collect()
}

/// Whether a table stores values of the type. PostgreSQL then cannot change the type of an attribute. Values are also
/// stored through domains, ranges, other composite types, and the row types of tables and views.
fn is_stored(schema: &Schema, id: &ObjectId) -> bool {
    let (mut seen, mut waiting) = (BTreeSet::new(), vec![id.clone()]);
    while let Some(current) = waiting.pop() {
        for dependent in schema.dependents(&current) {
            let is_column = dependent.kind == Kind::Column;
            let holder = if is_column { schema.holder(dependent) } else { Some(dependent) };
            let Some(holder) = holder else { continue };
            if is_column && matches!(holder.kind, Kind::Table | Kind::MaterializedView) {
                return true;
            }
            let contains_type =
                matches!(holder.kind, Kind::Domain | Kind::CompositeType | Kind::RangeType | Kind::View);
            if contains_type && seen.insert(holder.clone()) {
                waiting.push(holder.clone());
            }
        }
    }
    false
}

/// Whether a table is OF the type. Its columns then change with CASCADE.
fn is_of_tables(schema: &Schema, id: &ObjectId) -> bool {
    let name = qualified(&id.schema, &id.name);
    schema
        .objects
        .values()
        .any(|object| matches!(object, Object::Table(table) if table.of_type.as_ref() == Some(&name)))
}

fn range_settings(id: &ObjectId, range: &RangeType) -> Vec<String> {
    let usual = qualified(&id.schema, &default_multirange(&id.name));
    let multirange = range.multirange.as_ref().filter(|name| **name != usual);
    let settings = [
        ("subtype", Some(&range.subtype)),
        ("subtype_opclass", range.operator_class.as_ref()),
        ("collation", range.collation.as_ref()),
        ("canonical", range.canonical.as_ref()),
        ("subtype_diff", range.difference.as_ref()),
        ("multirange_type_name", multirange),
    ];
    settings.into_iter().filter_map(|(name, value)| Some(format!("{name} = {}", value?))).collect()
}

/// The default name of a range's multirange.
fn default_multirange(range: &str) -> String {
    if range.contains("range") { range.replacen("range", "multirange", 1) } else { format!("{range}_multirange") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, column, own, sql, table, texts};

    fn labels(labels: &[&str]) -> Object {
        Object::Enum(Enum { labels: texts(labels) })
    }

    fn composite(columns: &[Column]) -> Object {
        Object::CompositeType(CompositeType { columns: columns.to_vec() })
    }

    fn range(multirange: &str) -> RangeType {
        RangeType {
            subtype: "text".to_owned(),
            operator_class: Some("pg_catalog.text_pattern_ops".to_owned()),
            collation: Some("\"C\"".to_owned()),
            canonical: None,
            difference: Some("public.gap".to_owned()),
            multirange: Some(multirange.to_owned()),
        }
    }

    #[test]
    fn new_labels_are_added_in_order() {
        for (old, new, expected) in [
            (vec!["b"], vec!["a", "b"], vec!["'a' BEFORE 'b'"]),
            (vec!["b"], vec!["b", "c", "d"], vec!["'c'", "'d'"]),
            (
                vec!["b", "e"],
                vec!["a", "b", "c", "d", "e", "it's"],
                vec!["'a' BEFORE 'b'", "'c' BEFORE 'e'", "'d' BEFORE 'e'", "'it''s'"],
            ),
            (vec![], vec!["a", "b"], vec!["'a'", "'b'"]),
        ] {
            let pair = Pair::new(own(Kind::Enum, "e"), labels(&old), labels(&new));
            assert_eq!(alteration(&pair.context(), &pair.id), Alteration::InPlace { rebuilds_dependents: false });
            let expected: Vec<String> =
                expected.iter().map(|end| format!("ALTER TYPE public.e ADD VALUE {end}")).collect();
            assert_eq!(sql(alter(&pair.context(), &pair.id)), expected);
        }
    }

    #[test]
    fn a_dropped_or_moved_label_recreates_the_enum() {
        for (old, new) in [(vec!["a", "b"], vec!["a"]), (vec!["a", "b"], vec!["b", "a"]), (vec!["a"], vec!["b"])] {
            let pair = Pair::new(own(Kind::Enum, "e"), labels(&old), labels(&new));
            assert_eq!(alteration(&pair.context(), &pair.id), Alteration::Recreate);
        }
    }

    #[test]
    fn short_types_are_written_on_one_line() {
        let mut collated = column("order", "text");
        collated.collation = Some("\"C\"".to_owned());
        let long = ["a very long label", "another very long label", "and one more that is so long", "and the last one"];
        for (object, expected) in [
            (labels(&["a", "it's"]), "ENUM ('a', 'it''s')"),
            (labels(&[]), "ENUM ()"),
            (
                labels(&long),
                "ENUM (\n    'a very long label',\n    'another very long label',\n    \
                 'and one more that is so long',\n    'and the last one'\n)",
            ),
            (composite(&[column("a", "numeric(10,2)"), collated]), "(a numeric(10,2), \"order\" text COLLATE \"C\")"),
            (
                Object::RangeType(range("public.xmultirange")),
                "RANGE (\n    subtype = text,\n    subtype_opclass = pg_catalog.text_pattern_ops,\n    \
                 collation = \"C\",\n    subtype_diff = public.gap\n)",
            ),
        ] {
            let pair = Pair::new(own(Kind::Enum, "xrange"), None, object);
            assert_eq!(sql(create(&pair.context(), &pair.id)), [format!("CREATE TYPE public.xrange AS {expected}")]);
        }
    }

    #[test]
    fn a_multirange_is_named_unless_it_has_the_default_name() {
        let one = Some(Object::RangeType(range("public.many")));
        let pair = Pair::new(own(Kind::RangeType, "xrange"), one.clone(), one);
        assert!(sql(create(&pair.context(), &pair.id))[0].contains("multirange_type_name = public.many"));
        assert_eq!(default_multirange("span"), "span_multirange");
        let mut context = pair.context();
        context.decisions.temporary_names.insert(pair.id.clone(), "xrange_old".to_owned());
        let expected = [
            "ALTER TYPE public.xrange RENAME TO xrange_old",
            "ALTER FUNCTION public.xrange(text, text) RENAME TO xrange_old",
            "ALTER FUNCTION public.xrange(text, text, text) RENAME TO xrange_old",
            "ALTER TYPE public.many RENAME TO xrange_old_multirange",
            "ALTER FUNCTION public.many() RENAME TO xrange_old_multirange",
        ];
        assert_eq!(sql(rename_old(&context, &pair.id)), expected);
        assert_eq!(sql(drop(&context, &pair.id)), ["DROP TYPE public.xrange_old"]);
    }

    #[test]
    fn attributes_change_in_place_if_no_table_stores_them() {
        let old = composite(&[column("a", "integer"), column("b", "text"), column("c", "text")]);
        let new = composite(&[column("d", "date"), column("c", "text"), column("a", "bigint")]);
        let mut pair = Pair::new(own(Kind::CompositeType, "t"), old, new);
        assert_eq!(alteration(&pair.context(), &pair.id), Alteration::InPlace { rebuilds_dependents: false });
        assert_eq!(
            sql(alter(&pair.context(), &pair.id)),
            [
                "ALTER TYPE public.t DROP ATTRIBUTE b",
                "ALTER TYPE public.t ALTER ATTRIBUTE a TYPE bigint",
                "ALTER TYPE public.t ADD ATTRIBUTE d date",
            ]
        );
        let on = |of, name| ObjectId::on(Kind::Column, "public", of, name);
        pair.old.depends.insert(own(Kind::View, "v"), BTreeSet::from([on("t", "b")]));
        assert_eq!(alteration(&pair.context(), &pair.id), Alteration::InPlace { rebuilds_dependents: true });
        // A table's column of a domain based on the type.
        pair.old.objects.insert(own(Kind::Table, "users"), table(&[column("x", "public.d")]));
        pair.old.depends.insert(own(Kind::Domain, "d"), BTreeSet::from([pair.id.clone()]));
        pair.old.depends.insert(on("users", "x"), BTreeSet::from([own(Kind::Domain, "d")]));
        assert_eq!(alteration(&pair.context(), &pair.id), Alteration::Recreate);
    }

    #[test]
    fn the_order_of_attributes_does_not_matter() {
        let (a, b) = (column("a", "integer"), column("b", "text"));
        let id = own(Kind::CompositeType, "t");
        let pair = Pair::new(id.clone(), composite(&[a.clone(), b.clone()]), composite(&[b, a.clone()]));
        assert_eq!(alteration(&pair.context(), &id), Alteration::None);
        let mut typed =
            Pair::new(id.clone(), composite(std::slice::from_ref(&a)), composite(&[a.clone(), column("z", "date")]));
        let Object::Table(mut of) = table(&[a]) else { unreachable!() };
        of.of_type = Some("public.t".to_owned());
        typed.old.objects.insert(own(Kind::Table, "typed"), Object::Table(of));
        assert_eq!(sql(alter(&typed.context(), &id)), ["ALTER TYPE public.t ADD ATTRIBUTE z date CASCADE"]);
    }
}
