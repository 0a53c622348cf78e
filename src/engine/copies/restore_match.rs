//! Finds the copied rows that the step itself has inserted again, so that they do not exist twice.

use std::collections::HashMap;

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::restore::{Restoration, is_constraint_violation};
use super::restore_order::LocatedCopy;
use super::{CopyError, columns};
use crate::core::copies::{
    CopyDetail, MatchedColumns, RestoreTarget, count_inserted_rows, delete_matched_rows, match_rows, needs_match,
    update_matched_rows,
};

impl Restoration {
    /// Removes from the copies the rows that the step itself has inserted again. Returns for each table whether the rest may
    /// be inserted: not if a row that the script inserted matches no copied row, because that may be the first version of a
    /// row that was changed later.
    pub(super) async fn match_inserted_rows(
        &self,
        client: &Client,
        ready: &[LocatedCopy<'_>],
    ) -> Result<HashMap<Oid, bool>, CopyError> {
        let mut groups: HashMap<Oid, Vec<LocatedCopy<'_>>> = HashMap::new();
        for (copy, location) in ready.iter().filter(|(copy, _)| copy.contains_rows()) {
            groups.entry(location.relation).or_default().push((*copy, *location));
        }
        let mut may_insert = HashMap::new();
        for (table, group) in groups {
            may_insert.insert(table, Box::pin(self.match_table(client, &group)).await?);
        }
        Ok(may_insert)
    }

    async fn match_table(&self, client: &Client, group: &[LocatedCopy<'_>]) -> Result<bool, CopyError> {
        let Some((first, location)) = group.first().copied() else { return Ok(true) };
        // The rows that limbeck itself has restored earlier in the step cannot be told from those of the script.
        if self.early_tables.contains(&location.relation) || !self.may_contain_new_rows(client, first, location).await?
        {
            return Ok(true);
        }
        let mut targets = Vec::new();
        for (copy, location) in group {
            let mut target = columns::read_target(client, location.relation, location.table.clone(), &[]).await?;
            target.older_values = self.find_older_values(copy, &target);
            targets.push(target);
        }
        let copies: Vec<(String, &CopyDetail)> =
            group.iter().map(|(copy, _)| (self.store.table_of_copy(copy.id), &copy.detail)).collect();
        let pairs = || copies.iter().zip(&targets);
        let Some((_, target)) = pairs().find(|((_, detail), target)| needs_match(target, detail)) else {
            return Ok(true);
        };
        let inserted = self.condition_of_new_rows(first, location);
        let any = format!("SELECT EXISTS (SELECT FROM {} AS t WHERE {inserted})", target.table);
        if !client.query_one(&any, &[]).await?.get::<_, bool>(0) {
            return Ok(false);
        }
        let count = count_inserted_rows(target, &copies, &inserted);
        let new = client.query_one(&count, &[]).await?.get::<_, i64>(0).unsigned_abs();
        let mut matched = 0;
        for columns in [MatchedColumns::All, MatchedColumns::Constant] {
            for ((table, detail), target) in pairs() {
                let sql = match_rows((table, detail), target, &copies, columns, &inserted);
                matched += client.execute(&sql, &[]).await?;
            }
            for ((table, detail), target) in pairs() {
                match columns {
                    MatchedColumns::All => client.batch_execute(&delete_matched_rows(table)).await?,
                    MatchedColumns::Constant => self.update_matched(client, (table, detail), target).await?,
                }
            }
        }
        Ok(matched >= new)
    }

    /// Gives the rows that were inserted again their previous keys, unless other rows already reference the new ones.
    async fn update_matched(
        &self,
        client: &Client,
        (table, detail): (&str, &CopyDetail),
        target: &RestoreTarget,
    ) -> Result<(), CopyError> {
        let Some(update) = update_matched_rows(table, target, detail) else { return Ok(()) };
        client.batch_execute("SAVEPOINT limbeck_match").await?;
        match client.batch_execute(&update).await {
            Ok(()) => client.batch_execute(&delete_matched_rows(table)).await?,
            Err(error) if is_constraint_violation(&error) || is_identity_error(&error) => {
                client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_match").await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(client.batch_execute("RELEASE SAVEPOINT limbeck_match").await?)
    }
}

/// Whether the server rejected a value for a `GENERATED ALWAYS AS IDENTITY` column.
fn is_identity_error(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&tokio_postgres::error::SqlState::GENERATED_ALWAYS)
}
