//! Indexes, and the index attributes of constraints.

use serde::Deserialize;

use super::CatalogQuery;
use super::assembly::{Address, Assembly, Record, class};
use super::fragments::{NAMESPACES, relations, sorted};
use crate::core::schema::{Constraint, Index, Kind, Object};
use crate::engine::Result;

pub(super) const QUERIES: &[CatalogQuery] = &[CatalogQuery { kind: Kind::Index, query: indexes, add: add_index }];

fn indexes(_: u32) -> String {
    let relations = relations("'r', 'p', 'm'");
    let options = sorted("x.reloptions");
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT x.oid, c.schema, c.relname::text, x.relname::text, '', json_build_object(
            'relation', c.oid::bigint, 'constraint', k.conname, 'options', {options}, 'unique', i.indisunique,
            'definition', substr(pg_get_indexdef(x.oid), 1 + length(
                format('CREATE %sINDEX %I ON ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, x.relname))),
            'valid', i.indisvalid, 'clustered', i.indisclustered, 'replica_identity', i.indisreplident,
            'tablespace', (SELECT spcname FROM pg_tablespace s WHERE s.oid = x.reltablespace),
            'statistics', (SELECT coalesce(json_agg(json_build_array(a.attnum, a.attstattarget) ORDER BY a.attnum), '[]')
                           FROM pg_attribute a WHERE a.attrelid = x.oid AND a.attstattarget >= 0),
            'part_of', (SELECT json_build_object('schema', pn.nspname, 'name', p.relname)
                        FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent
                        JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = x.oid))::text
        FROM c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
        LEFT JOIN pg_constraint k ON k.conindid = x.oid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')"
    )
}

#[derive(Deserialize)]
struct IndexRow {
    relation: u32,
    constraint: Option<String>,
    options: Vec<String>,
    #[serde(flatten)]
    index: Index,
}

fn add_index(assembly: &mut Assembly, record: Record) -> Result<()> {
    let row: IndexRow = record.parse()?;
    if !assembly.is_in_scope(&record.id) || assembly.object_at(Address::relation(row.relation)).is_none() {
        return Ok(());
    }
    assembly.register(class::RELATION, record.oid, 0, record.id.clone());
    let Some(name) = &row.constraint else {
        assembly.schema.objects.insert(record.id, Object::Index(row.index));
        return Ok(());
    };
    let constraints = assembly.constraints(Address::relation(row.relation)).into_iter().flatten();
    if let Some(constraint) = constraints.into_iter().find(|constraint| constraint.name == *name) {
        set_index_attributes(constraint, &row);
    }
    Ok(())
}

fn set_index_attributes(constraint: &mut Constraint, row: &IndexRow) {
    constraint.index_options.clone_from(&row.options);
    constraint.index_tablespace.clone_from(&row.index.tablespace);
    constraint.index_part_of.clone_from(&row.index.part_of);
    constraint.clustered = row.index.clustered;
    constraint.replica_identity = row.index.replica_identity;
}
