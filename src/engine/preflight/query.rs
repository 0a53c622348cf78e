//! The SQL that counts a subject. Each query returns one row: the number of rows of the table, and the number of rows or
//! values that the subject selects.

use tokio_postgres::{Client, Error};

use crate::core::sql::qualify_names;
use crate::core::statement::{Question, RowFilter, Subject};
use crate::engine::connection::identifier::quote;

/// The transactions of a run. Rows that they wrote did not exist before the run, so they are not counted.
#[derive(Debug, Clone, Default)]
pub struct OwnTransactions {
    /// The committed transactions, as `xmin` shows them.
    past: Vec<u64>,
    /// The id of the current transaction, and an id that is not assigned yet.
    current: Option<(u64, u64)>,
}

/// The function that counts. Conditions of the user follow it, so the query needs the search path of the user.
const COUNT: &str = "pg_catalog.count";

/// `xmin` contains the lower 32 bits of a transaction id.
const HALF: u64 = 1 << 32;

impl OwnTransactions {
    /// The current transaction of `client`; `other` is a session that is not in a transaction.
    ///
    /// # Errors
    /// If the server rejects a query.
    pub async fn current(client: &Client, other: &Client) -> Result<Self, Error> {
        let number = &qualify_names("SELECT pg_current_xact_id()::text::bigint");
        let now: i64 = client.query_one(number, &[]).await?.get(0);
        let next: i64 = other.query_one(number, &[]).await?.get(0);
        Ok(Self { past: Vec::new(), current: Some((now.unsigned_abs(), next.unsigned_abs())) })
    }

    /// Records that the current transaction has committed.
    pub fn commit(&mut self) {
        let current = self.current.take();
        self.past.extend(current.map(|(now, _)| now % HALF));
    }

    /// Adds transactions that committed earlier.
    #[must_use]
    pub fn after(mut self, before: Self) -> Self {
        self.past.extend(before.past);
        self
    }

    /// Whether there are no transactions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.past.is_empty() && self.current.is_none()
    }

    /// An SQL condition: the row was not written by these transactions. `row` is the alias of the row with a dot, or empty.
    fn excluding_condition(&self, row: &str) -> String {
        // Views and foreign tables do not have xmin.
        if self.is_empty() {
            return "true".to_owned();
        }
        let past: Vec<String> = self.past.iter().map(u64::to_string).collect();
        let past = qualify_names(&format!("{row}xmin::text <> ALL ('{{{}}}')", past.join(",")));
        let Some((now, next)) = self.current else { return past };
        // Subtransactions have ids of their own. Of transactions in progress, only the rows of our own are visible.
        let later = format!("(({row}xmin::text::bigint - {} + {HALF}) % {HALF})", now % HALF);
        let status = format!("pg_xact_status(({now} + {later})::text::xid8)");
        let open = format!("CASE WHEN {later} < {} THEN {status} = 'in progress' ELSE false END", next - now);
        format!("{past} AND NOT coalesce({}, false)", qualify_names(&open))
    }
}

/// The table of a subject, as SQL.
#[must_use]
pub fn table_of(subject: &Subject) -> Option<String> {
    let (schema, name) = subject.table_name()?;
    Some(relation(schema, name))
}

/// The query that counts a subject; `None` if no query can count it.
///
/// # Errors
/// If the server rejects a query on the catalog.
pub(super) async fn of(client: &Client, subject: &Subject, own: &OwnTransactions) -> Result<Option<String>, Error> {
    let Some(table) = table_of(subject) else { return Ok(None) };
    let condition = own.excluding_condition("");
    Ok(match subject {
        Subject::Column { column, .. } => {
            Some(format!("SELECT {COUNT}(*), {COUNT}({}) FROM {table} WHERE {condition}", quote(column)))
        }
        Subject::Table { .. } => Some(format!("{} WHERE {condition}", all(&table))),
        Subject::Rows { question: Question::Affected { column, rows }, .. } => {
            Some(affected(&table, column.as_deref(), rows, own))
        }
        Subject::Rows { question: Question::Constraint { name }, .. } => {
            match constraint(client, &table, name).await? {
                Some(question) => of_question(client, &table, &question).await?,
                None => None,
            }
        }
        Subject::Rows { question, .. } => of_question(client, &table, question).await?,
        Subject::Other => None,
    })
}

async fn of_question(client: &Client, table: &str, question: &Question) -> Result<Option<String>, Error> {
    Ok(match question {
        Question::Nulls { column } => {
            let nulls = qualify_names(&format!("count(*) - count({})", quote(column)));
            Some(format!("SELECT {COUNT}(*), {nulls} FROM {table}"))
        }
        Question::AllNull { .. } => Some(all(table)),
        Question::Check { expression } => {
            Some(format!("SELECT {COUNT}(*), {COUNT}(*) FILTER (WHERE ({expression}\n) IS FALSE) FROM {table}"))
        }
        Question::Duplicates { keys, condition, nulls_are_equal, nulls_are_rejected } => {
            Some(duplicates(table, keys, condition.as_deref(), *nulls_are_equal, *nulls_are_rejected))
        }
        Question::Orphans { columns, referenced_schema, referenced_table, referenced_columns } => {
            let referenced = relation(referenced_schema.as_deref(), referenced_table);
            let keys = match referenced_columns.as_slice() {
                [] => primary_key(client, &referenced).await?,
                keys => keys.to_vec(),
            };
            let operators = equality_operators(client, &referenced, &keys).await?;
            (keys.len() == columns.len()).then(|| orphans(table, columns, &referenced, &keys, &operators))
        }
        Question::Cast { .. } | Question::Constraint { .. } | Question::Affected { .. } => None,
    })
}

fn all(table: &str) -> String {
    format!("SELECT {COUNT}(*), {COUNT}(*) FROM {table}")
}

fn affected(table: &str, column: Option<&str>, rows: &RowFilter, own: &OwnTransactions) -> String {
    let only = if rows.only { "ONLY " } else { "" };
    let (name, row) = match &rows.alias {
        Some(alias) => (format!(" AS {alias}"), alias.as_str()),
        None => (String::new(), table),
    };
    let value = column.map_or_else(|| "*".to_owned(), |column| format!("{row}.{}", quote(column)));
    format!(
        "SELECT (SELECT {COUNT}(*) FROM {only}{table}), \
         (SELECT {COUNT}({value}) FROM {only}{table}{name} WHERE {} AND {})",
        rows.sql(),
        own.excluding_condition(&format!("{row}."))
    )
}

fn duplicates(
    table: &str,
    keys: &[String],
    condition: Option<&str>,
    nulls_are_equal: bool,
    nulls_are_rejected: bool,
) -> String {
    let list = keys.iter().map(|key| format!("({key})")).collect::<Vec<_>>();
    let known = list.iter().map(|key| format!("{key} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let mut wanted = vec![format!("({})", condition.unwrap_or("true"))];
    if !nulls_are_equal {
        wanted.push(known.clone());
    }
    let nulls = if nulls_are_rejected {
        format!(" OPERATOR(pg_catalog.+) (SELECT {COUNT}(*) FROM {table} WHERE NOT ({known}))")
    } else {
        String::new()
    };
    format!(
        "SELECT (SELECT {COUNT}(*) FROM {table}), coalesce((SELECT {} FROM (SELECT {COUNT}(*) AS n FROM {table} \
         WHERE {} GROUP BY {} HAVING {}) AS d), 0)::bigint{nulls}",
        qualify_names("sum(n - 1)"),
        wanted.join(" AND "),
        list.join(", "),
        qualify_names("count(*) > 1"),
    )
}

fn orphans(table: &str, columns: &[String], referenced: &str, keys: &[String], operators: &[String]) -> String {
    let known: Vec<String> = columns.iter().map(|column| format!("f.{} IS NOT NULL", quote(column))).collect();
    let pairs = columns.iter().zip(keys).zip(operators);
    let same: Vec<String> =
        pairs.map(|((column, key), operator)| format!("r.{} {operator} f.{}", quote(key), quote(column))).collect();
    format!(
        "SELECT (SELECT {COUNT}(*) FROM {table}), (SELECT {COUNT}(*) FROM {table} AS f WHERE {} AND NOT EXISTS \
         (SELECT FROM {referenced} AS r WHERE {}))",
        known.join(" AND "),
        same.join(" AND ")
    )
}

/// The operators that compare values of referenced columns, as the unique index of these columns does.
async fn equality_operators(client: &Client, table: &str, columns: &[String]) -> Result<Vec<String>, Error> {
    let query = "SELECT coalesce((SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname)
            FROM pg_opclass c JOIN pg_am m ON m.oid = c.opcmethod
            JOIN pg_amop s ON s.amopfamily = c.opcfamily AND s.amoplefttype = c.opcintype
                AND s.amoprighttype = c.opcintype AND s.amopstrategy = 3
            JOIN pg_operator o ON o.oid = s.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace
            WHERE m.amname = 'btree' AND c.opcdefault AND c.opcintype IN (t.oid, t.typbasetype)
            ORDER BY c.opcintype = t.oid LIMIT 1), 'OPERATOR(pg_catalog.=)')
        FROM unnest($2::text[]) WITH ORDINALITY AS k (name, place)
        LEFT JOIN pg_attribute a ON a.attrelid = to_regclass($1) AND a.attname = k.name
        LEFT JOIN pg_type t ON t.oid = a.atttypid ORDER BY k.place";
    Ok(client.query(&qualify_names(query), &[&table, &columns]).await?.iter().map(|row| row.get(0)).collect())
}

async fn primary_key(client: &Client, table: &str) -> Result<Vec<String>, Error> {
    let query =
        "SELECT a.attname::text FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE i.indisprimary AND i.indrelid = to_regclass($1) ORDER BY k.place";
    Ok(client.query(&qualify_names(query), &[&table]).await?.iter().map(|row| row.get(0)).collect())
}

/// The question that counts the rows which violate an existing constraint.
async fn constraint(client: &Client, table: &str, name: &str) -> Result<Option<Question>, Error> {
    let query = "SELECT c.contype::text, pg_get_expr(c.conbin, c.conrelid), n.nspname::text, r.relname::text,
            ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
                JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place),
            ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
                JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number ORDER BY k.place)
        FROM pg_constraint c LEFT JOIN pg_class r ON r.oid = c.confrelid LEFT JOIN pg_namespace n ON n.oid = r.relnamespace
        WHERE c.conrelid = to_regclass($1) AND c.conname = $2 AND c.confmatchtype IN ('s', ' ')";
    let Some(row) = client.query_opt(&qualify_names(query), &[&table, &name]).await? else { return Ok(None) };
    let (kind, expression): (String, Option<String>) = (row.get(0), row.get(1));
    let mut columns: Vec<String> = row.get(4);
    Ok(match (kind.as_str(), expression, row.get::<_, Option<String>>(3)) {
        ("c", Some(expression), _) => Some(Question::Check { expression }),
        ("f", _, Some(table)) => Some(Question::Orphans {
            columns,
            referenced_schema: row.get(2),
            referenced_table: table,
            referenced_columns: row.get(5),
        }),
        ("n", ..) => columns.pop().map(|column| Question::Nulls { column }),
        _ => None,
    })
}

fn relation(schema: Option<&str>, name: &str) -> String {
    match schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(name)),
        None => quote(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_counted_as_the_constraint_sees_nulls() {
        let keys = [String::from("a"), String::from("lower(b)")];
        let groups = |condition: &str, nulls: &str| {
            format!(
                "SELECT (SELECT pg_catalog.count(*) FROM t), coalesce((SELECT pg_catalog.sum(n OPERATOR(pg_catalog.-) 1) \
                 FROM (SELECT pg_catalog.count(*) AS n FROM t WHERE {condition} GROUP BY (a), (lower(b)) \
                 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1) AS d), 0)::bigint{nulls}"
            )
        };
        let known = "(a) IS NOT NULL AND (lower(b)) IS NOT NULL";
        for (condition, nulls_are_equal, nulls_are_rejected, expected) in [
            (None, false, false, groups(&format!("(true) AND {known}"), "")),
            (None, true, false, groups("(true)", "")),
            (Some("c > 0"), true, false, groups("(c > 0)", "")),
            (
                None,
                false,
                true,
                groups(
                    &format!("(true) AND {known}"),
                    &format!(" OPERATOR(pg_catalog.+) (SELECT pg_catalog.count(*) FROM t WHERE NOT ({known}))"),
                ),
            ),
        ] {
            assert_eq!(duplicates("t", &keys, condition, nulls_are_equal, nulls_are_rejected), expected);
        }
    }

    #[test]
    fn rows_with_a_null_in_the_key_are_no_orphans() {
        let columns = [String::from("a"), String::from("B")];
        let keys = [String::from("x"), String::from("y")];
        assert_eq!(
            orphans("t", &columns, "s.u", &keys, &["=".into(), "OPERATOR(x.=)".into()]),
            "SELECT (SELECT pg_catalog.count(*) FROM t), (SELECT pg_catalog.count(*) FROM t AS f \
             WHERE f.\"a\" IS NOT NULL AND f.\"B\" IS NOT NULL AND \
             NOT EXISTS (SELECT FROM s.u AS r WHERE r.\"x\" = f.\"a\" AND r.\"y\" OPERATOR(x.=) f.\"B\"))"
        );
    }
}
