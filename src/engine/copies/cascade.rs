//! Copies what foreign keys delete or change together with the rows that a statement deletes.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use tokio_postgres::Client;
use tokio_postgres::types::Oid;

use super::copier::{Copier, StatementCopies};
use super::relations::Relation;
use super::tasks::{self, CopyTask};
use super::{CopyError, columns};
use crate::core::copies::CopyKind;
use crate::core::statement::RowFilter;
use crate::engine::connection::identifier::quote;

/// The alias of the referencing row in a condition.
const ROW: &str = "limbeck_row";

/// A foreign key that acts when a referenced row is deleted.
#[derive(Debug, Clone)]
struct ForeignKey {
    /// The referencing table. For a partition: the whole partitioned table.
    source: Relation,
    /// The referencing partition, if the key belongs only to it.
    partition: Option<Oid>,
    /// Whether the referencing rows are deleted. Otherwise their columns are set to NULL or to their default.
    deletes: bool,
    columns: Vec<KeyColumn>,
}

/// A pair of columns of a foreign key, with the operator that compares them, as SQL.
#[derive(Debug, Clone)]
struct KeyColumn {
    referencing: String,
    referenced: String,
    operator: String,
}

/// The foreign keys of each referenced table that was examined, and how far each copy was followed.
#[derive(Debug, Default)]
struct Followed {
    keys: HashMap<Oid, Vec<ForeignKey>>,
    /// The last `id` of each copy, by the index of the copy.
    rows: HashMap<usize, i64>,
}

/// The rows of a copy that were not followed yet.
#[derive(Debug, Clone, Copy)]
struct NewRows {
    copy: usize,
    after: i64,
    until: i64,
}

impl Copier {
    /// Follows foreign keys from the rows of a copy until no further row is reached. Each row is copied once.
    pub(super) async fn follow_foreign_keys(
        &self,
        client: &Client,
        copies: &mut StatementCopies<'_>,
        first: usize,
    ) -> Result<(), CopyError> {
        let mut followed = Followed::default();
        let mut queue = VecDeque::from([first]);
        while let Some(copy) = queue.pop_front() {
            let Some(relation) = copies.relation(copy) else { continue };
            let query = format!("SELECT coalesce(max(id), 0) FROM {}", copies.table(copy));
            let until: i64 = client.query_one(&query, &[]).await?.get(0);
            let after = followed.rows.insert(copy, until).unwrap_or(0);
            if until <= after {
                continue;
            }
            if let Entry::Vacant(unknown) = followed.keys.entry(relation) {
                unknown.insert(read_foreign_keys(client, relation).await?);
            }
            for key in followed.keys.get(&relation).into_iter().flatten() {
                queue.extend(self.follow_key(client, copies, key, NewRows { copy, after, until }).await?);
            }
        }
        Ok(())
    }

    /// Copies the rows or values that one foreign key deletes or changes. Returns the copy of rows that has new rows.
    async fn follow_key(
        &self,
        client: &Client,
        copies: &mut StatementCopies<'_>,
        key: &ForeignKey,
        rows: NewRows,
    ) -> Result<Option<usize>, CopyError> {
        let filter = key.condition(&copies.from(rows.copy), &copies.table(rows.copy), rows);
        let from = columns::table_sql(&key.source.schema, &key.source.name, key.source.kind == 'p');
        // A row that is inserted now would also be deleted.
        client.batch_execute(&format!("LOCK TABLE {from} IN SHARE ROW EXCLUSIVE MODE")).await?;
        let exists = format!("SELECT EXISTS (SELECT FROM {from} AS {ROW} WHERE {})", filter.sql());
        if !client.query_one(&exists, &[]).await?.get::<_, bool>(0) {
            return Ok(None);
        }
        let mut found = None;
        for task in plan_tasks(client, key, &filter).await? {
            let is_rows = task.kind == CopyKind::Rows;
            let (copy, inserted) = self.add(client, copies, task).await?;
            found = (is_rows && inserted > 0).then_some(copy).or(found);
        }
        Ok(found)
    }
}

/// The copies that a foreign key requires: of the rows that it deletes, or of each column that it changes.
async fn plan_tasks(client: &Client, key: &ForeignKey, filter: &RowFilter) -> Result<Vec<CopyTask>, CopyError> {
    let source = &key.source;
    if key.deletes {
        let object = tasks::object_name(source, None);
        let task = tasks::plan_row_copy(client, source, object, CopyKind::Rows, Some(filter.clone())).await?;
        return Ok(vec![task]);
    }
    let all = columns::read_columns(client, source.oid).await?;
    let mut planned = Vec::new();
    for column in all.iter().filter(|column| !column.current.generated) {
        if key.columns.iter().any(|pair| pair.referencing == column.copied.name) {
            let object = tasks::object_name(source, Some(&column.copied.name));
            let number = column.copied.number;
            planned.push(tasks::plan_value_copy(client, source, &all, number, object, Some(filter.clone())).await?);
        }
    }
    Ok(planned)
}

impl ForeignKey {
    /// Selects the rows that reference the new rows of a copy. The referenced rows still exist, so that the key's own
    /// operators can compare them.
    fn condition(&self, parent: &str, copy: &str, rows: NewRows) -> RowFilter {
        let equal = self.columns.iter().map(|pair| {
            format!("parent.{} {} {ROW}.{}", quote(&pair.referenced), pair.operator, quote(&pair.referencing))
        });
        let equal = equal.collect::<Vec<_>>().join(" AND ");
        let partition = self.partition.map_or_else(String::new, |oid| format!(" AND {ROW}.tableoid = {oid}::oid"));
        let condition = format!(
            "EXISTS (SELECT FROM {copy} AS made JOIN {parent} AS parent ON parent.tableoid = made.source_table \
             AND parent.ctid = made.source_row WHERE made.id > {} AND made.id <= {} AND {equal}){partition}",
            rows.after, rows.until
        );
        RowFilter { alias: Some(ROW.to_owned()), from: None, condition, only: false }
    }
}

/// Reads the foreign keys that delete or change rows if a row of this table is deleted. For a partitioned table, these
/// are also those that reference one of its partitions.
async fn read_foreign_keys(client: &Client, referenced: Oid) -> Result<Vec<ForeignKey>, CopyError> {
    let query = "WITH referenced AS (
            SELECT $1::oid AS oid UNION SELECT relid::oid FROM pg_partition_tree($1::oid::regclass))
        SELECT root.oid, root.relkind::text, n.nspname::text, root.relname::text, k.conrelid, k.confdeltype = 'c',
            ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS x (number, ordinal)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.number ORDER BY x.ordinal),
            ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS x (number, ordinal)
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.number ORDER BY x.ordinal),
            ARRAY(SELECT format('OPERATOR(%I.%s)', s.nspname, o.oprname)
                FROM unnest(k.conpfeqop) WITH ORDINALITY AS x (operator, ordinal)
                JOIN pg_operator o ON o.oid = x.operator JOIN pg_namespace s ON s.oid = o.oprnamespace ORDER BY x.ordinal)
        FROM pg_constraint k
        JOIN pg_class root ON root.oid = coalesce(pg_partition_root(k.conrelid)::oid, k.conrelid)
        JOIN pg_namespace n ON n.oid = root.relnamespace
        WHERE k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd') AND k.confrelid IN (SELECT oid FROM referenced)
          AND NOT EXISTS (SELECT FROM pg_constraint p
              WHERE p.oid = k.conparentid AND p.confrelid IN (SELECT oid FROM referenced))
        ORDER BY k.oid";
    let rows = client.query(query, &[&referenced]).await?;
    let keys = rows.iter().map(|row| {
        let source = Relation {
            oid: row.get(0),
            column: 0,
            kind: row.get::<_, &str>(1).chars().next().unwrap_or('r'),
            schema: row.get(2),
            name: row.get(3),
        };
        let constrained: Oid = row.get(4);
        let (referencing, referenced): (Vec<String>, Vec<String>) = (row.get(6), row.get(7));
        let operators: Vec<String> = row.get(8);
        let pairs = referencing.into_iter().zip(referenced).zip(operators);
        ForeignKey {
            partition: (constrained != source.oid).then_some(constrained),
            deletes: row.get(5),
            columns: pairs
                .map(|((referencing, referenced), operator)| KeyColumn { referencing, referenced, operator })
                .collect(),
            source,
        }
    });
    Ok(keys.collect())
}
