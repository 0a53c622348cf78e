//! The text of a new script's sections.

use std::collections::BTreeSet;

use super::renames::Renames;
use crate::core::diff::render::{Style, render};
use crate::core::diff::{Changes, strip_schema};
use crate::core::schema::{Kind, Object, Schema};
use crate::engine::connection::database_error;
use crate::engine::connection::identifier::quote;
use crate::engine::draft::{Body, Half};
use crate::engine::project::Project;
use crate::engine::{Result, Target};

/// What a script does, both ways.
#[derive(Debug, Clone)]
pub struct Ways {
    pub up: Changes,
    pub down: Changes,
    /// They come first on the way up, and last on the way down.
    pub renames: Renames,
}

/// How names are shortened.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The schema whose objects need no schema's name; `None`: all names are written in full.
    pub home: Option<String>,
    /// What `pg_catalog` has, which is found first.
    built_in: BTreeSet<String>,
}

impl Names {
    /// The schema in which the role that runs scripts looks first, unless that depends on who looks.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn of(project: &Project, target: &Target) -> Result<Self> {
        let session = target.connect("limbeck autogenerate").await?;
        let client = session.client();
        let failed = |error: tokio_postgres::Error| database_error(&error);
        if let Some(role) = &project.config.apply.role {
            client.batch_execute(&format!("SET ROLE {}", quote(role))).await.map_err(failed)?;
        }
        let query = "SELECT current_schemas(false)::text[], to_regnamespace(quote_ident(current_user)) IS NOT NULL";
        let row = client.query_one(query, &[]).await.map_err(failed)?;
        let (path, own): (Vec<String>, bool) = (row.get(0), row.get(1));
        let built_in = "SELECT relname::text FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace
            UNION SELECT typname::text FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace
            UNION SELECT proname::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
            UNION SELECT collname::text FROM pg_collation WHERE collnamespace = 'pg_catalog'::regnamespace";
        let rows = client.query(built_in, &[]).await.map_err(failed)?;
        let built_in = rows.iter().map(|row| row.get(0)).collect();
        Ok(Self { home: path.into_iter().next().filter(|_| !own), built_in })
    }

    /// The names that are found in the home schema.
    fn known(&self, schemas: &[&Schema]) -> BTreeSet<String> {
        let Some(home) = &self.home else { return BTreeSet::new() };
        let ids = schemas.iter().flat_map(|schema| schema.objects.keys());
        let there = ids.filter(|id| id.schema == *home && (id.of.is_empty() || id.kind == Kind::Index));
        let names = there.map(|id| id.name.clone()).chain(schemas.iter().flat_map(|schema| identities(schema, home)));
        names.filter(|name| !self.built_in.contains(name)).collect()
    }
}

/// The sequences behind identity columns.
fn identities<'a>(schema: &'a Schema, home: &'a str) -> impl Iterator<Item = String> + 'a {
    let tables = schema.objects.values().filter_map(|object| match object {
        Object::Table(table) => Some(table),
        _ => None,
    });
    let sequences =
        tables.flat_map(|table| &table.columns).filter_map(|column| column.identity.as_ref()?.sequence.as_ref());
    sequences.filter(move |sequence| sequence.schema == home).map(|sequence| sequence.name.clone())
}

/// The script's body. `old` is what the downgrade gives back; `schemas` are all whose names may be shortened.
pub fn body(ways: &Ways, names: &Names, old: &Schema, schemas: &[&Schema]) -> Body {
    let known = names.known(schemas);
    let shorten = |sql: &str| match &names.home {
        Some(home) => strip_schema(sql, home, &known),
        None => sql.to_owned(),
    };
    let style = Style { statement: Some(&shorten), home: names.home.as_deref(), restored: None };
    let up = [lines(ways.renames.up.iter().map(|operation| &operation.sql), &shorten), render(&ways.up, style)];
    let down = [render(&ways.down, Style { restored: Some(old), ..style }), lines(&ways.renames.down, &shorten)];
    Body { upgrade: half(&up, &ways.up), downgrade: half(&down, &ways.down) }
}

fn half(blocks: &[String], changes: &Changes) -> Half {
    let blocks: Vec<&str> = blocks.iter().map(String::as_str).filter(|block| !block.is_empty()).collect();
    Half { sql: blocks.join("\n\n"), outside_transaction: changes.outside_transaction.is_some() }
}

fn lines<'a>(statements: impl IntoIterator<Item = &'a String>, shorten: &dyn Fn(&str) -> String) -> String {
    statements.into_iter().map(|sql| shorten(sql) + ";").collect::<Vec<_>>().join("\n")
}
