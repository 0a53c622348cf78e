//! Writes a copy back into the table that it goes to.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::restore::{Restoration, count, holds_rows};
use super::store::Copy;
use super::target::{Located, is_other_type};
use super::{CopyError, Restored, columns};
use crate::core::copies::{Kind, Target, coming_back, identical_gone, insert, misread, older_value, update};
use crate::engine::connection::identifier::{literal, quote};

impl Restoration {
    pub(super) async fn put_back(
        &self,
        client: &Client,
        copy: &Copy,
        located: &Located,
        later: &[Oid],
        filled: bool,
    ) -> Result<Result<Restored, String>, CopyError> {
        if copy.kind == Kind::Sequence {
            return self.count_on(client, copy, located).await;
        }
        let mut target = columns::target(client, located.relation, located.table.clone(), later).await?;
        target.given = self.given(copy, &target);
        let restored = if holds_rows(copy) {
            self.write_rows(client, copy, located, &target, filled && copy.kind == Kind::Rows).await?
        } else {
            if is_other_type(copy, &target) {
                if let Some(why) = self.try_values(client, copy, located, &target).await? {
                    return Ok(Err(why));
                }
            } else {
                self.write_values(client, copy, located, &target).await?;
            }
            let name = self.store.copy(copy.id);
            let query = coming_back(&name, &target, &copy.detail, copy.kind == Kind::Values);
            let row = client.query_one(&query, &[]).await?;
            let number = |place: usize| row.get::<_, i64>(place).unsigned_abs();
            self.store.end(client, copy.id, "restored").await?;
            Restored { object: copy.object.clone(), rows: number(0), left: number(1), added: number(2) }
        };
        Ok(Ok(restored))
    }

    /// The values that rows had before the type of their column was changed, where an older copy has them.
    pub(super) fn given(&self, copy: &Copy, target: &Target) -> Vec<(String, String)> {
        let mut given = Vec::new();
        for stored in copy.detail.columns.iter().filter(|_| holds_rows(copy)) {
            let Some(now) = target.column(&stored.name).filter(|now| now.ty != stored.ty) else { continue };
            let older = self.copies.iter().find(|older| {
                let column = older.detail.columns.first();
                older.detail.retyped
                    && older.detail.stuck.is_none()
                    && older.id < copy.id
                    && older.detail.relation == copy.detail.relation
                    && column.is_some_and(|column| {
                        column.name == stored.name && column.ty == now.ty && column.shape == now.shape
                    })
            });
            let value =
                older.and_then(|older| older_value((&self.store.copy(older.id), &older.detail), now, &copy.detail));
            given.extend(value.map(|value| (stored.name.clone(), value)));
        }
        given
    }

    /// Puts values back into a column of another type than they had; where that takes not all of them as they were,
    /// says so and leaves the column as it is.
    pub(super) async fn try_values(
        &self,
        client: &Client,
        copy: &Copy,
        located: &Located,
        target: &Target,
    ) -> Result<Option<String>, CopyError> {
        client.batch_execute("SAVEPOINT limbeck_back").await?;
        let query = misread(&self.store.copy(copy.id), target, &copy.detail, copy.kind == Kind::Values);
        let misread = match self.write_values(client, copy, located, target).await {
            Ok(()) => client.query_one(&query, &[]).await?.get::<_, i64>(0) > 0,
            Err(CopyError::Server(error, _)) if is_about_values(&error) => true,
            Err(error) => return Err(error),
        };
        if !misread {
            client.batch_execute("RELEASE SAVEPOINT limbeck_back").await?;
            return Ok(None);
        }
        client.batch_execute("ROLLBACK TO SAVEPOINT limbeck_back; RELEASE SAVEPOINT limbeck_back").await?;
        let stored = copy.detail.columns.first().map(|column| (column.name.as_str(), column.ty.as_str()));
        let (name, was) = stored.unwrap_or_default();
        let is = target.column(name).map(|now| now.ty.as_str()).unwrap_or_default();
        Ok(Some(format!("{name} was {was}, and {is} does not take all its values as they were")))
    }

    pub(super) async fn write_values(
        &self,
        client: &Client,
        copy: &Copy,
        located: &Located,
        target: &Target,
    ) -> Result<(), CopyError> {
        let replaced = copy.kind == Kind::Values;
        let Some(update) = update(&self.store.copy(copy.id), target, &copy.detail, replaced) else { return Ok(()) };
        let column = copy.detail.columns.first().and_then(|column| target.column(&column.name));
        let Some(identity) = column.filter(|column| column.always) else {
            return Ok(client.batch_execute(&update).await?);
        };
        let alter = format!("ALTER TABLE {} ALTER COLUMN {} SET GENERATED", located.name, quote(&identity.name));
        Ok(client.batch_execute(&format!("{alter} BY DEFAULT; {update}; {alter} ALWAYS")).await?)
    }

    async fn write_rows(
        &self,
        client: &Client,
        copy: &Copy,
        located: &Located,
        target: &Target,
        filled: bool,
    ) -> Result<Restored, CopyError> {
        let name = self.store.copy(copy.id);
        let (before, all) = (count(client, &target.table).await?, count(client, &name).await?);
        // Rows that the step has made anew must not stand there twice; what differs waits in the copy.
        let insert = insert(&name, &located.name, target, &copy.detail);
        let rows = if filled { 0 } else { client.execute(&insert, &[]).await? };
        let left = if copy.detail.key.is_empty() {
            all.saturating_sub(rows)
        } else {
            client.batch_execute(&identical_gone(&name, target, &copy.detail)).await?;
            count(client, &name).await?
        };
        let there = all.saturating_sub(rows).saturating_sub(left);
        if left == 0 {
            self.store.end(client, copy.id, "restored").await?;
        } else {
            let mut detail = copy.detail.clone();
            if detail.key.is_empty() && rows > 0 {
                detail.stuck =
                    Some("some of its rows are back, and without a primary key nothing tells which".to_owned());
            }
            self.store.shrink(client, copy.id, left, &detail).await?;
        }
        Ok(Restored { object: copy.object.clone(), rows, left, added: before.saturating_sub(there) })
    }

    /// A sequence never goes back behind what it has given out since.
    async fn count_on(
        &self,
        client: &Client,
        copy: &Copy,
        located: &Located,
    ) -> Result<Result<Restored, String>, CopyError> {
        let Some(counter) = &copy.detail.counter else { return Ok(Err("nothing is known of it".to_owned())) };
        let behind = if counter.ascending { "<" } else { ">" };
        let (name, last, called) = (&located.name, counter.last, counter.called);
        let set = format!(
            "SELECT setval({}, {last}, {called}) FROM {name} AS s WHERE s.last_value {behind} {last}
                OR (s.last_value = {last} AND NOT s.is_called)",
            literal(name)
        );
        let moved = client.query(&set, &[]).await?.len() as u64;
        self.store.end(client, copy.id, "restored").await?;
        Ok(Ok(Restored { object: copy.object.clone(), rows: moved, left: 0, added: 0 }))
    }
}

/// Whether the server refused a value, and not us.
fn is_about_values(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|answer| answer.code().code().starts_with("22"))
}
