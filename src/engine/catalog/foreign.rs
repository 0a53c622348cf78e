//! Foreign-data wrappers, foreign servers and user mappings.

use super::CatalogQuery;
use super::assembly::class;
use super::fragments::{function, not_member, sorted};
use crate::core::schema::{Kind, Object};

pub(super) const QUERIES: &[CatalogQuery] = &[
    CatalogQuery {
        kind: Kind::ForeignDataWrapper,
        query: wrappers,
        add: |assembly, record| {
            assembly.add_object(class::FOREIGN_DATA_WRAPPER, record, Object::ForeignDataWrapper).map(drop)
        },
    },
    CatalogQuery {
        kind: Kind::ForeignServer,
        query: servers,
        add: |assembly, record| assembly.add_object(class::FOREIGN_SERVER, record, Object::ForeignServer).map(drop),
    },
    CatalogQuery {
        kind: Kind::UserMapping,
        query: user_mappings,
        add: |assembly, record| assembly.add_object(class::USER_MAPPING, record, Object::UserMapping).map(drop),
    },
];

/// These objects belong to no schema. Every query has the list of managed schemas as its parameter.
const EVERY_SCHEMA: &str = "($1::text[] IS NULL OR true)";

/// Options whose values are secret.
const SECRET: &str = "^[^=]*(password|passwd|secret|token|access_key|api_?key|private_?key|credential)[^=]*=";

fn wrappers(_: u32) -> String {
    let (handler, validator) = (function("w.fdwhandler::regproc"), function("w.fdwvalidator::regproc"));
    let (options, not_member) = (sorted("w.fdwoptions"), not_member("pg_foreign_data_wrapper", "w.oid"));
    format!(
        "SELECT w.oid, '', '', w.fdwname::text, '', json_build_object(
            'handler', {handler}, 'validator', {validator}, 'options', {options})::text
        FROM pg_foreign_data_wrapper w WHERE {not_member} AND {EVERY_SCHEMA}"
    )
}

fn servers(_: u32) -> String {
    let (options, not_member) = (sorted("s.srvoptions"), not_member("pg_foreign_server", "s.oid"));
    format!(
        "SELECT s.oid, '', '', s.srvname::text, '', json_build_object(
            'wrapper', w.fdwname, 'type', s.srvtype, 'version', s.srvversion, 'options', {options})::text
        FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
        WHERE {not_member} AND {EVERY_SCHEMA}"
    )
}

/// The view hides the options from roles that may not see them.
fn user_mappings(_: u32) -> String {
    let not_member = not_member("pg_foreign_server", "m.srvid");
    format!(
        "SELECT m.umid, '', m.srvname::text, m.usename::text, '', json_build_object(
            'options', (SELECT coalesce(json_agg(o ORDER BY o COLLATE \"C\"), '[]') FROM unnest(m.umoptions) o
                        WHERE o !~* '{SECRET}'))::text
        FROM pg_user_mappings m WHERE {not_member} AND {EVERY_SCHEMA}"
    )
}
