//! Tables, views, materialized views, and their columns.

use serde::Deserialize;

use super::CatalogQuery;
use super::assembly::{Assembly, Record, class};
use super::fragments::{ACCESS_METHOD, NAMESPACES, PERSISTENCE, TABLESPACE, WITH_TOAST, relations, sorted};
use crate::core::schema::{Column, Kind, Object};
use crate::engine::Result;

pub(super) const QUERIES: &[CatalogQuery] = &[
    CatalogQuery {
        kind: Kind::Table,
        query: tables,
        add: |assembly, record| {
            assembly.add_object(class::RELATION, record, |table| Object::Table(Box::new(table))).map(drop)
        },
    },
    CatalogQuery {
        kind: Kind::View,
        query: views,
        add: |assembly, record| assembly.add_object(class::RELATION, record, Object::View).map(drop),
    },
    CatalogQuery {
        kind: Kind::MaterializedView,
        query: materialized_views,
        add: |assembly, record| assembly.add_object(class::RELATION, record, Object::MaterializedView).map(drop),
    },
    CatalogQuery { kind: Kind::Column, query: columns, add: add_column },
];

fn tables(_: u32) -> String {
    let relations = relations("'r', 'p', 'f'");
    let options = sorted(WITH_TOAST);
    let foreign_options = sorted("f.ftoptions");
    format!(
        "WITH {NAMESPACES}, {relations}, parents AS (
            SELECT i.inhrelid, json_agg(json_build_object('schema', pn.nspname, 'name', p.relname) ORDER BY i.inhseqno)
                   AS names
            FROM pg_inherits i JOIN c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
            JOIN pg_namespace pn ON pn.oid = p.relnamespace GROUP BY 1)
        SELECT c.oid, c.schema, '', c.relname::text, '', json_build_object(
            'columns', '[]'::json, 'constraints', '[]'::json, 'persistence', {PERSISTENCE},
            'partition_by', pg_get_partkeydef(c.oid),
            'partition_of', CASE WHEN c.relispartition THEN
                json_build_object('parent', parents.names -> 0, 'bound', pg_get_expr(c.relpartbound, c.oid)) END,
            'inherits', CASE WHEN c.relispartition THEN '[]'::json ELSE coalesce(parents.names, '[]') END,
            'of_type', CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
            'row_security', c.relrowsecurity, 'force_row_security', c.relforcerowsecurity,
            'replica_identity', CASE c.relreplident WHEN 'n' THEN CASE c.relkind WHEN 'f' THEN 'default' ELSE 'nothing' END
                                     WHEN 'f' THEN 'full'
                                     WHEN 'i' THEN 'index' ELSE 'default' END,
            'access_method', {ACCESS_METHOD}, 'tablespace', {TABLESPACE}, 'options', {options},
            'foreign', (SELECT json_build_object('server', s.srvname, 'options', {foreign_options})
                        FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
                        WHERE f.ftrelid = c.oid))::text
        FROM c LEFT JOIN parents ON parents.inhrelid = c.oid"
    )
}

fn views(_: u32) -> String {
    let relations = relations("'v'");
    let options = sorted("c.reloptions");
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT c.oid, c.schema, '', c.relname::text, '', json_build_object(
            'definition', pg_get_viewdef(c.oid), 'options', {options}, 'columns', '[]'::json)::text FROM c"
    )
}

fn materialized_views(_: u32) -> String {
    let relations = relations("'m'");
    let options = sorted(WITH_TOAST);
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT c.oid, c.schema, '', c.relname::text, '', json_build_object(
            'definition', pg_get_viewdef(c.oid), 'options', {options}, 'columns', '[]'::json,
            'access_method', {ACCESS_METHOD}, 'tablespace', {TABLESPACE})::text FROM c"
    )
}

fn columns(version: u32) -> String {
    let relations = relations("'r', 'p', 'f', 'v', 'm', 'c'");
    let compression =
        if version >= 140_000 { "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END" } else { "NULL" };
    let options = sorted("a.attoptions");
    let foreign_options = sorted("a.attfdwoptions");
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT c.oid, c.schema, c.relname::text, a.attname::text, '', json_build_object(
            'number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
            'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
            'not_null', a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid),
            'generated', CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END,
            'identity', CASE WHEN a.attidentity <> '' THEN
                json_build_object('always', a.attidentity = 'a', 'sequence', NULL) END,
            'storage', CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage
                WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END,
            'compression', {compression}, 'statistics', nullif(a.attstattarget, -1),
            'options', {options}, 'foreign_options', {foreign_options},
            'local', a.attislocal, 'inherited', a.attinhcount > 0)::text
        FROM c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef
        ORDER BY a.attrelid, a.attnum"
    )
}

#[derive(Deserialize)]
struct ColumnRow {
    number: i32,
    #[serde(flatten)]
    column: Column,
}

fn add_column(assembly: &mut Assembly, record: Record) -> Result<()> {
    let Some(columns) = assembly.columns(record.oid) else { return Ok(()) };
    let row: ColumnRow = record.parse()?;
    columns.push(row.column);
    assembly.register(class::RELATION, record.oid, row.number, record.id);
    Ok(())
}
