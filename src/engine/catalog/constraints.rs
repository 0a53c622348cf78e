//! Constraints of tables and domains.

use serde::Deserialize;

use super::CatalogQuery;
use super::assembly::{Address, Assembly, Record, class};
use super::fragments::{NAMESPACES, relations};
use crate::core::schema::{Constraint, Kind};
use crate::engine::Result;

pub(super) const QUERIES: &[CatalogQuery] =
    &[CatalogQuery { kind: Kind::Constraint, query: constraints, add: add_constraint }];

/// For a domain constraint, `holder` is the oid of the domain.
fn constraints(_: u32) -> String {
    let relations = relations("'r', 'p', 'f'");
    format!(
        "WITH {NAMESPACES}, {relations}, holders AS (
            SELECT 'pg_class'::regclass::oid AS class, oid, relname::text AS name, schema FROM c
            UNION ALL
            SELECT 'pg_type'::regclass, t.oid, t.typname, n.schema FROM pg_type t JOIN n ON n.oid = t.typnamespace
            WHERE t.typtype = 'd')
        SELECT k.oid, h.schema, h.name, k.conname::text, '', json_build_object(
            'class', h.class::bigint, 'holder', h.oid::bigint, 'name', k.conname,
            'kind', CASE k.contype WHEN 'p' THEN 'primary-key' WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check'
                         WHEN 'f' THEN 'foreign-key' WHEN 'x' THEN 'exclusion' ELSE 'not-null' END,
            'definition', pg_get_constraintdef(k.oid), 'validated', k.convalidated,
            'deferrable', k.condeferrable, 'deferred', k.condeferred,
            'columns', (SELECT coalesce(json_agg(a.attname ORDER BY key.place), '[]')
                        FROM unnest(k.conkey) WITH ORDINALITY AS key (number, place)
                        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = key.number AND a.attnum > 0),
            'references', (SELECT json_build_object('schema', fn.nspname, 'name', f.relname)
                           FROM pg_class f JOIN pg_namespace fn ON fn.oid = f.relnamespace
                           WHERE f.oid = k.confrelid),
            'local', k.conislocal, 'inherited', k.coninhcount > 0,
            'index_options', '[]'::json, 'index_tablespace', NULL, 'index_part_of', NULL,
            'clustered', false, 'replica_identity', false)::text
        FROM holders h JOIN pg_constraint k
            ON k.conrelid = CASE WHEN h.class = 'pg_class'::regclass THEN h.oid ELSE 0 END
           AND k.contypid = CASE WHEN h.class = 'pg_type'::regclass THEN h.oid ELSE 0 END
        WHERE k.contype IN ('p', 'u', 'c', 'f', 'x', 'n')
        ORDER BY k.conname COLLATE \"C\""
    )
}

#[derive(Deserialize)]
struct ConstraintRow {
    class: u32,
    holder: u32,
    #[serde(flatten)]
    constraint: Constraint,
}

fn add_constraint(assembly: &mut Assembly, record: Record) -> Result<()> {
    if !assembly.is_in_scope(&record.id) {
        return Ok(());
    }
    let row: ConstraintRow = record.parse()?;
    let holder = Address { class: row.class, oid: row.holder, column: 0 };
    let Some(constraints) = assembly.constraints(holder) else { return Ok(()) };
    constraints.push(row.constraint);
    assembly.register(class::CONSTRAINT, record.oid, 0, record.id);
    Ok(())
}
