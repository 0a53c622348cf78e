//! Alembic's own table: one row a head.

use tokio_postgres::{Client, SimpleQueryMessage};

use crate::core::graph::{RevisionId, VersionChange};
use crate::core::schema::Scope;
use crate::engine::connection::database_error;
use crate::engine::connection::identifier::{literal, quote};
use crate::engine::{Error, Result};

/// The version table's name, as the project says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTable {
    schema: Option<String>,
    name: String,
}

impl VersionTable {
    /// Takes `alembic_version` or `schema.alembic_version`.
    #[must_use]
    pub fn new(configured: &str) -> Self {
        match configured.split_once('.') {
            Some((schema, name)) => Self { schema: Some(schema.to_owned()), name: name.to_owned() },
            None => Self { schema: None, name: configured.to_owned() },
        }
    }

    /// The name as SQL, quoted where it has to be.
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

    /// The table's rows, sorted; none where there is no table.
    ///
    /// # Errors
    /// When the server cannot be asked, or a row is no revision id.
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
            RevisionId::parse(text)
                .map_err(|error| Error::new(format!("{} holds a row that is no revision", self.sql())).because(error))
        };
        let mut heads = rows.into_iter().map(parse).collect::<Result<Vec<_>>>()?;
        heads.sort();
        Ok(heads)
    }

    /// SQL that keeps every other writer of the table away until the transaction ends (readers go on), and then
    /// reads its rows, which [`Self::held`] takes from the answer.
    #[must_use]
    pub fn hold(&self) -> String {
        let table = self.sql();
        format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE; SELECT version_num FROM {table}")
    }

    /// The table's rows, sorted, from the answer to [`Self::hold`].
    ///
    /// # Errors
    /// When a row is no revision id.
    pub fn held(&self, answer: &[SimpleQueryMessage]) -> Result<Vec<RevisionId>> {
        self.parse(answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        }))
    }

    /// Whether the table is there.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn exists(&self, client: &Client) -> Result<bool> {
        let row = client
            .query_one("SELECT to_regclass($1) IS NOT NULL", &[&self.sql()])
            .await
            .map_err(|error| database_error(&error))?;
        row.try_get(0).map_err(|error| database_error(&error))
    }

    /// Makes the table where it is missing, as Alembic makes it.
    ///
    /// # Errors
    /// When the role may not.
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

    /// SQL that writes one change; [`Self::expect_one`] looks at the rows that it hit.
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

    /// Refuses a change that did not hit exactly one row.
    ///
    /// # Errors
    /// When the table was not as the plan took it to be.
    pub fn expect_one(&self, rows: u64) -> Result<()> {
        if rows == 1 {
            return Ok(());
        }
        let table = self.sql();
        Err(Error::new(format!("{table} is not as it was: {rows} rows changed where one should have"))
            .hint("another program has written the table; look with `limbeck current`"))
    }

    /// Writes one change; it must hit exactly one row.
    ///
    /// # Errors
    /// When the server refuses, or the row is not as the plan took it to be.
    pub async fn write(&self, client: &Client, change: &VersionChange) -> Result<()> {
        let rows = client.execute(&self.change(change), &[]).await.map_err(|error| database_error(&error))?;
        self.expect_one(rows)
    }

    /// Keeps every other writer of the table away until the transaction ends; readers go on.
    ///
    /// # Errors
    /// When the lock is not had.
    pub async fn lock(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        client.batch_execute(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", self.sql())).await
    }
}
