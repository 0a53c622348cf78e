//! What a database's schema is made of, as lines that can be compared.

use std::collections::BTreeMap;

use crate::engine::Result;
use crate::engine::postgres::{Session, VersionTable, database_error};

/// Every object of the catalog with its definition, as the server itself writes it, but for the version table, the
/// ledger and what belongs to extensions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    objects: BTreeMap<String, String>,
}

impl Shape {
    /// Reads the catalog; names are written out with their schemas.
    pub async fn read(session: &Session, version_table: &VersionTable) -> Result<Self> {
        let client = session.client();
        let transaction = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        client.batch_execute(transaction).await.map_err(|error| database_error(&error))?;
        // The version table's place is looked up before the search path goes.
        let table = client
            .query_one("SELECT coalesce(to_regclass($1)::oid::int8, 0)::text", &[&version_table.sql()])
            .await
            .map_err(|error| database_error(&error))?;
        let table: String = table.get(0);
        let path = "SET LOCAL search_path = ''";
        client.batch_execute(path).await.map_err(|error| database_error(&error))?;
        let rows = client.query(include_str!("shape.sql"), &[&table]).await.map_err(|error| database_error(&error))?;
        client.batch_execute("ROLLBACK").await.map_err(|error| database_error(&error))?;
        Ok(Self { objects: rows.iter().map(|row| (row.get(0), row.get(1))).collect() })
    }

    /// What is not as it was, an object a line; empty: all is.
    #[must_use]
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (object, definition) in &self.objects {
            match expected.objects.get(object) {
                None => lines.push(format!("{object} is left over")),
                Some(was) if was != definition => lines.push(format!("{object} is {definition}, and was {was}")),
                Some(_) => {}
            }
        }
        let gone = expected.objects.keys().filter(|object| !self.objects.contains_key(*object));
        lines.extend(gone.map(|object| format!("{object} is missing")));
        lines
    }
}
