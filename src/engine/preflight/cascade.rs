//! Finds in the target's catalog the objects that CASCADE drops or empties although the statement does not name them.

use tokio_postgres::Client;

use super::table_of;
use crate::core::hazard::{self, Class, Hazard};
use crate::core::sql::identifier::quote;
use crate::core::sql::qualify_names;
use crate::core::statement::{Statement, Subject};
use crate::engine::copies::{self, AffectedObject};

/// Returns a hazard for each object that a statement drops or empties by CASCADE and that `hazards` does not contain. Empty
/// for a statement without CASCADE. If the catalog cannot be read, returns one hazard that cannot be counted.
pub async fn cascades(client: &Client, statement: &Statement, hazards: &[Hazard]) -> Vec<Hazard> {
    let loses_data = hazards.iter().any(|hazard| hazard.class == Class::DataLoss);
    if !loses_data || !statement.cascades() {
        return Vec::new();
    }
    let empties = statement.command.first() == "truncate";
    let unknown = || vec![hazard::cascade("dependent objects".to_owned(), Subject::Other, empties)];
    let Ok(affected) = copies::find_affected_objects(client, hazards).await else { return unknown() };
    let mut found = Vec::new();
    for object in affected {
        match is_known(client, &object, hazards).await {
            Ok(true) => {}
            Ok(false) => found.push(new_hazard(object, empties)),
            Err(_) => return unknown(),
        }
    }
    found
}

fn new_hazard(affected: AffectedObject, empties: bool) -> Hazard {
    let AffectedObject { schema, table, column } = affected;
    let names = [Some(&schema), Some(&table), column.as_ref()];
    let object = names.into_iter().flatten().map(|name| quote(name)).collect::<Vec<_>>().join(".");
    let schema = Some(schema);
    let subject = match column {
        Some(column) => Subject::Column { schema, table, column },
        None => Subject::Table { schema, name: table },
    };
    hazard::cascade(object, subject, empties)
}

/// Whether one of the hazards is about this object, even if the statement writes its name differently.
async fn is_known(client: &Client, object: &AffectedObject, hazards: &[Hazard]) -> Result<bool, tokio_postgres::Error> {
    for hazard in hazards.iter().filter(|hazard| hazard.class == Class::DataLoss) {
        let column = match &hazard.subject {
            Subject::Column { column, .. } => Some(column),
            Subject::Table { .. } => None,
            Subject::Rows { .. } | Subject::Other => continue,
        };
        // The columns of a dropped table are dropped with it.
        if column.is_some() && column != object.column.as_ref() {
            continue;
        }
        let Some(table) = table_of(&hazard.subject) else { continue };
        let query = "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = to_regclass($1) AND n.nspname = $2 AND c.relname = $3)";
        if client.query_one(&qualify_names(query), &[&table, &object.schema, &object.table]).await?.get(0) {
            return Ok(true);
        }
    }
    Ok(false)
}
