//! Alembic's version table: one row per head.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::table_shape::{TableShape, require_fits_new};
use crate::core::graph::{ALEMBIC_WIDTH, RevisionId, TableRows, VersionChange};
use crate::core::schema::Scope;
use crate::core::sql::identifier;
use crate::core::sql::qualify_names;
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

    /// The name without its schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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

    /// The name in messages: quoted only where SQL needs it.
    #[must_use]
    pub fn shown(&self) -> String {
        let name = identifier::quote(&self.name);
        self.schema.as_ref().map_or_else(|| name.clone(), |schema| format!("{}.{name}", identifier::quote(schema)))
    }

    /// Reads the rows, sorted. Empty when the table does not exist.
    ///
    /// # Errors
    /// When the server cannot be reached, or rows are faulty. The hint is the command that repairs the table.
    pub async fn heads(&self, client: &Client) -> Result<Vec<RevisionId>> {
        self.valid(self.rows(client).await?)
    }

    /// Reads the rows, also of a table with faulty rows.
    ///
    /// # Errors
    /// When the server cannot be reached, or the relation has no rows with revision ids.
    pub async fn rows(&self, client: &Client) -> Result<TableRows> {
        let Some(shape) = self.shape(client).await? else { return Ok(TableRows::default()) };
        shape.require_readable()?;
        let query = format!("SELECT version_num::pg_catalog.text FROM {}", self.sql());
        let rows = client.query(&query, &[]).await.map_err(|error| database_error(&error))?;
        let texts: Result<Vec<Option<&str>>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        shape.require_visible(!rows.is_empty())?;
        Ok(TableRows::read(texts.map_err(|error| database_error(&error))?))
    }

    /// The error if rows are faulty, with the command that repairs the table.
    #[must_use]
    pub fn row_error(&self, rows: &TableRows) -> Option<Error> {
        if rows.faults.is_empty() {
            return None;
        }
        let error = Error::new(format!("the version table {} has faulty rows", self.shown()));
        let error = rows.faults.iter().fold(error, Error::because);
        let command = rows.repair_command();
        Some(error.hint(if command.ends_with(" REV") {
            format!("`{command}` repairs it; REV is the revision that matches the schema, or base if none is applied")
        } else {
            format!("`{command}` repairs it, if that is what the database contains")
        }))
    }

    fn valid(&self, rows: TableRows) -> Result<Vec<RevisionId>> {
        match self.row_error(&rows) {
            Some(error) => Err(error),
            None => Ok(rows.heads),
        }
    }

    /// Reads what kind of relation the version table is. `None` if it does not exist.
    async fn shape(&self, client: &Client) -> Result<Option<TableShape>> {
        TableShape::read(client, &self.sql(), &self.shown()).await
    }

    /// What should be corrected in the table, each with the statement that corrects it. Empty when it does not exist.
    ///
    /// # Errors
    /// When the table cannot be used, or the server cannot be reached.
    pub async fn advice(&self, client: &Client) -> Result<Vec<(String, String)>> {
        let Some(shape) = self.shape(client).await? else { return Ok(Vec::new()) };
        shape.require_writable(&[])?;
        Ok(shape.advice())
    }

    /// Checks before a run that the table can be changed in this way, and that its column holds the ids. With `fits_new`, a
    /// table that does not exist is created with a column that is wide enough.
    ///
    /// # Errors
    /// With the statement that corrects the table.
    pub async fn require_writable(&self, client: &Client, changes: &[&VersionChange], fits_new: bool) -> Result<()> {
        match self.shape(client).await? {
            Some(shape) => shape.require_writable(changes),
            None if fits_new => Ok(()),
            None => require_fits_new(&self.shown(), changes),
        }
    }

    /// Returns SQL that blocks other writers of the table until the transaction ends, and then reads its rows. Readers
    /// are not blocked. [`Self::held`] parses the answer.
    #[must_use]
    pub fn hold(&self) -> String {
        let table = self.sql();
        format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE; SELECT version_num::pg_catalog.text FROM {table}")
    }

    /// Parses the answer to [`Self::hold`] and returns the rows, sorted.
    ///
    /// # Errors
    /// When rows are faulty.
    pub fn held(&self, answer: &[SimpleQueryMessage]) -> Result<Vec<RevisionId>> {
        self.valid(TableRows::read(answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0)),
            _ => None,
        })))
    }

    /// Whether the table exists.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn exists(&self, client: &Client) -> Result<bool> {
        let row = client
            .query_one(&qualify_names("SELECT to_regclass($1) IS NOT NULL"), &[&self.sql()])
            .await
            .map_err(|error| database_error(&error))?;
        row.try_get(0).map_err(|error| database_error(&error))
    }

    /// Returns the existing table with its schema, so that a search path that a script sets does not hide it.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn with_schema(self, client: &Client) -> Result<Self> {
        let query =
            "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = to_regclass($1)";
        let row =
            client.query_opt(&qualify_names(query), &[&self.sql()]).await.map_err(|error| database_error(&error))?;
        Ok(row.map_or(self, |row| Self { schema: Some(row.get(0)), name: row.get(1) }))
    }

    /// Creates the table as Alembic does, if it does not exist.
    ///
    /// # Errors
    /// When the role may not create it.
    pub async fn ensure(&self, client: &Client) -> Result<()> {
        self.ensure_width(client, ALEMBIC_WIDTH).await
    }

    /// As [`Self::ensure`], with a column that holds at least this number of characters.
    ///
    /// # Errors
    /// When the role may not create it.
    pub async fn ensure_width(&self, client: &Client, width: usize) -> Result<()> {
        if self.exists(client).await? {
            return Ok(());
        }
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {} (version_num VARCHAR({}) NOT NULL, CONSTRAINT {} PRIMARY KEY (version_num))",
            self.sql(),
            width.max(ALEMBIC_WIDTH),
            quote(&format!("{}_pkc", self.name)),
        );
        match client.batch_execute(&create).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.creation_error(client, &error).await),
        }
    }

    /// The error if the table cannot be created. If the role lacks a privilege, the hint is the GRANT.
    async fn creation_error(&self, client: &Client, error: &tokio_postgres::Error) -> Error {
        let failed = database_error(error).because(format!("the version table {} was not created", self.shown()));
        if error.code() != Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
            return failed;
        }
        let query = "SELECT current_user::text, coalesce($1, current_schema()::text)";
        let Ok(row) = client.query_one(&qualify_names(query), &[&self.schema]).await else { return failed };
        let (Ok(role), Ok(Some(schema))) = (row.try_get::<_, String>(0), row.try_get::<_, Option<String>>(1)) else {
            return failed;
        };
        let (schema, role) = (identifier::quote(&schema), identifier::quote(&role));
        failed.hint(format!(
            "GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}, as the owner of the database; or set role under [apply]"
        ))
    }

    /// Returns SQL that writes one change. [`Self::expect_one`] checks the number of changed rows.
    #[must_use]
    pub fn change(&self, change: &VersionChange) -> String {
        let table = self.sql();
        let id = |id: &RevisionId| literal(id.as_str());
        let change = match change {
            VersionChange::Insert(new) => format!("INSERT INTO {table} (version_num) VALUES ({})", id(new)),
            VersionChange::Delete(old) => format!("DELETE FROM {table} WHERE version_num = {}", id(old)),
            VersionChange::Update { from, to } => {
                format!("UPDATE {table} SET version_num = {} WHERE version_num = {}", id(to), id(from))
            }
        };
        qualify_names(&change)
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
