//! The table of one copy: its privileges and its size.

use tokio_postgres::Client;

use super::CopyError;

/// Revokes all privileges on a table of copied data except the owner's. Default privileges may grant some to other
/// roles.
pub(super) async fn revoke_privileges(client: &Client, table: &str) -> Result<(), CopyError> {
    let query = "SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_class c CROSS JOIN aclexplode(c.relacl) a WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner";
    for row in client.query(query, &[&table]).await? {
        client.batch_execute(&format!("REVOKE ALL ON {table} FROM {}", row.get::<_, &str>(0))).await?;
    }
    Ok(())
}

/// The size of the table of a copy, in bytes.
pub(super) async fn read_copy_size(client: &Client, table: &str) -> Result<u64, CopyError> {
    let row = client.query_one("SELECT pg_total_relation_size(to_regclass($1))", &[&table]).await?;
    Ok(row.get::<_, Option<i64>>(0).unwrap_or_default().unsigned_abs())
}

/// The number of rows in a table.
pub(super) async fn count_rows(client: &Client, table: &str) -> Result<u64, CopyError> {
    let row = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}
