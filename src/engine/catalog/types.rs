//! Enums, domains, composite types, range types, collations.

use super::CatalogQuery;
use super::assembly::class;
use super::fragments::{NAMESPACES, function, not_member, relations};
use crate::core::schema::{Kind, Object};

pub(super) const QUERIES: &[CatalogQuery] = &[
    CatalogQuery {
        kind: Kind::Collation,
        query: collations,
        add: |assembly, record| assembly.add_object(class::COLLATION, record, Object::Collation).map(drop),
    },
    CatalogQuery {
        kind: Kind::Enum,
        query: enums,
        add: |assembly, record| assembly.add_object(class::TYPE, record, Object::Enum).map(drop),
    },
    CatalogQuery {
        kind: Kind::Domain,
        query: domains,
        add: |assembly, record| assembly.add_object(class::TYPE, record, Object::Domain).map(drop),
    },
    CatalogQuery {
        kind: Kind::RangeType,
        query: ranges,
        add: |assembly, record| assembly.add_object(class::TYPE, record, Object::RangeType).map(drop),
    },
    CatalogQuery {
        kind: Kind::CompositeType,
        query: composites,
        add: |assembly, record| assembly.add_object(class::RELATION, record, Object::CompositeType).map(drop),
    },
];

/// The types of a `typtype` as `t`, with their schema.
fn of_type(letter: char) -> String {
    format!(
        "t AS (SELECT t.*, n.schema FROM pg_type t JOIN n ON n.oid = t.typnamespace
               WHERE t.typtype = '{letter}' AND {})",
        not_member("pg_type", "t.oid")
    )
}

fn enums(_: u32) -> String {
    let types = of_type('e');
    format!(
        "WITH {NAMESPACES}, {types}
        SELECT t.oid, t.schema, '', t.typname::text, '', json_build_object('labels',
            (SELECT coalesce(json_agg(enumlabel ORDER BY enumsortorder), '[]') FROM pg_enum WHERE enumtypid = t.oid)
            )::text FROM t"
    )
}

fn domains(_: u32) -> String {
    let types = of_type('d');
    format!(
        "WITH {NAMESPACES}, {types}
        SELECT t.oid, t.schema, '', t.typname::text, '', json_build_object(
            'type', format_type(t.typbasetype, t.typtypmod), 'not_null', t.typnotnull,
            'collation', CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END,
            'default', coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault), 'constraints', '[]'::json)::text
        FROM t JOIN pg_type b ON b.oid = t.typbasetype"
    )
}

fn ranges(version: u32) -> String {
    let types = of_type('r');
    let multirange = if version >= 140_000 { "nullif(r.rngmultitypid, 0)::regtype::text" } else { "NULL" };
    let (canonical, difference) = (function("r.rngcanonical"), function("r.rngsubdiff"));
    format!(
        "WITH {NAMESPACES}, {types}
        SELECT t.oid, t.schema, '', t.typname::text, '', json_build_object(
            'subtype', format_type(r.rngsubtype, NULL),
            'operator_class', CASE WHEN NOT o.opcdefault THEN format('%I.%I', opcn.nspname, o.opcname) END,
            'collation', CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation::regcollation::text END,
            'canonical', {canonical}, 'difference', {difference}, 'multirange', {multirange})::text
        FROM t JOIN pg_range r ON r.rngtypid = t.oid JOIN pg_type s ON s.oid = r.rngsubtype
        JOIN pg_opclass o ON o.oid = r.rngsubopc JOIN pg_namespace opcn ON opcn.oid = o.opcnamespace"
    )
}

fn composites(_: u32) -> String {
    let relations = relations("'c'");
    let not_member = not_member("pg_type", "c.reltype");
    format!(
        "WITH {NAMESPACES}, {relations}
        SELECT c.oid, c.schema, '', c.relname::text, '', json_build_object('columns', '[]'::json)::text
        FROM c WHERE {not_member}"
    )
}

fn collations(version: u32) -> String {
    let locale = match version {
        170_000.. => "l.colllocale",
        150_000.. => "l.colliculocale",
        // Before version 15, an ICU locale is stored in both columns for libc.
        _ => "CASE WHEN l.collprovider = 'i' THEN l.collcollate::text END",
    };
    let libc = |column: &str| format!("CASE WHEN l.collprovider = 'c' THEN {column}::text END");
    let (collate, ctype) = (libc("l.collcollate"), libc("l.collctype"));
    let rules = if version >= 160_000 { "l.collicurules" } else { "NULL" };
    let not_member = not_member("pg_collation", "l.oid");
    format!(
        "WITH {NAMESPACES}
        SELECT l.oid, n.schema, '', l.collname::text, '', json_build_object(
            'provider', CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
            'deterministic', l.collisdeterministic, 'locale', {locale},
            'lc_collate', {collate}, 'lc_ctype', {ctype}, 'rules', {rules})::text
        FROM pg_collation l JOIN n ON n.oid = l.collnamespace WHERE {not_member}"
    )
}
