//! The text of a new script's sections.

use tokio_postgres::Client;

use super::roles;
use crate::core::diff::Changes;
use crate::core::diff::render::{Style, render};
use crate::core::schema::Schema;
use crate::engine::draft::{Body, Half};
use crate::engine::postgres::database_error;
use crate::engine::project::Project;
use crate::engine::{Result, Target};

/// What a script does, both ways.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    pub up: Changes,
    pub down: Changes,
    /// Renames come first on the way up.
    pub renames: Vec<String>,
    /// The same back, which comes last on the way down.
    pub renames_back: Vec<String>,
}

/// How names are shortened.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The schema whose objects need no schema's name; `None`: all names are written in full.
    pub home: Option<String>,
}

impl Names {
    /// The schema in which the target's sessions look first, unless that depends on who looks.
    pub async fn of(project: &Project, target: &Target, client: &Client) -> Result<Self> {
        let creator = roles::creator(project, target);
        let query = "SELECT current_schemas(false)::text[], to_regnamespace(quote_ident($1)) IS NOT NULL";
        let row = client.query_one(query, &[&creator]).await.map_err(|error| database_error(&error))?;
        let (path, own): (Vec<String>, bool) = (row.get(0), row.get(1));
        Ok(Self { home: path.into_iter().next().filter(|_| !own) })
    }
}

/// The script's body. `old` is what the downgrade gives back.
pub fn body(ways: &Ways, names: &Names, old: &Schema, new: &Schema) -> Body {
    let known = [old, new];
    let shorten = |sql: &str| match &names.home {
        Some(home) => shorten(sql, home, &known),
        None => sql.to_owned(),
    };
    let style = Style { statement: Some(&shorten), home: names.home.as_deref(), given_back: None };
    let up = [lines(&ways.renames, &shorten), render(&ways.up, style)];
    let down = [render(&ways.down, Style { given_back: Some(old), ..style }), lines(&ways.renames_back, &shorten)];
    Body { upgrade: half(&up, &ways.up), downgrade: half(&down, &ways.down) }
}

fn half(blocks: &[String], changes: &Changes) -> Half {
    let blocks: Vec<&str> = blocks.iter().map(String::as_str).filter(|block| !block.is_empty()).collect();
    Half { sql: blocks.join("\n\n"), outside_transaction: changes.outside_transaction.is_some() }
}

fn lines(statements: &[String], shorten: &dyn Fn(&str) -> String) -> String {
    statements.iter().map(|sql| shorten(sql) + ";").collect::<Vec<_>>().join("\n")
}

fn shorten(sql: &str, _home: &str, _known: &[&Schema]) -> String {
    sql.to_owned()
}
