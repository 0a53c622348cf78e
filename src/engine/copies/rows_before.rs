//! The rows of a table before a step, so that the rows which the step inserts can be found.

use tokio_postgres::Client;

use super::CopyError;
use crate::core::copies::WRITTEN_LATER;

/// The rows of a table before a step.
#[derive(Debug, Clone, Default)]
pub(super) struct RowsBefore {
    pub count: u64,
    /// The transactions that wrote rows after the current one started, as `xmin` shows them.
    pub later: Vec<String>,
}

impl RowsBefore {
    pub async fn read(client: &Client, table: &str) -> Result<Self, CopyError> {
        let query = format!(
            "SELECT count(*), coalesce(array_agg(DISTINCT t.xmin::text) FILTER (WHERE {WRITTEN_LATER}), '{{}}') FROM {table} AS t"
        );
        let row = client.query_one(&query, &[]).await?;
        Ok(Self { count: row.get::<_, i64>(0).unsigned_abs(), later: row.get(1) })
    }
}
