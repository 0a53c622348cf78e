//! The text of a new script's sections.

use std::collections::BTreeSet;

use super::renames::RequestedRenames;
use crate::core::diff::render::{Style, render};
use crate::core::diff::{Action, Changes, Operation, strip_schema};
use crate::core::graph::Direction;
use crate::core::schema::{Kind, Object, Schema};
use crate::core::script::join_parts;
use crate::core::sql::qualify_names;
use crate::engine::connection::database_error;
use crate::engine::draft::{ScriptBody, SectionText};
use crate::engine::{Result, Target};

/// The changes of a script in both directions.
#[derive(Debug, Clone)]
pub struct ScriptChanges {
    pub up: Changes,
    pub down: Changes,
    /// They run first in the upgrade, and last in the downgrade.
    pub renames: RequestedRenames,
    /// Whether PostgreSQL checks the bodies of functions when it creates them. A body that names objects of a schema which
    /// is not in the search path cannot be checked.
    pub checks_bodies: bool,
}

/// Turns the check of bodies off until the end of the transaction.
const UNCHECKED_BODIES: &str = "-- The text of a function needs another search_path than the one of this script.\n\
                                SET LOCAL check_function_bodies = off;";

impl ScriptChanges {
    /// Whether a section creates or replaces a function or procedure.
    pub fn creates_routines(&self) -> bool {
        creates_routines(&self.up) || creates_routines(&self.down)
    }

    fn body_setting(&self, changes: &Changes) -> String {
        let is_needed = !self.checks_bodies && creates_routines(changes);
        if is_needed { UNCHECKED_BODIES.to_owned() } else { String::new() }
    }
}

fn creates_routines(changes: &Changes) -> bool {
    let is_routine = |one: &Operation| matches!(one.object.kind, Kind::Function | Kind::Procedure);
    let creates = |one: &Operation| matches!(one.action, Action::Create | Action::Alter);
    changes.operations.iter().any(|one| is_routine(one) && creates(one))
}

/// How qualified names are shortened.
#[derive(Debug, Clone, Default)]
pub struct NameShortener {
    /// The schema whose name is omitted. `None`: all names are qualified.
    pub home: Option<String>,
    /// Names in `pg_catalog`, which is searched first.
    built_in: BTreeSet<String>,
}

impl NameShortener {
    /// Finds the first schema of the search path of the role that runs scripts. It is not used when the path depends on
    /// the user.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn of(target: &Target) -> Result<Self> {
        let session = target.connect("limbeck autogenerate").await?;
        let client = session.client();
        let failed = |error: tokio_postgres::Error| database_error(&error);
        let query = "SELECT current_schemas(false)::text[], to_regnamespace(quote_ident(current_user)) IS NOT NULL";
        let row = client.query_one(&qualify_names(query), &[]).await.map_err(failed)?;
        let (path, own): (Vec<String>, bool) = (row.get(0), row.get(1));
        let built_in = "SELECT relname::text FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace
            UNION SELECT typname::text FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace
            UNION SELECT proname::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
            UNION SELECT collname::text FROM pg_collation WHERE collnamespace = 'pg_catalog'::regnamespace";
        let rows = client.query(&qualify_names(built_in), &[]).await.map_err(failed)?;
        let built_in = rows.iter().map(|row| row.get(0)).collect();
        Ok(Self { home: path.into_iter().next().filter(|_| !own), built_in })
    }

    /// Returns the names that resolve to the home schema.
    fn resolvable_names(&self, schemas: &[&Schema]) -> BTreeSet<String> {
        let Some(home) = &self.home else { return BTreeSet::new() };
        let ids = schemas.iter().flat_map(|schema| schema.objects.keys());
        let in_home = ids.filter(|id| id.schema == *home && (id.of.is_empty() || id.kind == Kind::Index));
        let names =
            in_home.map(|id| id.name.clone()).chain(schemas.iter().flat_map(|schema| identity_sequences(schema, home)));
        names.filter(|name| !self.built_in.contains(name)).collect()
    }
}

/// Returns the names of the sequences of identity columns.
fn identity_sequences<'a>(schema: &'a Schema, home: &'a str) -> impl Iterator<Item = String> + 'a {
    let tables = schema.objects.values().filter_map(|object| match object {
        Object::Table(table) => Some(table),
        _ => None,
    });
    let sequences =
        tables.flat_map(|table| &table.columns).filter_map(|column| column.identity.as_ref()?.sequence.as_ref());
    sequences.filter(move |sequence| sequence.schema == home).map(|sequence| sequence.name.clone())
}

/// Renders the body of the script. `old` is the schema that the downgrade restores. Names of objects in `schemas` may
/// be shortened.
pub fn render_body(script: &ScriptChanges, names: &NameShortener, old: &Schema, schemas: &[&Schema]) -> ScriptBody {
    let resolvable = names.resolvable_names(schemas);
    let shorten = |sql: &str| match &names.home {
        Some(home) => strip_schema(sql, home, &resolvable),
        None => sql.to_owned(),
    };
    let style = Style { statement: Some(&shorten), home: names.home.as_deref(), restored: None };
    let renames_up = join_statements(script.renames.up.iter().map(|operation| &operation.sql), &shorten);
    let (values, rest) = render(&script.up, style);
    let upgrade = section(
        Direction::Upgrade,
        &[(renames_up, true), (values, false), (script.body_setting(&script.up), true), (rest, true)],
    );
    let (values, rest) = render(&script.down, Style { restored: Some(old), ..style });
    let renames_down = join_statements(&script.renames.down, &shorten);
    let downgrade = section(
        Direction::Downgrade,
        &[(values, false), (script.body_setting(&script.down), true), (rest, true), (renames_down, true)],
    );
    ScriptBody { upgrade, downgrade }
}

/// A section of parts: the SQL, and whether it runs in a transaction.
fn section(direction: Direction, parts: &[(String, bool)]) -> SectionText {
    let has_markers = parts.iter().any(|(sql, transactional)| !sql.is_empty() && !transactional);
    SectionText { sql: join_parts(direction, parts), has_markers }
}

fn join_statements<'a>(statements: impl IntoIterator<Item = &'a String>, shorten: &dyn Fn(&str) -> String) -> String {
    statements.into_iter().map(|sql| shorten(sql) + ";").collect::<Vec<_>>().join("\n")
}
