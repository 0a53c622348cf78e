//! Follows CASCADE on the target: what goes along without being named gets hazards of its own.

use tokio_postgres::Client;

use super::table_of;
use crate::core::hazard::{Class, Hazard, Subject, taken_along};
use crate::core::sql::identifier::quote;
use crate::engine::copies::{self, Affected};

/// The hazards on what a statement takes along and none of those given is about; none for a statement without CASCADE.
/// Where it cannot be told, one that cannot be counted.
pub(in crate::engine) async fn along(client: &Client, sql: &str, hazards: &[Hazard]) -> Vec<Hazard> {
    let loses = hazards.iter().any(|hazard| hazard.class == Class::DataLoss);
    if !loses || !cascades(sql) {
        return Vec::new();
    }
    let unknown = || vec![taken_along("what depends on it".to_owned(), Subject::Other)];
    let Ok(affected) = copies::affected(client, sql, hazards).await else { return unknown() };
    let mut found = Vec::new();
    for one in affected {
        match is_known(client, &one, hazards).await {
            Ok(true) => {}
            Ok(false) => found.push(hazard(one)),
            Err(_) => return unknown(),
        }
    }
    found
}

/// Whether a statement may say CASCADE.
pub(super) fn cascades(sql: &str) -> bool {
    sql.to_ascii_lowercase().contains("cascade")
}

fn hazard(affected: Affected) -> Hazard {
    let Affected { schema, table, column } = affected;
    let names = [Some(&schema), Some(&table), column.as_ref()];
    let object = names.into_iter().flatten().map(|name| quote(name)).collect::<Vec<_>>().join(".");
    let schema = Some(schema);
    let subject = match column {
        Some(column) => Subject::Column { schema, table, column },
        None => Subject::Table { schema, name: table },
    };
    taken_along(object, subject)
}

/// Whether a hazard is about just that, under whatever name the statement has for it.
async fn is_known(client: &Client, one: &Affected, hazards: &[Hazard]) -> Result<bool, tokio_postgres::Error> {
    for hazard in hazards.iter().filter(|hazard| hazard.class == Class::DataLoss) {
        let column = match &hazard.subject {
            Subject::Column { column, .. } => Some(column),
            Subject::Table { .. } => None,
            Subject::Rows { .. } | Subject::Other => continue,
        };
        // A table that goes takes its columns along.
        if column.is_some() && column != one.column.as_ref() {
            continue;
        }
        let Some(table) = table_of(&hazard.subject) else { continue };
        let query = "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = to_regclass($1) AND n.nspname = $2 AND c.relname = $3)";
        if client.query_one(query, &[&table, &one.schema, &one.table]).await?.get(0) {
            return Ok(true);
        }
    }
    Ok(false)
}
