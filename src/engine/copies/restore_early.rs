//! Restores values while a step runs, as soon as their column exists, so that the script's next statements find them.

use std::collections::HashSet;

use tokio_postgres::Client;

use super::restore::{Restoration, RestoreOutcome, StepMode, is_constraint_violation};
use super::store::StoredCopy;
use super::target::{FoundTable, find_column_number, find_obstacle, is_other_type, locate};
use super::{CopyError, columns};
use crate::core::copies::CopyKind;
use crate::core::statement::Statement;

impl Restoration {
    /// Restores the values whose column exists after a statement, so that the next statements find them, and before that
    /// the rows that were deleted after these values were lost. `rest`: the statements of the step that follow, if they
    /// are known.
    pub async fn restore_values(
        &mut self,
        client: &Client,
        statement: &Statement,
        rest: Option<&[&Statement]>,
    ) -> Result<(), CopyError> {
        self.may_have_inserted |= statement.may_insert_rows();
        if statement.sets_constraints() {
            self.set_constraints.push(statement.sql().to_owned());
        }
        self.record_created_tables(client).await?;
        let copies = self.copies_with_current_names(client, |copy| self.may_restore_values(copy, statement)).await?;
        let mut copies: Vec<StoredCopy> =
            copies.into_iter().filter(|copy| self.must_restore_values(copy, statement)).collect();
        let Some(oldest) = copies.iter().map(|copy| copy.id).min() else { return Ok(()) };
        let stays = self.find_copies_that_stay(&copies, rest);
        let is_later =
            |copy: &StoredCopy| copy.contains_rows() && copy.id > oldest && !self.finished.contains(&copy.id);
        copies.extend(self.copies_with_current_names(client, is_later).await?);
        let settings = self.begin_settings(client).await?;
        client.batch_execute("SAVEPOINT limbeck_early").await?;
        match self.restore_early(client, &copies, &stays).await {
            Ok(()) => client.batch_execute("RELEASE SAVEPOINT limbeck_early").await?,
            // A referenced row may only exist after a later statement. The values are then restored at the end.
            Err(CopyError::Server(error, _)) if is_constraint_violation(&error) => {
                client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_early; RELEASE SAVEPOINT limbeck_early").await?;
            }
            Err(error) => return Err(error),
        }
        settings.end(client).await
    }

    /// Whether values are restored after a statement, if it succeeds.
    pub fn may_restore_after(&self, statement: &Statement) -> bool {
        statement.command.first() == "alter" && self.copies.iter().any(|copy| self.may_restore_values(copy, statement))
    }

    /// The copies of values that a later statement of the step may overwrite, so that they must be restored again. In a
    /// transaction all copies stay: they are restored again at its end, and no other session can write before that.
    fn find_copies_that_stay(&self, copies: &[StoredCopy], rest: Option<&[&Statement]>) -> HashSet<i64> {
        let may_overwrite = |copy: &StoredCopy, statement: &Statement| {
            let names = [copy.column_name().to_lowercase(), copy.table.to_lowercase()];
            statement.may_write_values()
                && (statement.command.first() != "alter" || statement.words().is_superset(&names.into()))
        };
        let stays = |copy: &&StoredCopy| {
            let is_overwritten = |rest: &[&Statement]| rest.iter().any(|statement| may_overwrite(copy, statement));
            self.mode == StepMode::InTransaction || rest.is_none_or(is_overwritten)
        };
        copies.iter().filter(stays).map(|copy| copy.id).collect()
    }

    /// Restores copies before the end of the step, if their tables and columns exist.
    async fn restore_early(
        &mut self,
        client: &Client,
        copies: &[StoredCopy],
        stays: &HashSet<i64>,
    ) -> Result<(), CopyError> {
        let mut located = Vec::new();
        for copy in copies {
            let Some(location) = locate(client, copy).await? else { continue };
            let mut target = columns::read_target(client, location.relation, location.table.clone(), &[]).await?;
            target.older_values = self.find_older_values(copy, &target);
            let other_type = copy.detail.type_changed && is_other_type(copy, &target);
            let is_blocked = other_type || copy.detail.not_restorable.is_some();
            let is_obstructed = is_blocked || find_obstacle(copy, &target, false).is_some();
            if !is_obstructed && !self.already_existed(client, copy, &location).await? {
                located.push((copy, location));
            }
        }
        let ready: Vec<_> = located.iter().map(|(copy, location)| (*copy, location)).collect();
        let mut outcome = RestoreOutcome::default();
        self.restore_set(client, &ready, Some(stays), &mut outcome).await?;
        // What could not be restored is tried again at the end.
        let failed: HashSet<String> = outcome.not_restored.iter().map(|(object, _)| object.clone()).collect();
        for (copy, location) in ready {
            if copy.contains_rows() {
                self.finished.insert(copy.id);
                self.early_tables.insert(location.relation);
            } else if !stays.contains(&copy.id) {
                if !failed.contains(&copy.object) {
                    self.finished.insert(copy.id);
                }
                outcome.not_restored.retain(|(object, _)| *object != copy.object);
            } else if let Some(number) = find_column_number(client, location.relation, copy.column_name()).await? {
                self.created.insert(copy.id, (location.relation, number));
            }
        }
        self.early.restored.extend(outcome.restored);
        self.early.not_restored.extend(outcome.not_restored);
        Ok(())
    }

    /// Records the tables that the step has created. The step may rename them before it ends.
    async fn record_created_tables(&mut self, client: &Client) -> Result<(), CopyError> {
        for copy in self.copies.iter().filter(|copy| copy.kind == CopyKind::Table) {
            if self.created.contains_key(&copy.id) {
                continue;
            }
            if let Some(location) = locate(client, copy).await?
                && self.existing.get(&copy.id) != Some(&(location.relation, 0))
            {
                self.created.insert(copy.id, (location.relation, 0));
                self.found_tables.insert(copy.id, FoundTable::read(client, location.relation).await?);
            }
        }
        Ok(())
    }

    /// Whether values are restored before the end of the step. After they were restored once, they are restored again
    /// only if the statement may have changed them.
    pub(super) fn may_restore_values(&self, copy: &StoredCopy, statement: &Statement) -> bool {
        let is_early = copy.kind == CopyKind::Column || (copy.kind == CopyKind::Values && copy.detail.type_changed);
        is_early
            && copy.detail.not_restorable.is_none()
            && !self.finished.contains(&copy.id)
            && (!self.existing.contains_key(&copy.id) || statement.command.first() == "alter")
            && (!self.created.contains_key(&copy.id) || statement.may_write_values())
    }

    /// Whether a statement requires that values are restored after it. The copy must have the column's current name.
    fn must_restore_values(&self, copy: &StoredCopy, statement: &Statement) -> bool {
        let name = copy.column_name().to_lowercase();
        !self.created.contains_key(&copy.id)
            || statement.words().contains(&name)
            || statement.command.first() != "alter"
    }
}
