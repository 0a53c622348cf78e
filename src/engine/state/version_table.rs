//! Alembic's version table: one row per head.

use tokio_postgres::{Client, SimpleQueryMessage};

use crate::core::graph::{RevisionId, VersionChange};
use crate::core::schema::Scope;
use crate::engine::connection::database_error;
use crate::engine::connection::identifier::{literal, quote};
use crate::engine::{Error, Result};

/// The name of the version table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTable {
    schema: Option<String>,
    name: String,
}

impl VersionTable {
    /// Parses `alembic_version` or `schema.alembic_version`.
    #[must_use]
    pub fn new(configured: &str) -> Self {
        match configured.split_once('.') {
            Some((schema, name)) => Self { schema: Some(schema.to_owned()), name: name.to_owned() },
            None => Self { schema: None, name: configured.to_owned() },
        }
    }

    /// The name as quoted SQL.
    #[must_use]
    pub fn sql(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote(schema), quote(&self.name)),
            None => quote(&self.name),
        }
    }

    /// Returns the scope without this table.
    #[must_use]
    pub fn exclude_from(&self, scope: Scope) -> Scope {
        scope.without(self.schema.as_deref(), &self.name)
    }

    /// Reads the rows, sorted. Empty when the table does not exist.
    ///
    /// # Errors
    /// When the server cannot be reached, or a row is not a revision id.
    pub async fn heads(&self, client: &Client) -> Result<Vec<RevisionId>> {
        if !self.exists(client).await? {
            return Ok(Vec::new());
        }
        let query = format!("SELECT version_num FROM {} ORDER BY version_num", self.sql());
        let rows = client.query(&query, &[]).await.map_err(|error| database_error(&error))?;
        let texts: Result<Vec<&str>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        self.parse(texts.map_err(|error| database_error(&error))?)
    }

    fn parse<'a>(&self, rows: impl IntoIterator<Item = &'a str>) -> Result<Vec<RevisionId>> {
        let parse = |text| {
            RevisionId::parse_existing(text).map_err(|error| {
                Error::new(format!("{} contains a row that is not a revision id", self.sql())).because(error)
            })
        };
        let mut heads = rows.into_iter().map(parse).collect::<Result<Vec<_>>>()?;
        heads.sort();
        Ok(heads)
    }

    /// Returns SQL that blocks other writers of the table until the transaction ends, and then reads its rows. Readers
    /// are not blocked. [`Self::held`] parses the answer.
    #[must_use]
    pub fn hold(&self) -> String {
        let table = self.sql();
        format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE; SELECT version_num FROM {table}")
    }

    /// Parses the answer to [`Self::hold`] and returns the rows, sorted.
    ///
    /// # Errors
    /// When a row is not a revision id.
    pub fn held(&self, answer: &[SimpleQueryMessage]) -> Result<Vec<RevisionId>> {
        self.parse(answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        }))
    }

    /// Whether the table exists.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn exists(&self, client: &Client) -> Result<bool> {
        let row = client
            .query_one("SELECT to_regclass($1) IS NOT NULL", &[&self.sql()])
            .await
            .map_err(|error| database_error(&error))?;
        row.try_get(0).map_err(|error| database_error(&error))
    }

    /// Creates the table as Alembic does, if it does not exist.
    ///
    /// # Errors
    /// When the role may not create it.
    pub async fn ensure(&self, client: &Client) -> Result<()> {
        if self.exists(client).await? {
            return Ok(());
        }
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {} PRIMARY KEY (version_num))",
            self.sql(),
            quote(&format!("{}_pkc", self.name)),
        );
        client.batch_execute(&create).await.map_err(|error| database_error(&error))
    }

    /// Returns SQL that writes one change. [`Self::expect_one`] checks the number of changed rows.
    #[must_use]
    pub fn change(&self, change: &VersionChange) -> String {
        let table = self.sql();
        let id = |id: &RevisionId| literal(id.as_str());
        match change {
            VersionChange::Insert(new) => format!("INSERT INTO {table} (version_num) VALUES ({})", id(new)),
            VersionChange::Delete(old) => format!("DELETE FROM {table} WHERE version_num = {}", id(old)),
            VersionChange::Update { from, to } => {
                format!("UPDATE {table} SET version_num = {} WHERE version_num = {}", id(to), id(from))
            }
        }
    }

    /// Checks that a change affected exactly one row.
    ///
    /// # Errors
    /// When the table does not have the rows that the plan expects.
    pub fn expect_one(&self, rows: u64) -> Result<()> {
        if rows == 1 {
            return Ok(());
        }
        let table = self.sql();
        Err(Error::new(format!("{table} was changed by another program: {rows} rows were affected instead of 1"))
            .hint("check the current revision with `limbeck current`"))
    }

    /// Writes one change, which must affect exactly one row.
    ///
    /// # Errors
    /// When the server refuses it, or the table does not have the rows that the plan expects.
    pub async fn write(&self, client: &Client, change: &VersionChange) -> Result<()> {
        let rows = client.execute(&self.change(change), &[]).await.map_err(|error| database_error(&error))?;
        self.expect_one(rows)
    }

    /// Blocks other writers of the table until the transaction ends. Readers are not blocked.
    ///
    /// # Errors
    /// When the lock cannot be acquired.
    pub async fn lock(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        client.batch_execute(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", self.sql())).await
    }
}
