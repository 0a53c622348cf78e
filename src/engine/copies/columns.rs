//! Reads from the catalog what is required to copy and restore the rows of a table.

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::CopyError;
use crate::core::copies::{CopiedColumn, CurrentColumn, ReferencePair, ReferencedTable, RestoreTarget, SequenceState};
use crate::core::sql::qualify_names;
use crate::engine::connection::identifier::quote;

/// The first OID of objects that are not built in.
const FIRST_CUSTOM_OID: u32 = 16384;

/// A column of a table: as a copy stores it, and as a restore requires it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CatalogColumn {
    pub copied: CopiedColumn,
    pub current: CurrentColumn,
    /// The average size of a value in bytes, according to the statistics.
    pub width: u32,
}

/// A table as FROM requires it, as SQL: with `ONLY`, which excludes the rows of child tables, unless it is partitioned.
pub(super) fn table_sql(schema: &str, name: &str, partitioned: bool) -> String {
    let only = if partitioned { "" } else { "ONLY " };
    format!("{only}{}.{}", quote(schema), quote(name))
}

/// Selects the columns of the relation `$1`. `$2` is the first OID of objects that are not built in.
const COLUMNS: &str = "SELECT a.attname::text, a.attnum, format_type(a.atttypid, a.atttypmod), format_type(a.atttypid, -1),
            t.oid < $2, a.attcollation >= $2, a.attnotnull, a.attgenerated <> '', a.attidentity = 'a',
            (SELECT string_agg(x.attributes, '; ' ORDER BY x.depth, x.oid) FROM (
                WITH RECURSIVE contained AS (
                    SELECT t.oid, 0 AS depth
                    UNION SELECT p.oid, c.depth + 1 FROM contained c JOIN pg_type y ON y.oid = c.oid AND c.depth < 50
                    LEFT JOIN pg_range r ON r.rngtypid = y.oid
                    CROSS JOIN LATERAL (
                        SELECT y.typelem AS oid WHERE y.typelem <> 0 AND y.typcategory = 'A'
                        UNION ALL SELECT y.typbasetype WHERE y.typbasetype <> 0
                        UNION ALL SELECT r.rngsubtype WHERE r.rngsubtype IS NOT NULL
                        UNION ALL SELECT x.atttypid FROM pg_attribute x
                            WHERE x.attrelid = y.typrelid AND y.typtype = 'c' AND x.attnum > 0 AND NOT x.attisdropped) p)
                SELECT c.oid, min(c.depth) AS depth, (SELECT string_agg(x.attname || ' ' ||
                    format_type(x.atttypid, x.atttypmod), ', ' ORDER BY x.attnum) FROM pg_attribute x
                    WHERE x.attrelid = y.typrelid AND x.attnum > 0 AND NOT x.attisdropped) AS attributes
                FROM contained c JOIN pg_type y ON y.oid = c.oid AND y.typtype = 'c' GROUP BY c.oid, y.typrelid) x),
            coalesce((SELECT max(s.avg_width) FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname
                JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
                WHERE c.oid = a.attrelid AND s.attname = a.attname), CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END)::int4,
            a.attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
                AND d.adbin::text ~ 'FUNCEXPR|SQLVALUEFUNCTION|NEXTVALUE')
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// Reads the columns of a relation, in their order. The names of types depend on the current search path.
pub(super) async fn read_columns(client: &Client, relation: Oid) -> Result<Vec<CatalogColumn>, CopyError> {
    let rows = client.query(&qualify_names(COLUMNS), &[&relation, &FIRST_CUSTOM_OID]).await?;
    let columns = rows.iter().map(|row| {
        let (name, ty, base): (String, String, String) = (row.get(0), row.get(2), row.get(3));
        let attributes: Option<String> = row.get(9);
        let (not_null, generated, always_identity) = (row.get(6), row.get(7), row.get(8));
        CatalogColumn {
            current: CurrentColumn {
                name: name.clone(),
                ty: ty.clone(),
                base: base.clone(),
                not_null,
                generated,
                always_identity,
                attributes: attributes.clone(),
                varies: row.get(11),
            },
            copied: CopiedColumn {
                name,
                number: row.get(1),
                ty,
                base,
                builtin: row.get(4),
                custom_collation: row.get(5),
                attributes,
                created: false,
            },
            width: row.get::<_, i32>(10).unsigned_abs(),
        }
    });
    Ok(columns.collect())
}

/// The columns with these numbers, in the order of the numbers.
pub(super) fn select_columns(columns: &[CatalogColumn], numbers: &[i16]) -> Vec<CopiedColumn> {
    let find = |number: &i16| columns.iter().find(|column| column.copied.number == *number);
    numbers.iter().filter_map(find).map(|column| column.copied.clone()).collect()
}

/// Finds the columns that identify the rows of a table: the primary key, otherwise a unique key without NULLs. A key
/// that contains a column of `lost` is not used. `None` if there is no key.
pub(super) async fn find_key(client: &Client, relation: Oid, lost: &[i16]) -> Result<Option<Vec<i16>>, CopyError> {
    let query = "SELECT ARRAY(SELECT k.number FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, ordinal)
                WHERE k.ordinal <= i.indnkeyatts ORDER BY k.ordinal)
        FROM pg_index i WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indexprs IS NULL AND i.indpred IS NULL
          AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, ordinal)
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
              WHERE k.ordinal <= i.indnkeyatts AND NOT a.attnotnull)
        ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid";
    let keys = client.query(&qualify_names(query), &[&relation]).await?;
    let mut keys = keys.iter().map(|row| row.get::<_, Vec<i16>>(0));
    Ok(keys.find(|key| !key.iter().any(|number| lost.contains(number))))
}

/// Why the values of a column cannot be assigned to their rows.
pub(super) async fn why_no_key(client: &Client, relation: Oid) -> Result<&'static str, CopyError> {
    Ok(match find_key(client, relation, &[]).await? {
        Some(_) => "the column is part of the only key of the table, so a value cannot be assigned to its row",
        None => "the table has no primary key, so a value cannot be assigned to its row",
    })
}

/// Whether a column has a value that is not NULL. `table` is the table as FROM requires it.
pub(super) async fn has_values(client: &Client, table: &str, column: &str) -> Result<bool, CopyError> {
    let query = format!("SELECT EXISTS (SELECT FROM {table} WHERE {} IS NOT NULL)", quote(column));
    Ok(client.query_one(&query, &[]).await?.get(0))
}

/// The size of a table with its partitions, without indexes, in bytes.
pub(super) async fn read_size(client: &Client, relation: Oid) -> Result<u64, CopyError> {
    let query = "SELECT coalesce((SELECT sum(pg_table_size(p.relid)) FROM pg_partition_tree($1::oid::regclass) p),
        pg_table_size($1::oid::regclass), 0)::bigint";
    Ok(client.query_one(&qualify_names(query), &[&relation]).await?.get::<_, i64>(0).unsigned_abs())
}

/// Reads the state of a sequence, and the column that owns it.
pub(super) async fn read_sequence_state(
    client: &Client,
    sequence: Oid,
    name: &str,
) -> Result<SequenceState, CopyError> {
    let query = format!(
        "SELECT s.last_value, s.is_called, q.seqincrement > 0, (SELECT a.attname::text FROM pg_depend d
            JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass AND d.objid = $1 AND d.refclassid = 'pg_class'::regclass
              AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') LIMIT 1)
         FROM {name} s CROSS JOIN pg_sequence q WHERE q.seqrelid = $1"
    );
    let row = client.query_one(&qualify_names(&query), &[&sequence]).await?;
    Ok(SequenceState { last_value: row.get(0), is_called: row.get(1), ascending: row.get(2), column: row.get(3) })
}

/// The schema and name of the table whose column owns a sequence. `None` if no column owns it.
pub(super) async fn find_owner_table(client: &Client, sequence: Oid) -> Result<Option<(String, String)>, CopyError> {
    let query = "SELECT n.nspname::text, c.relname::text FROM pg_depend d JOIN pg_class c ON c.oid = d.refobjid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE d.classid = 'pg_class'::regclass AND d.objid = $1 AND d.refclassid = 'pg_class'::regclass
          AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') LIMIT 1";
    Ok(client.query_opt(&qualify_names(query), &[&sequence]).await?.map(|row| (row.get(0), row.get(1))))
}

/// Selects the foreign keys of the relation `$1`.
const FOREIGN_KEYS: &str = "SELECT k.confrelid, n.nspname::text, c.relname::text,
            ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS x (number, ordinal)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.number ORDER BY x.ordinal),
            ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS x (number, ordinal)
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.number ORDER BY x.ordinal),
            ARRAY(SELECT format('OPERATOR(%I.%s)', s.nspname, o.oprname)
                FROM unnest(k.conpfeqop) WITH ORDINALITY AS x (operator, ordinal)
                JOIN pg_operator o ON o.oid = x.operator JOIN pg_namespace s ON s.oid = o.oprnamespace ORDER BY x.ordinal)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.conrelid = $1 AND k.contype = 'f' AND k.conparentid = 0 ORDER BY k.conname";

/// Reads the table into which a copy is restored. Foreign keys to the table itself and to the tables in `later` are
/// checked later, because their rows are restored at the same time or later.
pub(super) async fn read_target(
    client: &Client,
    relation: Oid,
    table: String,
    later: &[Oid],
) -> Result<RestoreTarget, CopyError> {
    let columns = read_columns(client, relation).await?.into_iter().map(|column| column.current).collect();
    let rows = client.query(&qualify_names(FOREIGN_KEYS), &[&relation]).await?;
    let references = rows.iter().map(|row| {
        let (referencing, referenced): (Vec<String>, Vec<String>) = (row.get(3), row.get(4));
        let pairs = referencing.into_iter().zip(referenced).zip(row.get::<_, Vec<String>>(5));
        let pair = |((referencing, referenced), operator)| ReferencePair { referencing, referenced, operator };
        ReferencedTable {
            relation: row.get(0),
            table: format!("{}.{}", quote(row.get(1)), quote(row.get(2))),
            columns: pairs.map(pair).collect(),
        }
    });
    let is_later = |reference: &ReferencedTable| reference.relation == relation || later.contains(&reference.relation);
    let (later_references, references) = references.partition(is_later);
    let query = "SELECT NOT EXISTS (SELECT FROM pg_index WHERE indrelid = $1 AND NOT indimmediate),
        EXISTS (SELECT FROM pg_index WHERE indrelid = $1 AND indisunique)";
    let row = client.query_one(&qualify_names(query), &[&relation]).await?;
    let (allows_on_conflict, has_unique_index) = (row.get(0), row.get(1));
    let older_values = Vec::new();
    Ok(RestoreTarget {
        table,
        columns,
        references,
        later_references,
        allows_on_conflict,
        has_unique_index,
        older_values,
    })
}
