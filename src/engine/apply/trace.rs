//! Reads from the catalog whether a statement took effect that a crashed run had started.

use super::failure::Stop;
use super::index_catalog::Leftovers;
use super::run::Run;
use crate::core::plan::PlannedStatement;
use crate::core::statement::action::TableChange;
use crate::core::statement::{Action, IndexChange, NewIndex, Trace};
use crate::engine::Result;

/// Whether a statement took effect, according to the catalog.
pub(super) enum Verdict {
    Done,
    /// It did not take effect, or can run again without harm.
    NotDone,
    /// It left these invalid indexes. Their names are SQL.
    InvalidIndexes(Vec<String>),
    /// It has started to detach a partition. This statement ends it.
    PendingDetach(String),
    /// The catalog does not show it.
    Unknown,
}

/// The table and the partition of `DETACH PARTITION CONCURRENTLY`, as SQL.
fn detached_partition(planned: &PlannedStatement) -> Option<(String, String)> {
    let Some(Action::AlterTable(alter)) = planned.statement.own_action() else { return None };
    match alter.changes.as_slice() {
        [TableChange::DetachPartition { partition, concurrently: true }] => {
            Some((alter.table.to_string(), partition.to_string()))
        }
        _ => None,
    }
}

impl Run<'_> {
    /// Looks for the trace of a statement in the catalog, after a run that started it.
    ///
    /// Before limbeck starts a statement that builds an index concurrently, it checks that there is no invalid index of
    /// that name or kind. Therefore the statement has left those that exist now.
    pub(super) async fn find_trace(&self, planned: &PlannedStatement) -> Result<Verdict, Stop> {
        match &planned.statement.index_change {
            Some(IndexChange::Create(new)) => return self.find_new_index(new).await,
            Some(IndexChange::Rebuild(reindex)) if reindex.concurrently => {
                let left = self.find_invalid_indexes(&reindex.target, Leftovers::Only).await?;
                return Ok(if left.is_empty() { Verdict::NotDone } else { Verdict::InvalidIndexes(left) });
            }
            _ => {}
        }
        if let Some((table, partition)) = detached_partition(planned) {
            return Ok(self.find_detached(&table, &partition).await?);
        }
        Ok(match &planned.statement.trace {
            Trace::DropsIndexes(names) => {
                let mut left = 0;
                for name in names {
                    left += usize::from(self.exists(name).await?);
                }
                match left {
                    0 => Verdict::Done,
                    _ if left == names.len() => Verdict::NotDone,
                    _ => Verdict::Unknown,
                }
            }
            Trace::Repeatable => Verdict::NotDone,
            Trace::None => Verdict::Unknown,
        })
    }

    async fn find_new_index(&self, new: &NewIndex) -> Result<Verdict, Stop> {
        let Some(name) = &new.name else {
            let (invalid, valid) = self.find_unnamed(new, false).await?;
            return Ok(match (invalid.is_empty(), valid.is_empty()) {
                (false, _) => Verdict::InvalidIndexes(invalid),
                (true, true) => Verdict::NotDone,
                // It may have existed before.
                (true, false) => Verdict::Unknown,
            });
        };
        Ok(match self.find_index(&new.table, name).await? {
            Some(found) if found.is_index && !found.is_usable(new.only) => Verdict::InvalidIndexes(vec![found.name]),
            // With IF NOT EXISTS, the statement can run again, and the definition is compared.
            Some(found) if found.is_index && !new.if_not_exists => Verdict::Done,
            _ => Verdict::NotDone,
        })
    }

    async fn find_detached(&self, table: &str, partition: &str) -> Result<Verdict> {
        // The column exists since PostgreSQL 14, as does DETACH PARTITION CONCURRENTLY.
        let query = "SELECT coalesce((to_jsonb(h) ->> 'inhdetachpending')::bool, false)
            FROM pg_inherits h WHERE h.inhrelid = to_regclass($1)";
        let rows = self.find(query, &[&partition]).await?;
        Ok(match rows.first().map(|row| row.get(0)) {
            None if self.exists(partition).await? => Verdict::Done,
            None => Verdict::Unknown,
            Some(true) => Verdict::PendingDetach(format!("ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE")),
            Some(false) => Verdict::NotDone,
        })
    }

    async fn exists(&self, name: &str) -> Result<bool> {
        let rows = self.find("SELECT to_regclass($1) IS NOT NULL", &[&name]).await?;
        Ok(rows.first().is_some_and(|row| row.get(0)))
    }
}
