//! Restores several copies: in the order of their foreign keys, with disabled triggers.

use std::collections::HashSet;

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::CopyError;
use super::constraints::DeferrableConstraints;
use super::restore::{Restoration, RestoreOutcome, restore_error};
use super::restore_copy::is_conflict;
use super::restore_order::{LocatedCopy, OrderedCopies, mark_missing_references};
use super::triggers::DisabledTriggers;

/// How one copy is restored.
#[derive(Debug, Clone, Copy)]
struct CopyRestoreOptions<'a> {
    /// Referenced tables whose rows are restored later.
    later: &'a [Oid],
    /// The step continues. Data that conflict with other rows are restored at its end.
    early: bool,
    /// The values are restored again later, so that their copy stays.
    stays: bool,
    /// Rows that the table does not have may be inserted.
    may_insert: bool,
}

impl Restoration {
    /// Restores copies. `early`: the step continues; these copies of values stay, because they are restored again later.
    pub(super) async fn restore_set(
        &self,
        client: &Client,
        ready: &[LocatedCopy<'_>],
        early: Option<&HashSet<i64>>,
        outcome: &mut RestoreOutcome,
    ) -> Result<(), CopyError> {
        if ready.is_empty() {
            return Ok(());
        }
        let tables: HashSet<Oid> = ready.iter().map(|(_, location)| location.relation).collect();
        let mut tables: Vec<Oid> = tables.into_iter().collect();
        tables.sort_unstable();
        let ordered = OrderedCopies::sort(client, ready).await?;
        mark_missing_references(client, ready, &ordered, |id| self.store.table_of_copy(id)).await?;
        let constraints = DeferrableConstraints::read(client, &tables).await?;
        constraints.make_immediate(client).await?;
        let mut triggers = DisabledTriggers::default();
        for table in &tables {
            triggers.disable(client, *table).await?;
        }
        let may_insert = self.match_inserted_rows(client, ready).await?;
        ordered.defer(client).await?;
        for (copy, location) in ordered.order.iter().filter_map(|index| ready.get(*index)) {
            let later = ordered.later(location.relation);
            let may_insert = may_insert.get(&location.relation).copied().unwrap_or(true);
            let stays = early.is_some_and(|stays| stays.contains(&copy.id));
            let options = CopyRestoreOptions { later: &later, early: early.is_some(), stays, may_insert };
            self.restore_one(client, (copy, location), options, outcome)
                .await
                .map_err(|error| restore_error(error, copy))?;
        }
        ordered.check(client).await?;
        triggers.enable(client).await?;
        constraints.reset(client, &self.set_constraints).await
    }

    /// Restores one copy. If its data conflicts with other rows, it stays.
    async fn restore_one(
        &self,
        client: &Client,
        (copy, location): LocatedCopy<'_>,
        CopyRestoreOptions { later, early, stays, may_insert }: CopyRestoreOptions<'_>,
        outcome: &mut RestoreOutcome,
    ) -> Result<(), CopyError> {
        if stays && !copy.contains_rows() {
            return self.restore_column_early(client, copy, location, later).await;
        }
        client.batch_execute("SAVEPOINT limbeck_one").await?;
        let restored = match self.restore_copy(client, copy, location, later, may_insert).await {
            Err(CopyError::Server(error, _)) if conflicts_with_rows(&error) && !early => {
                client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_one").await?;
                Err(error.as_db_error().map_or_else(|| error.to_string(), |answer| answer.message().to_owned()))
            }
            other => other?,
        };
        client.batch_execute("RELEASE SAVEPOINT limbeck_one").await?;
        match restored {
            Ok(restored) => {
                outcome.restored.push(restored.copy);
                outcome.not_restored.extend(restored.remains.map(|why| (copy.object.clone(), why)));
            }
            Err(why) => outcome.not_restored.push((copy.object.clone(), why)),
        }
        Ok(())
    }
}

/// Whether data conflicts with other rows: a unique value exists already, or a referenced row is missing.
fn conflicts_with_rows(error: &tokio_postgres::Error) -> bool {
    is_conflict(error) || error.code() == Some(&tokio_postgres::error::SqlState::FOREIGN_KEY_VIOLATION)
}
