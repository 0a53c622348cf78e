//! Publications and their tables.

use super::{Alteration, NotedSql, Writer};
use crate::core::diff::ownership::DiffContext;
use crate::core::schema::{Kind, Object, ObjectId, Publication, PublishedTable, Schema};
use crate::core::sql::identifier::{literal, qualified, quote};

pub(super) const WRITER: Writer = Writer { alteration, create, drop, alter };

/// ALTER PUBLICATION can change the options of a publication, and add and remove tables. It can neither change FOR ALL
/// TABLES nor the column list or row filter of one table.
pub(super) fn alteration(context: &DiffContext, id: &ObjectId) -> Alteration {
    match (context.old.objects.get(id), context.new.objects.get(id)) {
        (Some(Object::Publication(old)), Some(Object::Publication(new))) if old.all_tables == new.all_tables => {
            let is_same = changed_options(Some(old), new).is_empty();
            if is_same { Alteration::None } else { Alteration::InPlace { rebuilds_dependents: false } }
        }
        (old, new) if old == new => Alteration::None,
        _ => Alteration::Recreate,
    }
}

pub(super) fn create(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let sql = match context.new.objects.get(id) {
        Some(Object::Publication(publication)) => create_publication(context.new, id, publication),
        Some(Object::PublishedTable(table)) => {
            format!("ALTER PUBLICATION {} ADD {}", quote(&id.of), published_table(context.new, id, Some(table)))
        }
        _ => return Vec::new(),
    };
    vec![sql.into()]
}

pub(super) fn drop(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let sql = match id.kind {
        Kind::Publication => format!("DROP PUBLICATION {}", quote(&id.name)),
        _ => format!("ALTER PUBLICATION {} DROP {}", quote(&id.of), published_table(context.old, id, None)),
    };
    vec![sql.into()]
}

pub(super) fn alter(context: &DiffContext, id: &ObjectId) -> Vec<NotedSql> {
    let (Some(Object::Publication(old)), Some(Object::Publication(new))) =
        (context.old.objects.get(id), context.new.objects.get(id))
    else {
        return Vec::new();
    };
    let options = changed_options(Some(old), new);
    if options.is_empty() {
        return Vec::new();
    }
    vec![format!("ALTER PUBLICATION {} SET ({})", quote(&id.name), options.join(", ")).into()]
}

/// CREATE PUBLICATION with all tables.
fn create_publication(schema: &Schema, id: &ObjectId, publication: &Publication) -> String {
    let is_own = |table: &ObjectId| table.kind == Kind::PublishedTable && table.of == id.name;
    let own = schema.objects.iter().filter(|(table, _)| is_own(table));
    let tables: Vec<String> = own
        .map(|(table, object)| match object {
            Object::PublishedTable(published) => published_table(schema, table, Some(published)),
            _ => published_table(schema, table, None),
        })
        .collect();
    let target = match (publication.all_tables, tables.is_empty()) {
        (true, _) => " FOR ALL TABLES".to_owned(),
        (_, true) => String::new(),
        _ => format!("\n    FOR {}", tables.join(",\n        ")),
    };
    let options = changed_options(None, publication);
    let with = if options.is_empty() { String::new() } else { format!("\n    WITH ({})", options.join(", ")) };
    format!("CREATE PUBLICATION {}{target}{with}", quote(&id.name))
}

/// `TABLE name (columns) WHERE (filter)` or `TABLES IN SCHEMA name`.
fn published_table(schema: &Schema, id: &ObjectId, table: Option<&PublishedTable>) -> String {
    if id.name.is_empty() {
        return format!("TABLES IN SCHEMA {}", quote(&id.schema));
    }
    // Without ONLY, the statement also affects the children of the table.
    let is_parent = |object: &Object| match object {
        Object::Table(child) => {
            child.inherits.iter().any(|parent| (&parent.schema, &parent.name) == (&id.schema, &id.name))
        }
        _ => false,
    };
    let only = if schema.objects.values().any(is_parent) { "ONLY " } else { "" };
    let columns = table.and_then(|table| table.columns.as_ref()).map(|columns| {
        let names: Vec<String> = columns.iter().map(|name| quote(name)).collect();
        format!(" ({})", names.join(", "))
    });
    let filter = table.and_then(|table| table.filter.as_ref()).map(|filter| format!(" WHERE ({filter})"));
    let (columns, filter) = (columns.unwrap_or_default(), filter.unwrap_or_default());
    format!("TABLE {only}{}{columns}{filter}", qualified(&id.schema, &id.name))
}

/// The options that differ; for a new publication, those that are not the defaults.
fn changed_options(old: Option<&Publication>, new: &Publication) -> Vec<String> {
    const ALL: [&str; 4] = ["insert", "update", "delete", "truncate"];
    let operations = old.map_or_else(|| ALL.map(str::to_owned).to_vec(), |old| old.operations.clone());
    let via_root = old.is_some_and(|old| old.via_partition_root);
    let generated = old.and_then(|old| old.generated_columns.as_deref()).unwrap_or("none");
    let publish = (operations != new.operations).then(|| format!("publish = {}", literal(&new.operations.join(", "))));
    let root = (via_root != new.via_partition_root)
        .then(|| format!("publish_via_partition_root = {}", new.via_partition_root));
    let wanted = new.generated_columns.as_deref().filter(|wanted| *wanted != generated);
    let generated = wanted.map(|wanted| format!("publish_generated_columns = {wanted}"));
    [publish, root, generated].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::diff::fixtures::{Pair, sql, texts};

    const IN_PLACE: Alteration = Alteration::InPlace { rebuilds_dependents: false };

    fn publication(all_tables: bool, operations: &[&str], via_partition_root: bool) -> Publication {
        let operations = texts(operations);
        let generated_columns = Some("none".to_owned());
        Publication { all_tables, operations, via_partition_root, generated_columns, has_unmanaged_tables: false }
    }

    fn all_operations(all_tables: bool) -> Publication {
        publication(all_tables, &["insert", "update", "delete", "truncate"], false)
    }

    fn published(columns: Option<&[&str]>, filter: Option<&str>) -> Object {
        Object::PublishedTable(PublishedTable { columns: columns.map(texts), filter: filter.map(str::to_owned) })
    }

    fn id() -> ObjectId {
        ObjectId::new(Kind::Publication, "", "p")
    }

    fn table(name: &str) -> ObjectId {
        ObjectId::on(Kind::PublishedTable, "app", "p", name)
    }

    #[test]
    fn a_publication_is_created_with_its_tables_and_options() {
        let insert = publication(false, &["insert"], true);
        let stored = Publication { generated_columns: Some("stored".to_owned()), ..all_operations(true) };
        for (new, tables, expected) in [
            (all_operations(false), vec![], "CREATE PUBLICATION p"),
            (stored, vec![], "CREATE PUBLICATION p FOR ALL TABLES\n    WITH (publish_generated_columns = stored)"),
            (
                insert,
                vec![
                    (table(""), published(None, None)),
                    (table("t"), published(Some(&["id", "user"]), Some("(id > 1)"))),
                    (table("u"), published(None, None)),
                ],
                "CREATE PUBLICATION p\n    FOR TABLES IN SCHEMA app,\n        TABLE app.t (id, \"user\") WHERE ((id > 1)),\n        \
                 TABLE app.u\n    WITH (publish = 'insert', publish_via_partition_root = true)",
            ),
        ] {
            let mut pair = Pair::new(id(), None, Some(Object::Publication(new)));
            pair.new.objects.extend(tables);
            assert_eq!(sql(create(&pair.context(), &id())), [expected]);
            assert_eq!(sql(drop(&pair.context(), &id())), ["DROP PUBLICATION p"]);
        }
    }

    #[test]
    fn options_change_in_place_and_all_tables_does_not() {
        let old = all_operations(false);
        for (new, expected, statements) in [
            (old.clone(), Alteration::None, vec![]),
            (Publication { has_unmanaged_tables: true, ..old.clone() }, Alteration::None, vec![]),
            (
                publication(false, &["insert", "delete"], true),
                IN_PLACE,
                vec!["ALTER PUBLICATION p SET (publish = 'insert, delete', publish_via_partition_root = true)"],
            ),
            (publication(false, &[], false), IN_PLACE, vec!["ALTER PUBLICATION p SET (publish = '')"]),
            (all_operations(true), Alteration::Recreate, vec![]),
        ] {
            let pair = Pair::new(id(), Object::Publication(old.clone()), Object::Publication(new));
            assert_eq!(alteration(&pair.context(), &id()), expected);
            assert_eq!(sql(alter(&pair.context(), &id())), statements);
        }
    }

    #[test]
    fn tables_are_added_removed_and_replaced() {
        let pair = Pair::new(table("t"), published(None, None), published(Some(&["id"]), None));
        assert_eq!(alteration(&pair.context(), &pair.id), Alteration::Recreate);
        assert_eq!(sql(create(&pair.context(), &pair.id)), ["ALTER PUBLICATION p ADD TABLE app.t (id)"]);
        assert_eq!(sql(drop(&pair.context(), &pair.id)), ["ALTER PUBLICATION p DROP TABLE app.t"]);
        let schema = Pair::new(table(""), published(None, None), published(None, None));
        assert_eq!(alteration(&schema.context(), &schema.id), Alteration::None);
        assert_eq!(sql(create(&schema.context(), &schema.id)), ["ALTER PUBLICATION p ADD TABLES IN SCHEMA app"]);
        assert_eq!(sql(drop(&schema.context(), &schema.id)), ["ALTER PUBLICATION p DROP TABLES IN SCHEMA app"]);
    }
}
