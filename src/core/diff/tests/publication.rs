//! Publications: the order of their statements, and when they are compared.

use super::*;
use crate::core::schema::{Publication, PublishedTable, differences};

/// A published table with a column list and a row filter.
fn published(columns: &[Column], listed: &[&str], filter: Option<&str>) -> Schema {
    let p = ObjectId::new(Kind::Publication, "", "p");
    let publication = Publication {
        all_tables: false,
        operations: ["insert", "update", "delete", "truncate"].map(str::to_owned).to_vec(),
        via_partition_root: false,
        generated_columns: None,
        has_unmanaged_tables: false,
    };
    let names = listed.iter().map(|name| (*name).to_owned()).collect();
    let table_in_p = PublishedTable { columns: Some(names), filter: filter.map(str::to_owned) };
    let mut built = schema([
        (own(Kind::Table, "t"), table(columns)),
        (p.clone(), Object::Publication(publication)),
        (on(Kind::PublishedTable, "p", "t"), Object::PublishedTable(table_in_p)),
    ]);
    let columns: Vec<ObjectId> = listed.iter().map(|name| on(Kind::Column, "t", name)).collect();
    depend(&mut built, &on(Kind::PublishedTable, "p", "t"), &columns);
    depend(&mut built, &on(Kind::PublishedTable, "p", "t"), &[p, own(Kind::Table, "t")]);
    built
}

#[test]
fn a_published_table_is_removed_while_its_columns_change() {
    let (id, note) = (column("id", "integer"), column("note", "text"));
    let old = published(&[id.clone(), note], &["id", "note"], None);
    let new = published(std::slice::from_ref(&id), &["id"], None);
    let (remove, add) = ("ALTER PUBLICATION p DROP TABLE public.t", "ALTER PUBLICATION p ADD TABLE public.t (id)");
    assert_start(&statements(&old, &new), &[remove, add, "ALTER TABLE public.t DROP COLUMN note"]);
    let restored = "ALTER PUBLICATION p ADD TABLE public.t (id, note)";
    let expected = ["ALTER TABLE public.t ADD COLUMN note text", remove, restored];
    assert_start(&statements(&new, &old), &expected);
    let filtered = |type_name: &str| published(&[column("id", type_name)], &["id"], Some("(id > 1)"));
    let alter = "ALTER TABLE public.t ALTER COLUMN id TYPE bigint";
    assert_start(&statements(&filtered("integer"), &filtered("bigint")), &[remove, alter, add]);
}

#[test]
fn a_publication_is_created_after_and_dropped_before_its_tables() {
    let all = published(&[column("id", "integer")], &["id"], None);
    let none = Schema::default();
    assert_start(
        &statements(&none, &all),
        &["CREATE TABLE public.t", "CREATE PUBLICATION p\n    FOR TABLE public.t (id)"],
    );
    assert_start(&statements(&all, &none), &["DROP PUBLICATION p", "DROP TABLE public.t"]);
    let mut rest = all.clone();
    rest.objects.retain(|id, _| id.kind == Kind::Publication);
    rest.depends.clear();
    // DROP TABLE removes the table from the publication.
    assert_start(&statements(&all, &rest), &["DROP TABLE public.t"]);
    assert_start(&statements(&rest, &all), &["CREATE TABLE public.t", "ALTER PUBLICATION p ADD TABLE public.t (id)"]);
}

#[test]
fn a_publication_of_unmanaged_tables_is_compared_only_if_both_schemas_have_it() {
    let mut mixed = published(&[column("id", "integer")], &["id"], None);
    let p = ObjectId::new(Kind::Publication, "", "p");
    if let Some(Object::Publication(publication)) = mixed.objects.get_mut(&p) {
        publication.has_unmanaged_tables = true;
    }
    let without = schema([(own(Kind::Table, "t"), table(&[column("id", "integer")]))]);
    assert!(statements(&mixed, &without).is_empty());
    assert!(differences(&mixed, &without).is_empty());
    let mut changed = mixed.clone();
    changed.objects.remove(&on(Kind::PublishedTable, "p", "t"));
    assert_start(&statements(&mixed, &changed), &["ALTER PUBLICATION p DROP TABLE public.t"]);
}
