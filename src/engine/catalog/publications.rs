//! Publications and their tables.

use serde::Deserialize;

use super::CatalogQuery;
use super::assembly::{Assembly, Record, class};
use super::fragments::not_member;
use crate::core::schema::{Kind, Object, ObjectId, Publication, PublishedTable};
use crate::engine::Result;

pub(super) const QUERIES: &[CatalogQuery] = &[
    CatalogQuery {
        kind: Kind::Publication,
        query: publications,
        add: |assembly, record| assembly.add_object(class::PUBLICATION, record, Object::Publication).map(drop),
    },
    CatalogQuery { kind: Kind::PublishedTable, query: published_tables, add: add_published_table },
];

/// With a list of managed schemas, FOR ALL TABLES includes tables of other schemas.
fn publications(version: u32) -> String {
    let generated =
        if version >= 180_000 { "CASE p.pubgencols WHEN 's' THEN 'stored' ELSE 'none' END" } else { "NULL" };
    let not_member = not_member("pg_publication", "p.oid");
    format!(
        "SELECT p.oid, '', '', p.pubname::text, '', json_build_object(
            'all_tables', p.puballtables,
            'operations', array_to_json(array_remove(ARRAY[
                CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END], NULL)),
            'via_partition_root', p.pubviaroot, 'generated_columns', {generated},
            'has_unmanaged_tables', p.puballtables AND $1::text[] IS NOT NULL)::text
        FROM pg_publication p WHERE {not_member}"
    )
}

/// TABLES IN SCHEMA has an empty name.
fn published_tables(version: u32) -> String {
    let (columns, filter, schemas) = if version >= 150_000 {
        (
            "(SELECT json_agg(a.attname ORDER BY a.attname COLLATE \"C\") FROM pg_attribute a
              WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs))",
            "pg_get_expr(r.prqual, r.prrelid)",
            "UNION ALL
            SELECT m.oid, s.nspname::text, p.pubname::text, '', '', json_build_object(
                'is_schema', true, 'columns', NULL, 'filter', NULL)::text
            FROM pg_publication_namespace m JOIN pg_publication p ON p.oid = m.pnpubid
            JOIN pg_namespace s ON s.oid = m.pnnspid",
        )
    } else {
        ("NULL", "NULL", "")
    };
    format!(
        "SELECT r.oid, s.nspname::text, p.pubname::text, c.relname::text, '', json_build_object(
            'is_schema', false, 'columns', {columns}, 'filter', {filter})::text
        FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
        JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace s ON s.oid = c.relnamespace
        {schemas}"
    )
}

#[derive(Deserialize)]
struct PublishedTableRow {
    is_schema: bool,
    #[serde(flatten)]
    table: PublishedTable,
}

/// A table or schema that was not read is not managed. It is only noted in the publication.
fn add_published_table(assembly: &mut Assembly, record: Record) -> Result<()> {
    let row: PublishedTableRow = record.parse()?;
    let publication = ObjectId::new(Kind::Publication, "", &record.id.of);
    let (class, published) = if row.is_schema {
        (class::PUBLICATION_SCHEMA, ObjectId::new(Kind::Schema, "", &record.id.schema))
    } else {
        (class::PUBLICATION_TABLE, ObjectId::new(Kind::Table, &record.id.schema, &record.id.name))
    };
    let is_managed = assembly.schema.objects.contains_key(&published);
    match assembly.schema.objects.get_mut(&publication) {
        Some(Object::Publication(Publication { has_unmanaged_tables, .. })) if !is_managed => {
            *has_unmanaged_tables = true;
        }
        Some(_) => {
            assembly.register(class, record.oid, 0, record.id.clone());
            assembly.schema.objects.insert(record.id, Object::PublishedTable(row.table));
        }
        None => {}
    }
    Ok(())
}
