//! The tables and columns that a statement takes with what it names.

use std::collections::BTreeSet;

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::Trouble;
use super::resolve;
use super::sources::Source;
use crate::core::copies::{What, losses};
use crate::core::hazard::Hazard;

/// A table, or a column of one, that a statement takes along.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct Affected {
    pub schema: String,
    pub table: String,
    pub column: Option<String>,
}

/// What hazards of dropping and truncating mean for tables and columns, what they name included. Partitions count with
/// their table, generated columns not at all.
pub(in crate::engine) async fn affected(
    client: &Client,
    sql: &str,
    hazards: &[Hazard],
) -> Result<Vec<Affected>, Trouble> {
    // What is known to be empty can still take something along.
    let uncounted: Vec<Hazard> = hazards.iter().map(|hazard| Hazard { evidence: None, ..hazard.clone() }).collect();
    let mut sources: Vec<Source> = Vec::new();
    for loss in losses(sql, &uncounted) {
        if matches!(loss.what, What::Dropped(_) | What::Truncated { .. }) {
            sources.extend(resolve::look_up(client, &loss).await?.into_sources());
        }
    }
    let relations: Vec<Oid> = sources.iter().map(|source| source.relation).collect();
    let query = "SELECT c.oid, i.inhparent FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE c.relispartition AND c.oid = ANY ($1)";
    let partitions: Vec<(Oid, Oid)> =
        client.query(query, &[&relations]).await?.iter().map(|row| (row.get(0), row.get(1))).collect();
    let whole = |relation: Oid| sources.iter().any(|source| source.relation == relation && source.number == 0);
    let counts_with_another = |source: &Source| {
        let parent = partitions.iter().find(|(partition, _)| *partition == source.relation).map(|(_, parent)| *parent);
        parent.is_some_and(|parent| {
            sources.iter().any(|one| one.relation == parent && (one.number == 0) == (source.number == 0))
        })
    };
    let mut affected = BTreeSet::new();
    for source in sources.iter().filter(|source| "rpmf".contains(source.kind) && !counts_with_another(source)) {
        let column = match source.number {
            0 => None,
            _ if whole(source.relation) => continue,
            number => {
                let query = "SELECT attname::text FROM pg_attribute
                    WHERE attrelid = $1 AND attnum = $2 AND NOT attisdropped AND attgenerated = ''";
                let Some(row) = client.query_opt(query, &[&source.relation, &number]).await? else { continue };
                Some(row.get(0))
            }
        };
        affected.insert(Affected { schema: source.schema.clone(), table: source.name.clone(), column });
    }
    Ok(affected.into_iter().collect())
}
