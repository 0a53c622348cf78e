//! Reads indexes from the catalog, in the worker's session: names are resolved with the script's search path, and indexes
//! of the current transaction are visible.

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::run::Run;
use crate::core::sql::qualify_names;
use crate::core::statement::action::ReindexTarget;
use crate::engine::Result;
use crate::engine::connection::database_error;

/// An existing relation with the name of an index.
#[allow(clippy::struct_excessive_bools, reason = "the columns of the catalog are independent")]
pub(super) struct FoundIndex {
    /// As SQL, with its schema if the search path does not contain it.
    pub name: String,
    pub is_index: bool,
    pub is_unique: bool,
    pub is_partitioned: bool,
    /// Whether it is on the table that the statement names.
    pub is_on_table: bool,
    /// `indisvalid` and `indisready`.
    is_valid: bool,
    /// As `pg_get_indexdef` writes it.
    pub definition: String,
    /// The table as `pg_get_indexdef` writes it.
    table: String,
}

/// Which invalid indexes of a `REINDEX` are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leftovers {
    /// Only those that an interrupted `REINDEX CONCURRENTLY` left.
    Only,
    /// All invalid indexes.
    Included,
}

/// The columns of [`FoundIndex`], of the relation `c` with the index `i` on the relation `x`.
const COLUMNS: &str = "c.oid::pg_catalog.regclass::text,
    i.indexrelid IS NOT NULL, coalesce(i.indisunique, false), c.relkind = 'I', coalesce(i.indrelid = t.oid, false),
    coalesce(i.indisvalid AND i.indisready, false), coalesce(pg_catalog.pg_get_indexdef(i.indexrelid), ''),
    coalesce(pg_catalog.quote_ident(xn.nspname::text) || '.' || pg_catalog.quote_ident(x.relname::text), '')";

const TABLES: &str = "LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    LEFT JOIN pg_catalog.pg_class x ON x.oid = i.indrelid
    LEFT JOIN pg_catalog.pg_namespace xn ON xn.oid = x.relnamespace";

impl FoundIndex {
    fn read(row: &Row) -> Self {
        Self {
            name: row.get(0),
            is_index: row.get(1),
            is_unique: row.get(2),
            is_partitioned: row.get(3),
            is_on_table: row.get(4),
            is_valid: row.get(5),
            definition: row.get(6),
            table: row.get(7),
        }
    }

    /// Whether it can be used. `only`: the statement creates the index with `ON ONLY`, so that it is invalid until an
    /// index of each partition is attached.
    pub fn is_usable(&self, only: bool) -> bool {
        self.is_index && (self.is_valid || (only && self.is_partitioned))
    }

    /// The definition after `USING`.
    pub fn method_and_columns(&self) -> &str {
        let start = format!("{} USING ", self.table);
        self.definition.split_once(&start).map_or("", |(_, rest)| rest)
    }
}

impl Run<'_> {
    /// Finds the relation with the name of an index, in the schema of its table. The names are SQL.
    pub(super) async fn find_index(&self, table: &str, index: &str) -> Result<Option<FoundIndex>> {
        let query = format!(
            "SELECT {COLUMNS} FROM pg_catalog.pg_class t
             JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
             JOIN pg_catalog.pg_class c
               ON c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(tn.nspname::text) || '.' || $2)
             {TABLES} WHERE t.oid = pg_catalog.to_regclass($1)"
        );
        Ok(self.find(&query, &[&table, &index]).await?.first().map(FoundIndex::read))
    }

    /// Finds all indexes of a table.
    pub(super) async fn find_indexes_of(&self, table: &str) -> Result<Vec<FoundIndex>> {
        let query = format!(
            "SELECT {COLUMNS} FROM pg_catalog.pg_class t JOIN pg_catalog.pg_index o ON o.indrelid = t.oid
             JOIN pg_catalog.pg_class c ON c.oid = o.indexrelid
             {TABLES} WHERE t.oid = pg_catalog.to_regclass($1) ORDER BY 1"
        );
        Ok(self.find(&query, &[&table]).await?.iter().map(FoundIndex::read).collect())
    }

    /// Finds the invalid indexes of the target of `REINDEX`, except those that another session builds now.
    pub(super) async fn find_invalid_indexes(
        &self,
        target: &ReindexTarget,
        leftovers: Leftovers,
    ) -> Result<Vec<String>> {
        let tree = "(SELECT pg_catalog.to_regclass($1)::oid UNION SELECT relid::oid \
                    FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)))";
        let (scope, name) = match (target, leftovers) {
            (ReindexTarget::Table(table), _) => (format!("i.indrelid IN {tree}"), table.to_string()),
            (ReindexTarget::Index(index), Leftovers::Included) => {
                (format!("i.indexrelid IN {tree}"), index.to_string())
            }
            (ReindexTarget::Index(index), Leftovers::Only) => (
                format!("i.indrelid IN (SELECT o.indrelid FROM pg_catalog.pg_index o WHERE o.indexrelid IN {tree})"),
                index.to_string(),
            ),
            (ReindexTarget::Schema(schema), _) => ("n.nspname::text = $1".to_owned(), schema.name.clone()),
            (ReindexTarget::Database | ReindexTarget::System, _) => ("$1 <> ''".to_owned(), "all".to_owned()),
        };
        let left = match leftovers {
            Leftovers::Only => "AND c.relname::text ~ '_cc(new|old)[0-9]*$'",
            Leftovers::Included => "",
        };
        let query = format!(
            "SELECT c.oid::pg_catalog.regclass::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'i' AND NOT (i.indisvalid AND i.indisready) AND {scope} {left}
               AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
             ORDER BY 1"
        );
        Ok(self.find(&query, &[&name]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// Finds what is invalid after `ALTER INDEX … ATTACH PARTITION`: the attached index, or the index of the partitioned
    /// table although an index of each partition is attached.
    pub(super) async fn find_invalid_part(&self, index: &str, partition: &str) -> Result<Option<String>> {
        let query = "WITH RECURSIVE parts (oid) AS (
                 SELECT h.inhrelid FROM pg_catalog.pg_inherits h WHERE h.inhparent = pg_catalog.to_regclass($1)
             ), wanted (count) AS (
                 SELECT pg_catalog.count(*) FROM pg_catalog.pg_index p
                 JOIN pg_catalog.pg_inherits h ON h.inhparent = p.indrelid
                 WHERE p.indexrelid = pg_catalog.to_regclass($1)
             )
             SELECT i.indexrelid::pg_catalog.regclass::text FROM pg_catalog.pg_index i
             JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
             WHERE NOT (i.indisvalid AND i.indisready)
               AND (i.indexrelid = pg_catalog.to_regclass($2) AND c.relkind = 'i'
                    OR i.indexrelid = pg_catalog.to_regclass($1)
                       AND (SELECT pg_catalog.count(*) FROM parts) = (SELECT w.count FROM wanted w))
             ORDER BY c.relkind DESC LIMIT 1";
        Ok(self.find(query, &[&index, &partition]).await?.first().map(|row| row.get(0)))
    }

    /// Finds an invalid index of a partition that belongs to an index of the partitioned table.
    pub(super) async fn find_invalid_attached(&self, partition: &str) -> Result<Option<String>> {
        let query = "SELECT i.indexrelid::pg_catalog.regclass::text FROM pg_catalog.pg_index i
             JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
             JOIN pg_catalog.pg_inherits h ON h.inhrelid = i.indexrelid
             WHERE i.indrelid = pg_catalog.to_regclass($1) AND c.relkind = 'i' AND NOT (i.indisvalid AND i.indisready)
             ORDER BY 1 LIMIT 1";
        Ok(self.find(query, &[&partition]).await?.first().map(|row| row.get(0)))
    }

    /// Runs a query of limbeck on names of objects, in the session of the script.
    pub(super) async fn find(&self, query: &str, names: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = names.iter().map(|name| (*name, Type::TEXT)).collect();
        self.worker
            .client()
            .query_typed(&qualify_names(query), &parameters)
            .await
            .map_err(|error| database_error(&error))
    }
}
