//! Finds rows that foreign keys delete when referenced rows are deleted, and values that foreign keys overwrite.

use tokio_postgres::types::Oid;
use tokio_postgres::{Client, Error};

use super::table_of;
use crate::core::hazard::{self, Class, Hazard};
use crate::core::sql::identifier::quote;
use crate::core::sql::qualify_names;
use crate::core::statement::{Effect, Question, RowFilter, Subject};

/// Foreign keys are followed to this depth.
const MAX_DEPTH: usize = 8;

/// Foreign keys that change referring rows, with the operators that compare referenced with referring columns: `$2` is
/// true for a DELETE, false for new values of keys.
const KEYS: &str = "SELECT k.conrelid, n.nspname::text, c.relname::text,
        CASE WHEN $2 THEN k.confdeltype ELSE k.confupdtype END = 'c',
        ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS x (number, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.number ORDER BY x.place),
        ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS x (number, place)
            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.number ORDER BY x.place),
        ARRAY(SELECT format('OPERATOR(%I.%s)', s.nspname, o.oprname)
            FROM unnest(k.conpfeqop) WITH ORDINALITY AS x (number, place) JOIN pg_operator o ON o.oid = x.number
            JOIN pg_namespace s ON s.oid = o.oprnamespace ORDER BY x.place)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.confrelid = $1 AND k.contype = 'f'
      AND CASE WHEN $2 THEN k.confdeltype ELSE k.confupdtype END IN ('c', 'n', 'd')
      AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.confrelid = k.confrelid)
    ORDER BY k.oid";

/// Rows of a table that are deleted, or whose columns are overwritten.
struct ChangedRows {
    relation: Oid,
    /// The name of the table as SQL.
    table: String,
    /// The rows; `None`: possibly all of them.
    rows: Option<RowFilter>,
    /// The columns that are overwritten; empty if the rows are deleted.
    columns: Vec<String>,
    /// The chain of tables from the statement's table to this one.
    path: Vec<Oid>,
}

/// The columns of a foreign key, and the operators that compare them.
struct ForeignKey<'a> {
    referring: &'a [String],
    referenced: &'a [String],
    /// Qualified operators, with the referenced column on the left.
    operators: Vec<String>,
}

/// Finds the rows and values that foreign keys change if a statement with these hazards deletes rows or overwrites keys.
/// Returns one hazard for each table or column.
///
/// # Errors
/// If the server rejects a query.
pub(super) async fn find(client: &Client, hazards: &[Hazard]) -> Result<Vec<Hazard>, Error> {
    let mut waiting = changed_rows(client, hazards).await?;
    let mut found: Vec<Hazard> = Vec::new();
    while let Some(parent) = waiting.pop() {
        let deletes = parent.columns.is_empty();
        for row in client.query(&qualify_names(KEYS), &[&parent.relation, &deletes]).await? {
            let relation: Oid = row.get(0);
            let (schema, name): (String, String) = (row.get(1), row.get(2));
            let (referring, referenced): (Vec<String>, Vec<String>) = (row.get(4), row.get(5));
            let deletes_row = deletes && row.get::<_, bool>(3);
            if !deletes && !referenced.iter().any(|column| parent.columns.contains(column)) {
                continue;
            }
            let key = ForeignKey { referring: &referring, referenced: &referenced, operators: row.get(6) };
            let is_cycle = parent.path.contains(&relation);
            let rows = parent.rows.as_ref().filter(|_| !is_cycle).map(|rows| referring_rows(&parent, rows, &key));
            let columns = if deletes_row { vec![None] } else { referring.iter().cloned().map(Some).collect() };
            for column in columns {
                let hazard = new_hazard(&schema, &name, column, rows.clone());
                let same = |one: &Hazard| one.class == Class::DataLoss && one.object == hazard.object;
                if !found.iter().any(same) {
                    found.push(hazard);
                }
            }
            if !is_cycle && parent.path.len() < MAX_DEPTH {
                let path = parent.path.iter().copied().chain([relation]).collect();
                let table = format!("{}.{}", quote(&schema), quote(&name));
                waiting.push(ChangedRows {
                    relation,
                    table,
                    rows,
                    columns: if deletes_row { Vec::new() } else { referring },
                    path,
                });
            }
        }
    }
    Ok(found)
}

/// The rows that the statement itself deletes or overwrites.
async fn changed_rows(client: &Client, hazards: &[Hazard]) -> Result<Vec<ChangedRows>, Error> {
    let mut changed = Vec::new();
    for hazard in hazards {
        let (rows, columns) = match &hazard.effect {
            Effect::DeletesRows { rows, .. } => (rows, Vec::new()),
            Effect::OverwritesValues { rows, column, .. } => (rows, vec![column.clone()]),
            _ => continue,
        };
        let Some(table) = table_of(&hazard.subject) else { continue };
        let found: Option<Oid> =
            client.query_one(&qualify_names("SELECT to_regclass($1)::oid"), &[&table]).await?.get(0);
        let Some(relation) = found else { continue };
        changed.push(ChangedRows { relation, table, rows: rows.filter().cloned(), columns, path: vec![relation] });
    }
    Ok(changed)
}

/// The rows that refer to changed rows.
fn referring_rows(parent: &ChangedRows, rows: &RowFilter, key: &ForeignKey<'_>) -> RowFilter {
    let alias = format!("limbeck_{}", parent.path.len());
    let (only, table) = (if rows.only { "ONLY " } else { "" }, &parent.table);
    let (named, row) = match &rows.alias {
        Some(alias) => (format!(" AS {alias}"), alias.as_str()),
        None => (String::new(), table.as_str()),
    };
    let columns = key.referring.iter().zip(key.referenced).zip(&key.operators);
    let pairs = columns.map(|((referring, referenced), operator)| {
        format!("{row}.{} {operator} {alias}.{}", quote(referenced), quote(referring))
    });
    let same = pairs.collect::<Vec<_>>().join(" AND ");
    let condition = format!("EXISTS (SELECT FROM {only}{table}{named} WHERE {same} AND {})", rows.sql());
    RowFilter { alias: Some(alias), from: None, condition, only: false }
}

fn new_hazard(schema: &str, name: &str, column: Option<String>, rows: Option<RowFilter>) -> Hazard {
    let names = [Some(schema), Some(name), column.as_deref()];
    let object = names.into_iter().flatten().map(quote).collect::<Vec<_>>().join(".");
    let (schema, table, deletes) = (Some(schema.to_owned()), name.to_owned(), column.is_none());
    let subject = match (rows, column) {
        (Some(rows), column) => Subject::Rows { schema, table, question: Question::Affected { column, rows } },
        (None, Some(column)) => Subject::Column { schema, table, column },
        (None, None) => Subject::Table { schema, name: table },
    };
    hazard::foreign_key(object, subject, deletes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn referring_rows_follow_the_condition_of_the_changed_rows() {
        let columns = [String::from("parent")];
        let keys = [String::from("id")];
        let operators = vec![String::from("OPERATOR(pg_catalog.=)")];
        let key = ForeignKey { referring: &columns, referenced: &keys, operators };
        let parent =
            ChangedRows { relation: 1, table: String::from("t"), rows: None, columns: Vec::new(), path: vec![1] };
        for (alias, only, expected) in [
            (None, false, "EXISTS (SELECT FROM t WHERE t.id OPERATOR(pg_catalog.=) limbeck_1.parent AND (id > 1))"),
            (
                Some("x"),
                true,
                "EXISTS (SELECT FROM ONLY t AS x WHERE x.id OPERATOR(pg_catalog.=) limbeck_1.parent AND (id > 1))",
            ),
        ] {
            let rows =
                RowFilter { alias: alias.map(String::from), from: None, condition: String::from("id > 1"), only };
            let found = referring_rows(&parent, &rows, &key);
            assert_eq!(
                (found.condition.replace('\n', ""), found.alias.as_deref()),
                (expected.into(), Some("limbeck_1"))
            );
        }
    }
}
