//! Rows that foreign keys take along when others are deleted, and values that they overwrite.

use tokio_postgres::types::Oid;
use tokio_postgres::{Client, Error};

use super::{table_of, taken};
use crate::core::hazard::{Class, Hazard, Narrow, Question, Subject, taken_along};
use crate::core::sql::identifier::quote;

/// How far foreign keys are followed.
const DEEPEST: usize = 8;

/// Foreign keys that pass on what happens to a table: `$2` is true for a DELETE, false for new values of keys.
const KEYS: &str = "SELECT k.conrelid, n.nspname::text, c.relname::text,
        CASE WHEN $2 THEN k.confdeltype ELSE k.confupdtype END = 'c',
        ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS x (number, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.number ORDER BY x.place),
        ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS x (number, place)
            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.number ORDER BY x.place)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.confrelid = $1 AND k.contype = 'f'
      AND CASE WHEN $2 THEN k.confdeltype ELSE k.confupdtype END IN ('c', 'n', 'd')
      AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.confrelid = k.confrelid)
    ORDER BY k.oid";

/// Rows of a table that go, or whose columns get other values.
struct Taken {
    relation: Oid,
    /// As SQL.
    table: String,
    /// Which of them; `None`: perhaps all.
    rows: Option<Narrow>,
    /// Columns that get other values; empty where the rows go.
    columns: Vec<String>,
    /// The tables on the way here.
    way: Vec<Oid>,
}

/// The hazards on what foreign keys do when a statement has deleted rows or overwritten keys, each object once.
///
/// # Errors
/// As the server says.
pub(super) async fn passed_on(client: &Client, sql: &str, hazards: &[Hazard]) -> Result<Vec<Hazard>, Error> {
    let mut waiting = Vec::new();
    for hazard in hazards.iter().filter(|hazard| ["DL106", "DL107"].contains(&hazard.code)) {
        let Some(table) = table_of(&hazard.subject) else { continue };
        let found: Option<Oid> = client.query_one("SELECT to_regclass($1)::oid", &[&table]).await?.get(0);
        let Some(relation) = found else { continue };
        let subject = taken(hazard, sql).unwrap_or_else(|| hazard.subject.clone());
        let rows =
            if let Subject::Rows { question: Question::Taken { rows, .. }, .. } = subject { Some(rows) } else { None };
        let columns =
            if let Subject::Column { column, .. } = &hazard.subject { vec![column.clone()] } else { Vec::new() };
        waiting.push(Taken { relation, table, rows, columns, way: vec![relation] });
    }
    let mut found: Vec<Hazard> = Vec::new();
    while let Some(parent) = waiting.pop() {
        let deletes = parent.columns.is_empty();
        for row in client.query(KEYS, &[&parent.relation, &deletes]).await? {
            let relation: Oid = row.get(0);
            let (schema, name): (String, String) = (row.get(1), row.get(2));
            let (here, there): (Vec<String>, Vec<String>) = (row.get(4), row.get(5));
            let is_row = deletes && row.get::<_, bool>(3);
            if !deletes && !there.iter().any(|column| parent.columns.contains(column)) {
                continue;
            }
            let is_circle = parent.way.contains(&relation);
            let rows = parent.rows.as_ref().filter(|_| !is_circle).map(|rows| referring(&parent, rows, &here, &there));
            let columns = if is_row { vec![None] } else { here.iter().cloned().map(Some).collect() };
            for column in columns {
                let hazard = hazard(&schema, &name, column, rows.clone());
                let same = |one: &Hazard| one.class == Class::DataLoss && one.object == hazard.object;
                if !found.iter().any(same) {
                    found.push(hazard);
                }
            }
            if !is_circle && parent.way.len() < DEEPEST {
                let way = parent.way.iter().copied().chain([relation]).collect();
                let table = format!("{}.{}", quote(&schema), quote(&name));
                waiting.push(Taken { relation, table, rows, columns: if is_row { Vec::new() } else { here }, way });
            }
        }
    }
    Ok(found)
}

/// The rows that refer to taken ones.
fn referring(parent: &Taken, rows: &Narrow, here: &[String], there: &[String]) -> Narrow {
    let alias = format!("limbeck_{}", parent.way.len());
    let (only, table) = (if rows.only { "ONLY " } else { "" }, &parent.table);
    let (named, row) = match &rows.alias {
        Some(alias) => (format!(" AS {alias}"), alias.as_str()),
        None => (String::new(), table.as_str()),
    };
    let pairs = here.iter().zip(there).map(|(here, there)| format!("{alias}.{} = {row}.{}", quote(here), quote(there)));
    let same = pairs.collect::<Vec<_>>().join(" AND ");
    let condition = format!("EXISTS (SELECT FROM {only}{table}{named} WHERE {same} AND {})", rows.filter());
    Narrow { alias: Some(alias), others: None, condition: Some(condition), only: false }
}

fn hazard(schema: &str, name: &str, column: Option<String>, rows: Option<Narrow>) -> Hazard {
    let names = [Some(schema), Some(name), column.as_deref()];
    let object = names.into_iter().flatten().map(quote).collect::<Vec<_>>().join(".");
    let (schema, table) = (Some(schema.to_owned()), name.to_owned());
    let subject = match (rows, column) {
        (Some(rows), column) => Subject::Rows { schema, table, question: Question::Taken { column, rows } },
        (None, Some(column)) => Subject::Column { schema, table, column },
        (None, None) => Subject::Table { schema, name: table },
    };
    taken_along(object, subject)
}
