//! Finds the table into which a copy is restored, and checks whether it can be restored there.

use std::collections::HashMap;

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::store::StoredCopy;
use super::{CopyError, columns};
use crate::core::copies::{CopiedColumn, CopyDetail, CopyKind, RestoreTarget};
use crate::core::sql::qualify_names;
use crate::engine::connection::identifier::quote;

/// The table or sequence of a copy, as it is now.
#[derive(Debug, Clone)]
pub(super) struct TableLocation {
    pub relation: Oid,
    /// The name with its schema, as SQL.
    pub name: String,
    /// The table as FROM requires it, as SQL.
    pub table: String,
    /// Whether it is the same table that was copied, not a new one with the same name. Then its columns have the same
    /// numbers.
    pub is_same: bool,
}

/// Why a copy cannot be restored into a table: a missing column, a generated column, or a composite type that has changed.
/// The type does not matter if the values are taken from an older copy. `None` if the copy can be restored.
/// `may_omit_columns`: rows can be restored without columns that do not exist, except the key.
pub(super) fn find_obstacle(copy: &StoredCopy, target: &RestoreTarget, may_omit_columns: bool) -> Option<String> {
    for stored in &copy.detail.columns {
        let Some(current) = target.column(&stored.name) else {
            if copy.contains_rows() && (may_omit_columns || stored.created) {
                continue;
            }
            return Some(format!("the column {} does not exist", stored.name));
        };
        if current.generated && !copy.contains_rows() {
            return Some(format!("the column {} is generated", stored.name));
        }
        let has_older_value = target.older_values.iter().any(|(name, _)| *name == stored.name);
        if stored.attributes != current.attributes && !has_older_value {
            return Some(format!("the type {} of {} has changed", current.ty, stored.name));
        }
    }
    let key = copy.detail.key.iter().find(|key| target.column(&key.name).is_none());
    key.map(|key| format!("the column {} does not exist", key.name))
}

/// The columns of copied rows that the table no longer has, although the step did not create them: their values are in the
/// copy only.
pub(super) fn omitted_columns<'a>(copy: &'a StoredCopy, target: &RestoreTarget) -> Vec<(usize, &'a str)> {
    let columns = copy.detail.columns.iter().enumerate();
    let is_omitted = |(_, stored): &(usize, &CopiedColumn)| !stored.created && target.column(&stored.name).is_none();
    columns.filter(is_omitted).map(|(index, stored)| (index + 1, stored.name.as_str())).collect()
}

/// Whether the column has another type now than when its values were copied.
pub(super) fn is_other_type(copy: &StoredCopy, target: &RestoreTarget) -> bool {
    let stored = copy.detail.columns.first();
    stored.is_some_and(|stored| target.column(&stored.name).is_some_and(|current| current.ty != stored.ty))
}

/// Returns the copy with the current names of its table and columns. A renamed column keeps its number. `created` is
/// the table and column into which the values were restored, or the table that the step created and 0.
pub(super) async fn rename_to_current(
    client: &Client,
    copy: &StoredCopy,
    created: Option<(Oid, i16)>,
) -> Result<StoredCopy, CopyError> {
    let mut copy = copy.clone();
    if copy.kind == CopyKind::Table
        && let Some((relation, _)) = created
    {
        // The step may have renamed the table that it created.
        if let Some((schema, table)) = find_name(client, relation).await? {
            (copy.schema, copy.table, copy.detail.database) = (schema, table, None);
        }
        return Ok(copy);
    }
    let Some(location) = locate(client, &copy).await? else { return Ok(copy) };
    let is_same = location.is_same;
    let names = read_column_names(client, location.relation).await?;
    let detail = &mut copy.detail;
    for column in detail.columns.iter_mut().chain(&mut detail.key).filter(|_| is_same) {
        if let Some(name) = names.get(&column.number) {
            column.name.clone_from(name);
        }
    }
    if let (Some((relation, number)), Some(column)) = (created, detail.columns.first_mut())
        && relation == location.relation
        && let Some(name) = names.get(&number)
    {
        column.name.clone_from(name);
    }
    Ok(copy)
}

/// The table into which a copy is restored, with the numbers of its columns, as a step first found it.
#[derive(Debug, Clone)]
pub(super) struct FoundTable {
    pub relation: Oid,
    pub columns: HashMap<String, i16>,
}

impl FoundTable {
    pub async fn read(client: &Client, relation: Oid) -> Result<Self, CopyError> {
        let columns = read_column_names(client, relation).await?;
        Ok(Self { relation, columns: columns.into_iter().map(|(number, name)| (name, number)).collect() })
    }
}

/// The names of a table's columns by their number.
async fn read_column_names(client: &Client, relation: Oid) -> Result<HashMap<i16, String>, CopyError> {
    let query =
        "SELECT attnum, attname::text FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped";
    let rows = client.query(&qualify_names(query), &[&relation]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Returns the copy with the names that its table and columns have now, if the step has renamed them since it found them.
pub(super) async fn follow_renames(
    client: &Client,
    copy: &StoredCopy,
    found: Option<&FoundTable>,
) -> Result<StoredCopy, CopyError> {
    let mut copy = copy.clone();
    let Some(found) = found else { return Ok(copy) };
    let Some((schema, table)) = find_name(client, found.relation).await? else { return Ok(copy) };
    (copy.schema, copy.table) = (schema, table);
    let names = read_column_names(client, found.relation).await?;
    for column in copy.detail.columns.iter_mut().chain(&mut copy.detail.key) {
        if let Some(name) = found.columns.get(&column.name).and_then(|number| names.get(number)) {
            column.name.clone_from(name);
        }
    }
    Ok(copy)
}

/// The schema and the name of a relation. `None` if it does not exist.
async fn find_name(client: &Client, relation: Oid) -> Result<Option<(String, String)>, CopyError> {
    let query = "SELECT n.nspname::text, c.relname::text FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1";
    let row = client.query_opt(&qualify_names(query), &[&relation]).await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}

/// Finds the number of a column. `None` if it does not exist.
pub(super) async fn find_column_number(client: &Client, relation: Oid, column: &str) -> Result<Option<i16>, CopyError> {
    let query = "SELECT attnum FROM pg_attribute WHERE attrelid = $1 AND attname = $2 AND NOT attisdropped";
    Ok(client.query_opt(&qualify_names(query), &[&relation, &column]).await?.map(|row| row.get(0)))
}

/// Finds the sequence that a column owns.
const OWNED_BY_COLUMN: &str = "SELECT c.oid, c.relkind::text, n.nspname::text, c.relname::text, false
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attname = $3
    WHERE c.relkind = 'S' AND d.deptype IN ('a', 'i') AND d.refobjid = coalesce(to_regclass($1)::oid, $2)";

/// Finds a table by its OID if it was copied in this database, otherwise by its name, and whether it is the same table.
const BY_OID_OR_NAME: &str = "WITH copied AS (
        SELECT c.oid FROM pg_class c JOIN pg_database b ON b.oid = $3 AND b.datname = current_database()
        WHERE c.oid = $2 AND c.relkind IN ('r', 'p'))
    SELECT c.oid, c.relkind::text, n.nspname::text, c.relname::text, EXISTS (SELECT FROM copied)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = coalesce((SELECT oid FROM copied), to_regclass($1)::oid, $2) AND c.relkind IN ('r', 'p', 'S')";

/// Finds the table or sequence of a copy: by its OID if the OID is valid in this database, otherwise by its name, otherwise
/// by the name that it had before the step.
pub(super) async fn locate(client: &Client, copy: &StoredCopy) -> Result<Option<TableLocation>, CopyError> {
    let found = locate_name(client, copy, (&copy.schema, &copy.table)).await?;
    match (found, &copy.detail.name_before) {
        (None, Some((schema, table))) => locate_name(client, copy, (schema, table)).await,
        (found, _) => Ok(found),
    }
}

async fn locate_name(
    client: &Client,
    copy: &StoredCopy,
    (schema, table): (&str, &str),
) -> Result<Option<TableLocation>, CopyError> {
    let name = format!("{}.{}", quote(schema), quote(table));
    let CopyDetail { relation, database, sequence_state, .. } = &copy.detail;
    let row = match sequence_state.as_ref().and_then(|state| state.column.as_ref()) {
        Some(column) => client.query_opt(&qualify_names(OWNED_BY_COLUMN), &[&name, relation, column]).await?,
        None => client.query_opt(&qualify_names(BY_OID_OR_NAME), &[&name, relation, database]).await?,
    };
    Ok(row.map(|row| {
        let (schema, table): (&str, &str) = (row.get(2), row.get(3));
        let partitioned = row.get::<_, &str>(1) == "p";
        TableLocation {
            is_same: row.get(4),
            relation: row.get(0),
            name: format!("{}.{}", quote(schema), quote(table)),
            table: columns::table_sql(schema, table, partitioned),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::copies::fixtures;
    use crate::core::copies::{CopyKind, CurrentColumn};
    use crate::core::graph::Direction;

    fn copied(name: &str, ty: &str, attributes: Option<&str>) -> CopiedColumn {
        CopiedColumn { attributes: attributes.map(String::from), ..fixtures::copied(name, ty, true) }
    }

    fn current(name: &str, ty: &str, attributes: Option<&str>) -> CurrentColumn {
        CurrentColumn { attributes: attributes.map(String::from), ..fixtures::current(name, ty) }
    }

    fn copy(columns: Vec<CopiedColumn>, key: Vec<CopiedColumn>) -> StoredCopy {
        StoredCopy {
            id: 1,
            revision: "a".into(),
            direction: Direction::Upgrade,
            kind: CopyKind::Values,
            object: "t.a".into(),
            schema: "public".into(),
            table: "t".into(),
            code: "DL107".into(),
            reason: "overwrites values".into(),
            rows: 1,
            bytes: 1,
            at: String::new(),
            name: None,
            detail: fixtures::detail(columns, key),
            is_complete: true,
        }
    }

    fn target(columns: Vec<CurrentColumn>, older: &[&str]) -> RestoreTarget {
        let older_values = older.iter().map(|name| ((*name).to_owned(), String::from("1"))).collect();
        RestoreTarget { older_values, ..fixtures::target("t", columns) }
    }

    #[test]
    fn a_missing_column_or_a_changed_composite_type_prevents_a_restore() {
        let id = || vec![copied("id", "integer", None)];
        for (stored, now, older, obstacle) in [
            (
                copied("a", "text", None),
                vec![current("a", "text", None), current("id", "integer", None)],
                &[][..],
                None,
            ),
            (
                copied("a", "text", None),
                vec![current("b", "text", None), current("id", "integer", None)],
                &[],
                Some("the column a does not exist"),
            ),
            (copied("a", "text", None), vec![current("a", "text", None)], &[], Some("the column id does not exist")),
            (
                copied("a", "pair", Some("x int")),
                vec![current("a", "pair", Some("x int, y int")), current("id", "integer", None)],
                &[],
                Some("the type pair of a has changed"),
            ),
            (
                copied("a", "pair", Some("x int")),
                vec![current("a", "pair", Some("x int, y int")), current("id", "integer", None)],
                &["a"],
                None,
            ),
        ] {
            let found = find_obstacle(&copy(vec![stored.clone()], id()), &target(now, older), false);
            assert_eq!(found.as_deref(), obstacle, "{stored:?}");
        }
    }

    #[test]
    fn another_type_is_noticed_even_if_it_only_differs_in_its_modifier() {
        for (stored, now, expected) in [
            ("character varying(10)", "character varying(10)", false),
            ("character varying(10)", "character varying(20)", true),
            ("integer", "bigint", true),
        ] {
            let now = target(vec![current("a", now, None)], &[]);
            assert_eq!(is_other_type(&copy(vec![copied("a", stored, None)], Vec::new()), &now), expected);
        }
    }
}
