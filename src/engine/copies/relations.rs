//! Finds the tables, columns and sequences that are dropped with an object, from `pg_depend`.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::CopyError;
use crate::core::sql::identifier::quote;
use crate::core::statement::{DroppedObject, Effect, table_sql};

/// A relation, or one of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    pub oid: Oid,
    /// `attnum`; 0 for the whole relation.
    pub column: i16,
    /// `relkind`.
    pub kind: char,
    pub schema: String,
    pub name: String,
}

/// Splits the name `$1` into its last part, unquoted, and the rest before it.
const PARTS: &str = "WITH p AS (SELECT parse_ident($1) AS parts), q AS (
    SELECT parts[array_length(parts, 1)] AS last,
        array_to_string(ARRAY(SELECT quote_ident(part) FROM unnest(parts[1:array_length(parts, 1) - 1]) AS part), '.')
            AS before FROM p)";

/// Finds the relations and columns that are dropped with an object, and the columns that remain but whose composite
/// types lose an attribute. Both are empty if the object does not exist.
pub(super) async fn find_dropped(
    client: &Client,
    effect: &Effect,
) -> Result<(Vec<Relation>, Vec<Relation>), CopyError> {
    let Some((name, column, query)) = root_query(effect) else { return Ok((Vec::new(), Vec::new())) };
    let rows = match &column {
        Some(column) => client.query(&query, &[&name, column]).await?,
        None => client.query(&query, &[&name]).await?,
    };
    let (mut classes, mut objects, mut parts) = (Vec::<Oid>::new(), Vec::<Oid>::new(), Vec::<i32>::new());
    for row in rows {
        classes.push(row.get(0));
        objects.push(row.get(1));
        parts.push(row.get(2));
    }
    if classes.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let dropped = read_relations(client, &select_dependents(RELATIONS), &[&classes, &objects, &parts]).await?;
    let types = client.query(&select_dependents(REDUCED_TYPES), &[&classes, &objects, &parts]).await?;
    let types: Vec<Oid> = types.iter().map(|row| row.get(0)).collect();
    let mut remaining = if types.is_empty() { Vec::new() } else { find_columns_of_types(client, &types).await? };
    remaining.retain(|relation| {
        !dropped.iter().any(|other| other.oid == relation.oid && [0, relation.column].contains(&other.column))
    });
    Ok((dropped, remaining))
}

/// Finds the columns that contain values of these types, also in arrays, domains, ranges and other composite types.
async fn find_columns_of_types(client: &Client, types: &[Oid]) -> Result<Vec<Relation>, CopyError> {
    let query = "WITH RECURSIVE containing AS (
            SELECT unnest($1::oid[]) AS oid
            UNION SELECT t.oid FROM containing c CROSS JOIN LATERAL (
                SELECT y.oid FROM pg_type y WHERE y.typelem = c.oid AND y.typcategory = 'A'
                UNION ALL SELECT y.oid FROM pg_type y WHERE y.typbasetype = c.oid
                UNION ALL SELECT r.rngtypid FROM pg_range r WHERE r.rngsubtype = c.oid
                UNION ALL SELECT y.oid FROM pg_attribute a JOIN pg_type y ON y.typrelid = a.attrelid AND y.typtype = 'c'
                    WHERE a.atttypid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) t)
        SELECT c.oid, a.attnum::int4, c.relkind::text, n.nspname::text, c.relname::text
        FROM containing t JOIN pg_attribute a ON a.atttypid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm', 'f') AND c.relpersistence <> 't' AND n.nspname <> 'limbeck'
          AND n.nspname !~ '^pg_(catalog|toast)' AND NOT (c.relispartition AND EXISTS (
              SELECT FROM pg_inherits i JOIN pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname
                AND p.atttypid = a.atttypid AND NOT p.attisdropped WHERE i.inhrelid = c.oid))
        ORDER BY 1, 2";
    read_relations(client, query, &[&types]).await
}

/// Finds the columns of a composite type, which remain, and the columns of typed tables (`OF`), which are dropped with
/// the attribute.
pub(super) async fn find_by_attribute(
    client: &Client,
    attribute: &str,
) -> Result<(Vec<Relation>, Vec<Relation>), CopyError> {
    let query = format!("{PARTS} SELECT to_regtype(before)::oid FROM q WHERE to_regtype(before) IS NOT NULL");
    let Some(row) = client.query_opt(&query, &[&attribute]).await? else { return Ok((Vec::new(), Vec::new())) };
    let columns = find_columns_of_types(client, &[row.get(0)]).await?;
    let typed = format!(
        "{PARTS} SELECT c.oid, a.attnum::int4, c.relkind::text, n.nspname::text, c.relname::text
         FROM q JOIN pg_class c ON c.reloftype = to_regtype(q.before)::oid JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = q.last AND NOT a.attisdropped"
    );
    Ok((columns, read_relations(client, &typed, &[&attribute]).await?))
}

/// Finds a table and the tables that inherit from it. Partitions are part of their table and are not listed.
pub(super) async fn find_with_children(client: &Client, table: &str) -> Result<Vec<Relation>, CopyError> {
    let query = "WITH RECURSIVE children AS (
            SELECT to_regclass($1)::oid AS oid
            UNION SELECT i.inhrelid FROM children h JOIN pg_inherits i ON i.inhparent = h.oid
                JOIN pg_class c ON c.oid = i.inhrelid WHERE NOT c.relispartition)
        SELECT c.oid, 0::int4, c.relkind::text, n.nspname::text, c.relname::text
        FROM children h JOIN pg_class c ON c.oid = h.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relpersistence <> 't' ORDER BY c.oid <> to_regclass($1)::oid, c.oid";
    read_relations(client, query, &[&table]).await
}

/// Finds the tables that reference these tables, directly or indirectly: TRUNCATE … CASCADE also empties them.
pub(super) async fn find_referencing(client: &Client, tables: &[Oid]) -> Result<Vec<Relation>, CopyError> {
    let query = "WITH RECURSIVE referencing AS (
            SELECT unnest($1::oid[]) AS oid
            UNION SELECT k.conrelid FROM referencing t JOIN pg_constraint k ON k.confrelid = t.oid AND k.contype = 'f')
        SELECT c.oid, 0::int4, c.relkind::text, n.nspname::text, c.relname::text
        FROM referencing t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT c.oid = ANY ($1) AND NOT c.relispartition ORDER BY c.oid";
    read_relations(client, query, &[&tables]).await
}

/// Finds the sequences that columns of these tables own.
pub(super) async fn find_sequences(client: &Client, tables: &[Oid]) -> Result<Vec<Relation>, CopyError> {
    let query = "SELECT c.oid, 0::int4, c.relkind::text, n.nspname::text, c.relname::text
        FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1)
          AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') ORDER BY c.oid";
    read_relations(client, query, &[&tables]).await
}

async fn read_relations(
    client: &Client,
    query: &str,
    parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<Vec<Relation>, CopyError> {
    let rows = client.query(query, parameters).await?;
    let relations = rows.iter().map(|row| Relation {
        oid: row.get(0),
        column: i16::try_from(row.get::<_, i32>(1)).unwrap_or_default(),
        kind: row.get::<_, &str>(2).chars().next().unwrap_or('?'),
        schema: row.get(3),
        name: row.get(4),
    });
    Ok(relations.collect())
}

/// The query for the objects that an effect drops directly, with its parameters: a name and, for a column, the column's
/// name. `None` if the effect drops nothing.
fn root_query(effect: &Effect) -> Option<(String, Option<String>, String)> {
    let by_name = |class: &str, name: &str| {
        format!("{PARTS} SELECT '{class}'::regclass::oid, x.oid, 0 FROM q JOIN {class} x ON x.{name} = q.last")
    };
    let (name, query) = match effect {
        Effect::DropsTable { table: name } | Effect::DropsSequence { sequence: name } => {
            (table_sql(name), RELATION_ROOT.to_owned())
        }
        Effect::DropsColumn { table, column: name } => {
            return Some((table_sql(table), Some(name.clone()), COLUMN_ROOTS.to_owned()));
        }
        Effect::DropsIdentity { table, column } => (
            format!("{}.{}", table_sql(table), quote(column)),
            format!(
                "{PARTS} SELECT 'pg_class'::regclass::oid, pg_get_serial_sequence(before, last)::regclass::oid, 0 FROM q \
                 WHERE to_regclass(before) IS NOT NULL AND pg_get_serial_sequence(before, last) IS NOT NULL"
            ),
        ),
        Effect::DropsObject(object) => match object {
            DroppedObject::View(name) => (table_sql(name), RELATION_ROOT.to_owned()),
            DroppedObject::Schema(name) => (table_sql(name), by_name("pg_namespace", "nspname")),
            DroppedObject::Type(name) => (
                table_sql(name),
                "SELECT 'pg_type'::regclass::oid, to_regtype($1)::oid, 0 WHERE to_regtype($1) IS NOT NULL".to_owned(),
            ),
            DroppedObject::Extension(name) => (table_sql(name), by_name("pg_extension", "extname")),
            DroppedObject::Language(name) => (table_sql(name), by_name("pg_language", "lanname")),
            DroppedObject::AccessMethod(name) => (table_sql(name), by_name("pg_am", "amname")),
            DroppedObject::Routine(name) => (table_sql(name), by_name("pg_proc", "proname")),
            DroppedObject::Collation(name) => (table_sql(name), by_name("pg_collation", "collname")),
        },
        Effect::DropsOwned { role } => (role.clone(), OWNED_ROOTS.to_owned()),
        _ => return None,
    };
    Some((name, None, query))
}

/// Selects a relation by its name.
const RELATION_ROOT: &str =
    "SELECT 'pg_class'::regclass::oid, to_regclass($1)::oid, 0 WHERE to_regclass($1) IS NOT NULL";

/// Selects a column by its table and name, and the column of the same name in the child tables.
const COLUMN_ROOTS: &str = "SELECT 'pg_class'::regclass::oid, attrelid, attnum::int4 FROM pg_attribute
    WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped
    UNION ALL SELECT 'pg_class'::regclass::oid, a.attrelid, a.attnum::int4 FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
    JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = $2 AND NOT a.attisdropped
    WHERE i.inhparent = to_regclass($1)";

/// Selects the objects that a role owns in this database.
const OWNED_ROOTS: &str =
    "SELECT d.classid, d.objid, d.objsubid FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
    WHERE d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND d.deptype = 'o'
      AND d.refclassid = 'pg_authid'::regclass AND r.rolname = CASE lower($1) WHEN 'current_user' THEN current_user
          WHEN 'current_role' THEN current_user WHEN 'session_user' THEN session_user
          ELSE (parse_ident($1))[1] END";

/// A query on everything that depends on the given objects, directly or indirectly.
fn select_dependents(select: &str) -> String {
    format!("{DEPENDENTS}{select}")
}

const DEPENDENTS: &str = "
    WITH RECURSIVE dropped AS (
        SELECT s.classid, s.objid, s.objsubid FROM unnest($1::oid[], $2::oid[], $3::int4[]) AS s (classid, objid, objsubid)
        UNION
        SELECT d.classid, d.objid, d.objsubid FROM dropped o JOIN pg_depend d
            ON d.refclassid = o.classid AND d.refobjid = o.objid AND (o.objsubid = 0 OR d.refobjsubid = o.objsubid)
        WHERE d.deptype <> 'p'
    ), found AS (
        SELECT d.objid AS oid, d.objsubid AS number FROM dropped d WHERE d.classid = 'pg_class'::regclass
    )";

/// Selects the relations and columns among the dependent objects. A partition is part of its table. limbeck's own
/// tables are excluded.
const RELATIONS: &str = "
    SELECT DISTINCT c.oid, f.number::int4, c.relkind::text, n.nspname::text, c.relname::text
    FROM found f JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'f', 'S') AND c.relpersistence <> 't' AND n.nspname <> 'limbeck'
      AND c.relname !~ '^limbeck_(log|kept)' AND n.nspname !~ '^pg_(catalog|toast)'
      AND (f.number = 0 OR NOT EXISTS (SELECT FROM found w WHERE w.oid = f.oid AND w.number = 0))
      AND NOT (c.relispartition AND EXISTS (SELECT FROM pg_inherits i JOIN found w ON w.oid = i.inhparent
          WHERE i.inhrelid = c.oid AND (w.number = 0 OR f.number <> 0)))
    ORDER BY 1, 2";

/// Selects the composite types that remain but lose an attribute.
const REDUCED_TYPES: &str = "
    SELECT DISTINCT c.reltype FROM found f JOIN pg_class c ON c.oid = f.oid
    WHERE f.number > 0 AND c.reltype <> 0 AND NOT EXISTS (SELECT FROM found w WHERE w.oid = f.oid AND w.number = 0)";
