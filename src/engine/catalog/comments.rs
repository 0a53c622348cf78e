//! Comments and grants.

use tokio_postgres::Row;

use super::assembly::{Address, Assembly};
use super::fragments::NAMESPACES;
use crate::core::schema::{Grant, Kind};
use crate::engine::Result;
use crate::engine::connection::database_error;

/// Columns: (catalog, oid, column number, text). The comment of a composite type belongs to its type; all its other
/// entries belong to its relation. The comment of an extension is created by the extension.
pub(super) fn comments() -> String {
    format!(
        "WITH {NAMESPACES}
        SELECT CASE WHEN t.oid IS NULL THEN d.classoid ELSE 'pg_class'::regclass::oid END, coalesce(t.typrelid, d.objoid),
               d.objsubid, d.description
        FROM pg_description d
        LEFT JOIN pg_type t ON d.classoid = 'pg_type'::regclass AND t.oid = d.objoid AND t.typtype = 'c'
        WHERE d.objoid >= 16384 AND d.classoid <> 'pg_extension'::regclass
           OR d.classoid = 'pg_namespace'::regclass AND d.objoid IN (SELECT oid FROM n)
              AND d.description <> 'standard public schema'"
    )
}

pub(super) fn add_comments(assembly: &mut Assembly, rows: &[Row]) -> Result<()> {
    for row in rows {
        let Some(id) = assembly.object_at(address(row)?).cloned() else { continue };
        let text = row.try_get(3).map_err(|error| database_error(&error))?;
        assembly.schema.comments.insert(id, text);
    }
    Ok(())
}

/// Columns: (catalog, oid, column number, grantee, privilege, grantable). The owner's privileges are left out.
pub(super) fn grants() -> String {
    format!(
        "WITH {NAMESPACES}, held (class, oid, sub, owner, acl) AS (
            SELECT 'pg_namespace'::regclass::oid, s.oid, 0, s.nspowner, coalesce(s.nspacl, acldefault('n', s.nspowner))
            FROM pg_namespace s JOIN n ON n.oid = s.oid
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, 0, c.relowner,
                   coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner))
            FROM pg_class c JOIN n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, a.attnum, c.relowner, a.attacl
            FROM pg_class c JOIN n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
            UNION ALL
            SELECT 'pg_foreign_data_wrapper'::regclass, w.oid, 0, w.fdwowner, w.fdwacl FROM pg_foreign_data_wrapper w
            UNION ALL
            SELECT 'pg_foreign_server'::regclass, s.oid, 0, s.srvowner, s.srvacl FROM pg_foreign_server s
            UNION ALL
            SELECT 'pg_proc'::regclass, p.oid, 0, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
            FROM pg_proc p JOIN n ON n.oid = p.pronamespace
            UNION ALL
            SELECT CASE t.typtype WHEN 'c' THEN 'pg_class'::regclass ELSE 'pg_type'::regclass END::oid,
                   CASE t.typtype WHEN 'c' THEN t.typrelid ELSE t.oid END,
                   0, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
            FROM pg_type t JOIN n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
            WHERE t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
        SELECT h.class, h.oid, h.sub::int,
               CASE WHEN x.grantee = 0 THEN 'public' ELSE coalesce(r.rolname::text, x.grantee::text) END,
               x.privilege_type, x.is_grantable
        FROM held h, aclexplode(h.acl) x LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE x.grantee <> h.owner"
    )
}

pub(super) fn add_grants(assembly: &mut Assembly, rows: &[Row]) -> Result<()> {
    for row in rows {
        let Some(id) = assembly.object_at(address(row)?).cloned() else { continue };
        let read = || -> Result<Grant, tokio_postgres::Error> {
            Ok(Grant { grantee: row.try_get(3)?, privilege: row.try_get(4)?, grantable: row.try_get(5)? })
        };
        let grant = read().map_err(|error| database_error(&error))?;
        let is_the_servers = id.kind == Kind::Schema && id.name == "public" && grant.grantee == "public";
        if !is_the_servers {
            assembly.schema.grants.entry(id).or_default().insert(grant);
        }
    }
    Ok(())
}

/// The address in the first three columns of a row.
pub(super) fn address(row: &Row) -> Result<Address> {
    address_from(row, 0).map_err(|error| database_error(&error))
}

/// The address in three columns of a row.
pub(super) fn address_from(row: &Row, first: usize) -> Result<Address, tokio_postgres::Error> {
    Ok(Address { class: row.try_get(first)?, oid: row.try_get(first + 1)?, column: row.try_get(first + 2)? })
}
