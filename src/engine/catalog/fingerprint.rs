//! Detects whether a catalog has changed since it was read, much faster than reading it again.
//!
//! The position and the writing transaction identify a row version in a system catalog, as long as the server process
//! runs. The catalog is therefore unchanged if the server was not restarted and the same row versions are visible.
//! Restoring a data directory or promoting a standby can reuse transaction ids, but both start a server process.

use crate::engine::Result;
use crate::engine::connection::{Session, database_error};

/// The catalogs that [`super::read`] uses, directly or through functions that print expressions.
const CATALOGS: [&str; 44] = [
    "pg_aggregate",
    "pg_am",
    "pg_amop",
    "pg_amproc",
    "pg_attrdef",
    "pg_attribute",
    "pg_cast",
    "pg_class",
    "pg_collation",
    "pg_constraint",
    "pg_conversion",
    "pg_default_acl",
    "pg_depend",
    "pg_description",
    "pg_enum",
    "pg_event_trigger",
    "pg_extension",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_index",
    "pg_inherits",
    "pg_language",
    "pg_namespace",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_partitioned_table",
    "pg_policy",
    "pg_proc",
    "pg_publication",
    "pg_publication_rel",
    "pg_range",
    "pg_rewrite",
    "pg_sequence",
    "pg_statistic_ext",
    "pg_tablespace",
    "pg_transform",
    "pg_trigger",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_type",
];

/// Returns a text that stays the same while the catalog is unchanged. `None` if the role is not permitted to read the
/// required values.
///
/// # Errors
/// If the connection is lost.
pub async fn read_fingerprint(session: &Session) -> Result<Option<String>> {
    let client = session.client();
    let version = session.server().version_num;
    let hash = match version {
        ..140_000 => "hashtextextended(xmin::text || ctid::text, 0)",
        _ => "hashtidextended(ctid, xmin::text::bigint)",
    };
    let newer = (version >= 150_000).then_some("pg_publication_namespace");
    let sum = |catalog| format!("(SELECT sum({hash}) FROM {catalog})");
    let sums: Vec<String> = CATALOGS.into_iter().chain(newer).map(sum).collect();
    // Transaction ids are reused after 2^32 transactions. This number changes after each 2^31.
    let query = format!(
        "SELECT concat_ws(' ', current_setting('server_version_num'),
            (SELECT system_identifier FROM pg_control_system()), pg_postmaster_start_time(),
            txid_snapshot_xmax(txid_current_snapshot()) >> 31,
            (SELECT concat_ws(' ', oid, xmin, ctid) FROM pg_database WHERE datname = current_database()),
            (SELECT sum(hashtextextended(rolname::text, oid::bigint)) FROM pg_roles), {})",
        sums.join(", ")
    );
    let begin = "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp";
    client.batch_execute(begin).await.map_err(|error| database_error(&error))?;
    let answer = client.query_one(&query, &[]).await;
    client.batch_execute("ROLLBACK").await.map_err(|error| database_error(&error))?;
    Ok(answer.ok().and_then(|row| row.try_get(0).ok()))
}
