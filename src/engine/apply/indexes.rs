//! Checks indexes around the statements that create, rebuild or attach them. The server reports success if an index with
//! the requested name exists already, whether it is valid and has the requested definition or not.

use tokio_postgres::types::{ToSql, Type};

use super::failure::{Stop, refuse, stop};
use super::index_catalog::{FoundIndex, Leftovers};
use super::run::Run;
use crate::core::plan::{PlannedStatement, Step};
use crate::core::statement::{Action, IndexChange, NewIndex};
use crate::engine::{Error, Result};

impl Run<'_> {
    /// Before a statement: fails if it would accept an index that is invalid or has another definition, or would skip an
    /// invalid index that an earlier statement left.
    pub(super) async fn check_indexes_before(
        &self,
        step: &Step,
        planned: &PlannedStatement,
        in_transaction: bool,
    ) -> Result<(), Stop> {
        match &planned.statement.index_change {
            Some(IndexChange::Create(new)) if new.if_not_exists || new.concurrently => {
                self.check_existing(step, planned, new, in_transaction).await
            }
            Some(IndexChange::Rebuild(reindex)) if reindex.concurrently => {
                let left = self.find_invalid_indexes(&reindex.target, Leftovers::Only).await?;
                let Some(name) = left.first() else { return Ok(()) };
                let message = format!("the index {name} is invalid: an earlier REINDEX CONCURRENTLY left it");
                Err(Stop::Failed(
                    refuse(step, planned, &message)
                        .because("REINDEX CONCURRENTLY does not remove it")
                        .hint(format!("drop it with DROP INDEX CONCURRENTLY {name}, then run again")),
                ))
            }
            _ => Ok(()),
        }
    }

    /// After a statement: fails if an index that it should have created, rebuilt or attached is invalid.
    pub(super) async fn check_indexes_after(&self, step: &Step, planned: &PlannedStatement) -> Result<(), Stop> {
        let invalid = match &planned.statement.index_change {
            Some(IndexChange::Create(new)) if new.if_not_exists || new.concurrently => {
                let Some(name) = &new.name else { return Ok(()) };
                match self.find_index(&new.table, name).await? {
                    Some(found) if found.is_usable(new.only) => None,
                    Some(found) => Some(found.name),
                    None => Some(name.clone()),
                }
            }
            Some(IndexChange::Rebuild(reindex)) => {
                self.find_invalid_indexes(&reindex.target, Leftovers::Included).await?.into_iter().next()
            }
            Some(IndexChange::Attach { index, partition }) => self.find_invalid_part(index, partition).await?,
            Some(IndexChange::AttachTable { partition }) => self.find_invalid_attached(partition).await?,
            Some(IndexChange::Create(_)) => None,
            None => self.find_invalid_created(planned).await?,
        };
        let Some(name) = invalid else { return Ok(()) };
        Err(Stop::Failed(
            refuse(step, planned, &format!("the index {name} is invalid after the statement"))
                .because("queries do not use an invalid index, and an invalid unique index does not prevent duplicates")
                .hint(repair_hint(&name)),
        ))
    }

    /// Checks the index that exists under the name of a new one.
    async fn check_existing(
        &self,
        step: &Step,
        planned: &PlannedStatement,
        new: &NewIndex,
        in_transaction: bool,
    ) -> Result<(), Stop> {
        let refused = |error: Error| Err(Stop::Failed(error));
        let Some(name) = &new.name else {
            if let Some(name) = self.find_unnamed(new, in_transaction).await?.0.first() {
                let message = format!("the index {name} has the requested definition and is invalid");
                return refused(refuse(step, planned, &message).hint(repair_hint(name)));
            }
            return Ok(());
        };
        let Some(found) = self.find_index(&new.table, name).await? else { return Ok(()) };
        if !found.is_index {
            // Without IF NOT EXISTS, the server reports it.
            if !new.if_not_exists {
                return Ok(());
            }
            let message =
                format!("{} exists and is not an index, so CREATE INDEX IF NOT EXISTS creates none", found.name);
            return refused(refuse(step, planned, &message).hint("choose another name for the index"));
        }
        if !found.is_usable(new.only) {
            let message =
                format!("the index {} exists and is invalid, so the statement does not create it", found.name);
            let error = refuse(step, planned, &message).because("no unfinished run of this script left it");
            return refused(error.hint(repair_hint(&found.name)));
        }
        if !new.if_not_exists {
            return Ok(());
        }
        self.check_definition(step, planned, (new, &found), in_transaction).await
    }

    /// Fails if an existing index has another definition than the requested one.
    async fn check_definition(
        &self,
        step: &Step,
        planned: &PlannedStatement,
        (new, found): (&NewIndex, &FoundIndex),
        in_transaction: bool,
    ) -> Result<(), Stop> {
        let message = format!("the index {} exists with another definition", found.name);
        let hint = format!("drop or rename the index {}, or choose another name in the script", found.name);
        let different = |requested: &str| {
            refuse(step, planned, &message)
                .because(format!("in the database: {}", found.definition))
                .because(format!("requested: {requested}"))
                .hint(&hint)
        };
        let unique = if new.is_unique { "UNIQUE " } else { "" };
        let as_written = format!("CREATE {unique}INDEX ON {} {}", new.table, new.definition);
        if !found.is_on_table || found.is_unique != new.is_unique {
            return Err(Stop::Failed(different(&as_written)));
        }
        if new.is_written_as(found.method_and_columns()) {
            return Ok(());
        }
        match self.read_requested_definition(new, in_transaction).await {
            Ok(requested) if requested == found.method_and_columns() => Ok(()),
            Ok(requested) => {
                Err(Stop::Failed(different(&format!("CREATE {unique}INDEX ON {} USING {requested}", new.table))))
            }
            Err(error) => match stop(&error, step, None, self.cancel.is_cancelled()) {
                Stop::Failed(error) => {
                    let message =
                        format!("limbeck cannot compare the existing index {} with the requested one", found.name);
                    let cause = format!("{}; requested: {as_written}", error.message);
                    Err(Stop::Failed(refuse(step, planned, &message).because(cause).hint(hint)))
                }
                other => Err(other),
            },
        }
    }

    /// Finds invalid and valid indexes that have the definition of a new index without a name.
    pub(super) async fn find_unnamed(
        &self,
        new: &NewIndex,
        in_transaction: bool,
    ) -> Result<(Vec<String>, Vec<String>), Stop> {
        let (mut invalid, mut valid) = (Vec::new(), Vec::new());
        let all = self.find_indexes_of(&new.table).await?;
        let candidates: Vec<FoundIndex> = all.into_iter().filter(|index| index.is_unique == new.is_unique).collect();
        if candidates.is_empty() {
            return Ok((invalid, valid));
        }
        // If the definition is wrong, the server reports it when it runs the statement.
        let requested = self.read_requested_definition(new, in_transaction).await.unwrap_or_default();
        for found in candidates {
            let definition = found.method_and_columns();
            if definition == requested || new.is_written_as(definition) {
                let is_usable = found.is_usable(new.only);
                if is_usable { valid.push(found.name) } else { invalid.push(found.name) }
            }
        }
        Ok((invalid, valid))
    }

    /// Finds an invalid index that a part of a statement created, for example in a `DO` block.
    async fn find_invalid_created(&self, planned: &PlannedStatement) -> Result<Option<String>, Stop> {
        for action in &planned.statement.actions {
            let Action::CreateIndex(created) = action else { continue };
            let Some(name) = &created.name else { continue };
            let found = self.find_index(&created.table.to_string(), &name.to_string()).await?;
            if let Some(found) =
                found.filter(|found| found.is_index && !found.is_partitioned && !found.is_usable(false))
            {
                return Ok(Some(found.name));
            }
        }
        Ok(None)
    }

    /// The definition of a new index, as the server writes it after `USING`: creates the index on an empty temporary table
    /// and rolls back.
    async fn read_requested_definition(
        &self,
        new: &NewIndex,
        in_transaction: bool,
    ) -> Result<String, tokio_postgres::Error> {
        let client = self.worker.client();
        let (begin, end) = if in_transaction {
            ("SAVEPOINT limbeck_index", "ROLLBACK TO SAVEPOINT limbeck_index; RELEASE SAVEPOINT limbeck_index")
        } else {
            ("BEGIN", "ROLLBACK")
        };
        let unique = if new.is_unique { "UNIQUE " } else { "" };
        let NewIndex { table, definition, .. } = new;
        let create = format!(
            "{begin}; CREATE TEMPORARY TABLE limbeck_columns (LIKE {table}); \
             CREATE {unique}INDEX limbeck_index ON pg_temp.limbeck_columns {definition}"
        );
        let read = async {
            client.batch_execute(&create).await?;
            let query = "SELECT pg_catalog.pg_get_indexdef(pg_catalog.to_regclass('pg_temp.limbeck_index'))";
            let rows = client.query_typed(query, &[] as &[(&(dyn ToSql + Sync), Type)]).await?;
            Ok(rows.first().and_then(|row| row.get::<_, Option<String>>(0)).unwrap_or_default())
        };
        let definition: Result<String, tokio_postgres::Error> = read.await;
        client.batch_execute(end).await?;
        let start = " ON pg_temp.limbeck_columns USING ";
        definition.map(|text| text.split_once(start).map_or(String::new(), |(_, rest)| rest.to_owned()))
    }
}

/// What to do about an invalid index.
fn repair_hint(name: &str) -> String {
    format!(
        "drop it with DROP INDEX CONCURRENTLY {name}, or rebuild it with REINDEX INDEX CONCURRENTLY {name}; then run again"
    )
}
