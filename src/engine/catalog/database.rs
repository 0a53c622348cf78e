//! Objects outside of schemas: the schemas themselves, extensions, default privileges, and objects that are not
//! compared.

use tokio_postgres::Row;

use super::CatalogQuery;
use super::assembly::{Assembly, class};
use super::fragments::{NAMESPACES, is_independent};
use crate::core::schema::{Kind, Object, UnsupportedObject};
use crate::engine::Result;
use crate::engine::connection::database_error;

pub(super) const QUERIES: &[CatalogQuery] = &[
    CatalogQuery {
        kind: Kind::Schema,
        query: schemas,
        add: |assembly, record| assembly.add_object(class::NAMESPACE, record, |(): ()| Object::Schema).map(drop),
    },
    CatalogQuery {
        kind: Kind::Extension,
        query: extensions,
        add: |assembly, record| assembly.add_object(class::EXTENSION, record, Object::Extension).map(drop),
    },
    CatalogQuery {
        kind: Kind::DefaultPrivileges,
        query: default_privileges,
        add: |assembly, record| assembly.add_object(class::DEFAULT_ACL, record, Object::DefaultPrivileges).map(drop),
    },
];

fn schemas(_: u32) -> String {
    format!("WITH {NAMESPACES} SELECT oid, '', '', schema, '', 'null' FROM n")
}

/// Extensions in managed schemas, and extensions in `pg_catalog`, which cannot be anywhere else.
fn extensions(_: u32) -> String {
    format!(
        "WITH {NAMESPACES}
        SELECT e.oid, '', '', e.extname::text, '',
               json_build_object('in_schema', s.nspname, 'version', e.extversion)::text
        FROM pg_extension e JOIN pg_namespace s ON s.oid = e.extnamespace
        WHERE e.extname <> 'plpgsql' AND ($1::text[] IS NULL OR s.nspname = ANY ($1) OR s.nspname = 'pg_catalog')"
    )
}

fn default_privileges(_: u32) -> String {
    format!(
        "WITH {NAMESPACES}
        SELECT d.oid, coalesce(n.schema, ''), CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences'
                   WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END,
               o.rolname::text, '', json_build_object('grants', (
            SELECT coalesce(json_agg(json_build_object('grantee',
                       CASE WHEN x.grantee = 0 THEN 'public' ELSE coalesce(r.rolname::text, x.grantee::text) END,
                       'privilege', x.privilege_type, 'grantable', x.is_grantable)), '[]')
            FROM aclexplode(d.defaclacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee))::text
        FROM pg_default_acl d JOIN pg_roles o ON o.oid = d.defaclrole LEFT JOIN n ON n.oid = d.defaclnamespace
        WHERE d.defaclnamespace = 0 OR n.oid IS NOT NULL"
    )
}

/// User-defined objects of kinds that are not compared. Columns: (kind, identity).
pub(super) fn unsupported_objects() -> String {
    let catalogs = [
        "pg_operator",
        "pg_opclass",
        "pg_opfamily",
        "pg_cast",
        "pg_conversion",
        "pg_language",
        "pg_am",
        "pg_transform",
        "pg_ts_config",
        "pg_ts_dict",
        "pg_ts_parser",
        "pg_ts_template",
    ];
    let others = catalogs.map(|catalog| {
        let alone = is_independent(catalog, "o.oid");
        format!("SELECT '{catalog}'::regclass::oid AS class, o.oid FROM {catalog} o WHERE o.oid >= 16384 AND {alone}")
    });
    let alone = is_independent("pg_type", "o.oid");
    format!(
        "WITH {NAMESPACES}, o AS (
            {}
            UNION ALL SELECT 'pg_type'::regclass, o.oid FROM pg_type o
            WHERE o.oid >= 16384 AND o.typtype IN ('b', 'p') AND o.typelem = 0 AND {alone})
        SELECT i.type, i.identity FROM o, pg_identify_object(o.class, o.oid, 0) i
        WHERE i.schema IS NULL OR i.schema IN (SELECT quote_ident(schema) FROM n)",
        others.join(" UNION ALL ")
    )
}

pub(super) fn add_unsupported_objects(assembly: &mut Assembly, rows: &[Row]) -> Result<()> {
    for row in rows {
        let text = |column: usize| row.try_get::<_, String>(column).map_err(|error| database_error(&error));
        assembly.schema.unsupported.push(UnsupportedObject { kind: text(0)?, identity: text(1)? });
    }
    Ok(())
}
