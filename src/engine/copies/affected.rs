//! The tables and columns that a statement affects, including those that it does not name.

use std::collections::BTreeSet;

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::relations::Relation;
use super::{CopyError, tasks};
use crate::core::copies::losses;
use crate::core::hazard::Hazard;
use crate::core::sql::qualify_names;
use crate::core::statement::Effect;

/// A table, or a column of one, that a statement affects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct AffectedObject {
    pub schema: String,
    pub table: String,
    pub column: Option<String>,
}

/// Finds the tables and columns that the hazards of dropping and truncating affect, including those that they name.
/// A partition is part of its table. Generated columns are excluded.
pub(in crate::engine) async fn find_affected_objects(
    client: &Client,
    hazards: &[Hazard],
) -> Result<Vec<AffectedObject>, CopyError> {
    // An empty object can have dependent objects that are not empty, so the evidence is ignored.
    let uncounted: Vec<Hazard> = hazards.iter().map(|hazard| Hazard { evidence: None, ..hazard.clone() }).collect();
    let mut all: Vec<Relation> = Vec::new();
    for loss in losses(&uncounted).iter().filter(|loss| may_cascade(&loss.effect)) {
        all.extend(tasks::find_relations(client, loss).await?.into_all());
    }
    let relations: Vec<Oid> = all.iter().map(|one| one.oid).collect();
    let query = "SELECT c.oid, i.inhparent FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE c.relispartition AND c.oid = ANY ($1)";
    let partitions: Vec<(Oid, Oid)> =
        client.query(&qualify_names(query), &[&relations]).await?.iter().map(|row| (row.get(0), row.get(1))).collect();
    let is_whole_table = |oid: Oid| all.iter().any(|one| one.oid == oid && one.column == 0);
    let is_part_of_another = |relation: &Relation| {
        let parent = partitions.iter().find(|(partition, _)| *partition == relation.oid).map(|(_, parent)| *parent);
        parent.is_some_and(|parent| {
            all.iter().any(|one| one.oid == parent && (one.column == 0) == (relation.column == 0))
        })
    };
    let mut affected = BTreeSet::new();
    for one in all.iter().filter(|one| "rpmf".contains(one.kind) && !is_part_of_another(one)) {
        let column = match one.column {
            0 => None,
            _ if is_whole_table(one.oid) => continue,
            number => {
                let query = "SELECT attname::text FROM pg_attribute
                    WHERE attrelid = $1 AND attnum = $2 AND NOT attisdropped AND attgenerated = ''";
                let Some(row) = client.query_opt(&qualify_names(query), &[&one.oid, &number]).await? else { continue };
                Some(row.get(0))
            }
        };
        affected.insert(AffectedObject { schema: one.schema.clone(), table: one.name.clone(), column });
    }
    Ok(affected.into_iter().collect())
}

/// Whether `CASCADE` may affect more than the statement names.
const fn may_cascade(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::DropsTable { .. }
            | Effect::DropsSequence { .. }
            | Effect::DropsColumn { .. }
            | Effect::DropsObject(_)
            | Effect::DropsOwned { .. }
            | Effect::DropsIdentity { .. }
            | Effect::Truncates { .. }
    )
}
