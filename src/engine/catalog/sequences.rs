//! Sequences: independent ones, those of `serial` columns, and those of identity columns.

use serde::Deserialize;

use super::CatalogQuery;
use super::assembly::{Address, Assembly, Record, class};
use super::fragments::{NAMESPACES, PERSISTENCE, relations};
use crate::core::schema::{IdentitySequence, Kind, Object, Sequence};
use crate::engine::Result;

pub(super) const QUERIES: &[CatalogQuery] =
    &[CatalogQuery { kind: Kind::Sequence, query: sequences, add: add_sequence }];

fn sequences(_: u32) -> String {
    let relations = relations("'S'");
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT c.oid, c.schema, '', c.relname::text, '', json_build_object(
            'identity_of', CASE WHEN d.deptype = 'i' THEN json_build_array(d.refobjid::bigint, d.refobjsubid) END,
            'persistence', {PERSISTENCE},
            'owned_by', CASE WHEN d.deptype = 'a' THEN json_build_object(
                'kind', 'column', 'schema', tn.nspname, 'of', t.relname, 'name', a.attname) END,
            'options', json_build_object('type', format_type(s.seqtypid, NULL), 'start', s.seqstart,
                'increment', s.seqincrement, 'minimum', s.seqmin, 'maximum', s.seqmax, 'cache', s.seqcache,
                'cycle', s.seqcycle))::text
        FROM c JOIN pg_sequence s ON s.seqrelid = c.oid
        LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
            AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
        LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
    )
}

#[derive(Deserialize)]
struct SequenceRow {
    /// The oid of the table and the number of the column.
    identity_of: Option<(u32, i32)>,
    #[serde(flatten)]
    sequence: Sequence,
}

fn add_sequence(assembly: &mut Assembly, record: Record) -> Result<()> {
    let row: SequenceRow = record.parse()?;
    let is_owner_out_of_scope = row.sequence.owned_by.as_ref().is_some_and(|column| !assembly.is_in_scope(column));
    if !assembly.is_in_scope(&record.id) || is_owner_out_of_scope {
        return Ok(());
    }
    let Some((relation, number)) = row.identity_of else {
        assembly.register(class::RELATION, record.oid, 0, record.id.clone());
        assembly.schema.objects.insert(record.id, Object::Sequence(row.sequence));
        return Ok(());
    };
    let column = Address { column: number, ..Address::relation(relation) };
    let Some(name) = assembly.object_at(column).map(|id| id.name.clone()) else { return Ok(()) };
    let columns = assembly.columns(relation).into_iter().flatten();
    if let Some(identity) =
        columns.into_iter().find(|column| column.name == name).and_then(|column| column.identity.as_mut())
    {
        let (schema, name) = (record.id.schema.clone(), record.id.name.clone());
        identity.sequence = Some(IdentitySequence { schema, name, options: row.sequence.options });
    }
    assembly.register(class::RELATION, record.oid, 0, record.id);
    assembly.register_alias(Address::relation(record.oid), column);
    Ok(())
}
