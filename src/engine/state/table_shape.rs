//! What the version table of a database is: its kind of relation, its column, and whether limbeck can read and write it.

use tokio_postgres::{Client, Row};

use super::foreign_code::{CODE, HAS_TRUSTED_OWNER};
use crate::core::graph::{ALEMBIC_WIDTH, RevisionId, VersionChange};
use crate::core::sql::{identifier, qualify_names};
use crate::engine::connection::database_error;
use crate::engine::connection::identifier::quote;
use crate::engine::{Error, Result};

/// Describes the relation with the name in `$1`, before the owner and the code. No row if there is none. 28 are the bits of INSERT, UPDATE and DELETE,
/// 19 is the type `name`, and 18 `"char"`.
const QUERY: &str = "
    SELECT CASE WHEN c.relkind IN ('r', 'p') THEN 'table' WHEN c.relkind = 'v' THEN 'view'
               WHEN c.relkind = 'm' THEN 'materialized view' WHEN c.relkind = 'f' THEN 'foreign table'
               WHEN c.relkind = 'S' THEN 'sequence' WHEN c.relkind = 'c' THEN 'composite type' ELSE 'index' END,
           (pg_relation_is_updatable(c.oid, true) & 28) = 28,
           c.relkind = 'r' AND row_security_active(c.oid),
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
               AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum),
           a.attnotnull,
           format_type(a.atttypid, a.atttypmod),
           t.typcategory = 'S',
           CASE WHEN t.oid = 19 THEN 63
                WHEN t.oid = 18 THEN 1
                WHEN a.atttypmod > 4 THEN (a.atttypmod - 4)
                WHEN t.typtypmod > 4 THEN (t.typtypmod - 4) END,
           ARRAY(SELECT o.attname::text FROM pg_attribute o
               WHERE o.attrelid = c.oid AND o.attnum > 0 AND NOT o.attisdropped AND o.attnotnull
                 AND NOT o.atthasdef AND o.attidentity = '' AND o.attname <> 'version_num'),
           ARRAY(SELECT one FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS one
               WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT has_table_privilege(c.oid, one)
                 AND (one = 'DELETE' OR NOT has_any_column_privilege(c.oid, one))),
           current_user::text";

/// The end of the query.
const FROM: &str = "
    FROM pg_class c
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'version_num' AND NOT a.attisdropped
    LEFT JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.oid = to_regclass($1)";

/// The relation that has the name of the version table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableShape {
    /// The name in messages and in SQL.
    pub name: String,
    /// For example `table` or `view`.
    pub kind: String,
    /// Whether rows can be inserted, updated and deleted.
    pub is_updatable: bool,
    /// Whether policies restrict the rows that the role sees.
    pub has_row_security: bool,
    /// The column `version_num`.
    pub column: Option<VersionColumn>,
    /// Other columns that an INSERT must fill.
    pub required_columns: Vec<String>,
    /// The privileges on the table that the role lacks, e.g. `INSERT`.
    pub missing_privileges: Vec<String>,
    /// The role of the session.
    pub role: String,
    /// The owner, and the code that the relation runs as the role of the session: unless the owner may act as that role
    /// anyway.
    pub foreign_code: Option<(String, String)>,
}

/// The column `version_num`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VersionColumn {
    /// As SQL.
    pub data_type: String,
    pub is_text: bool,
    /// The number of characters that it holds. `None`: any number.
    pub width: Option<usize>,
    pub is_unique: bool,
    pub is_not_null: bool,
}

impl TableShape {
    /// Reads the relation with this name, as quoted SQL. `None` if there is none. `shown` is the name in messages.
    pub(super) async fn read(client: &Client, sql: &str, shown: &str) -> Result<Option<Self>> {
        let owner = "pg_get_userbyid(c.relowner)::text";
        let query = format!("{QUERY}, {owner}, CASE WHEN NOT {HAS_TRUSTED_OWNER} THEN {CODE} END {FROM}");
        let row = client.query_opt(&qualify_names(&query), &[&sql]).await.map_err(|error| database_error(&error))?;
        row.map(|row| Self::from_row(&row, shown)).transpose().map_err(|error| database_error(&error))
    }

    fn from_row(row: &Row, shown: &str) -> Result<Self, tokio_postgres::Error> {
        let data_type: Option<String> = row.try_get(5)?;
        let column = match data_type {
            None => None,
            Some(data_type) => Some(VersionColumn {
                data_type,
                is_unique: row.try_get(3)?,
                is_not_null: row.try_get(4)?,
                is_text: row.try_get(6)?,
                width: row.try_get::<_, Option<i32>>(7)?.and_then(|width| usize::try_from(width).ok()),
            }),
        };
        Ok(Self {
            name: shown.to_owned(),
            kind: row.try_get(0)?,
            is_updatable: row.try_get(1)?,
            has_row_security: row.try_get(2)?,
            column,
            required_columns: row.try_get(8)?,
            missing_privileges: row.try_get(9)?,
            role: row.try_get(10)?,
            foreign_code: row
                .try_get::<_, Option<String>>(12)?
                .zip(row.try_get(11)?)
                .map(|(code, owner)| (owner, code)),
        })
    }

    /// Checks that the rows can be read as revision ids.
    ///
    /// # Errors
    /// With the statement that corrects the table.
    pub(super) fn require_readable(&self) -> Result<()> {
        let name = &self.name;
        if let Some((owner, code)) = &self.foreign_code {
            let (other, owner, role) = (owner, identifier::quote(owner), identifier::quote(&self.role));
            return Err(Error::new(format!("the version table {name} runs code of the role {owner}: {code}"))
                .because(format!("{role} does not have the privileges of {owner}, and would run that code; nothing was run"))
                .hint(format!(
                    "if {owner} may run limbeck, set role = {other:?} under [apply] or change the owner with ALTER TABLE {name} \
                     OWNER TO …; otherwise remove the code, or rename the relation"
                )));
        }
        if ["sequence", "composite type", "index"].contains(&self.kind.as_str()) {
            return Err(Error::new(format!("{name} is not a table: it is a {}", self.kind))
                .because("limbeck needs a table with this name for the version table")
                .hint(OTHER_NAME));
        }
        match &self.column {
            None => Err(Error::new(format!("the {} {name} has no column version_num", self.kind))
                .because("it is not a version table of Alembic")
                .hint(format!(
                    "rename it (ALTER TABLE {name} RENAME TO …), or set another version_table under [database]"
                ))),
            Some(column) if !column.is_text => {
                Err(Error::new(format!("{name}.version_num has the type {}; a revision id is text", column.data_type))
                    .hint(widen(name, ALEMBIC_WIDTH)))
            }
            Some(_) => self.require_privileges(&["SELECT"]),
        }
    }

    /// Checks that the role has these privileges on the table.
    fn require_privileges(&self, needed: &[&str]) -> Result<()> {
        let (name, role) = (&self.name, &self.role);
        let Some(missing) = needed.iter().find(|one| self.missing_privileges.iter().any(|missing| missing == *one))
        else {
            return Ok(());
        };
        Err(Error::new(format!("permission denied for {} {name}", self.kind))
            .because(format!("the role {role} may not {missing} on it; nothing was run"))
            .hint(format!(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {}; or set role under [apply] to the owner of {name}",
                identifier::quote(role)
            )))
    }

    /// Checks that row security does not hide the rows. `has_rows`: whether a row was read.
    ///
    /// # Errors
    /// When no row was read, and policies restrict what the role sees.
    pub(super) fn require_visible(&self, has_rows: bool) -> Result<()> {
        let name = &self.name;
        if has_rows || !self.has_row_security {
            return Ok(());
        }
        Err(Error::new(format!("row-level security hides the rows of {name} from this role"))
            .because("limbeck cannot find out which revisions are applied")
            .hint(format!(
                "ALTER TABLE {name} DISABLE ROW LEVEL SECURITY, or set role under [apply] to the owner of {name}"
            )))
    }

    /// Checks that the rows can be changed in this way.
    ///
    /// # Errors
    /// With the statement that corrects the table.
    pub(super) fn require_writable(&self, changes: &[&VersionChange]) -> Result<()> {
        self.require_readable()?;
        let name = &self.name;
        if !self.is_updatable || self.kind == "foreign table" {
            let kind = &self.kind;
            return Err(Error::new(format!("{name} is a {kind} that limbeck cannot write"))
                .because("limbeck inserts, updates and deletes rows of the version table, and locks it")
                .hint(OTHER_NAME));
        }
        let needed: Vec<&str> = changes.iter().map(|change| privilege(change)).collect();
        self.require_privileges(&needed)?;
        let inserts = changes.iter().any(|change| matches!(change, VersionChange::Insert(_)));
        if let Some((found, advice)) = self.required_column().filter(|_| inserts) {
            return Err(Error::new(found).because("nothing was run").hint(advice));
        }
        let width = self.column.as_ref().and_then(|column| column.width);
        match width.and_then(|width| Some((width, find_longer(changes, width)?))) {
            None => Ok(()),
            Some((width, id)) => Err(too_long(name, id, &format!("holds {width}")).hint(widen(name, id.length()))),
        }
    }

    /// What works but should be corrected, each with the statement that corrects it.
    pub(super) fn advice(&self) -> Vec<(String, String)> {
        let (name, mut found) = (&self.name, Vec::new());
        let Some(column) = &self.column else { return found };
        found.extend(self.required_column());
        if self.kind == "table" && !column.is_unique {
            let key = quote(&format!("{}_pkc", name.rsplit('.').next().unwrap_or(name).trim_matches('"')));
            found.push((
                format!("{name} has no primary key, so it can contain a revision twice"),
                format!("ALTER TABLE {name} ADD CONSTRAINT {key} PRIMARY KEY (version_num)"),
            ));
        } else if self.kind == "table" && !column.is_not_null {
            found.push((
                format!("{name}.version_num can be NULL"),
                format!("ALTER TABLE {name} ALTER COLUMN version_num SET NOT NULL"),
            ));
        }
        if column.data_type.starts_with("character(") {
            let to = column.data_type.replacen("character(", "varchar(", 1);
            found.push((
                format!("{name}.version_num has the type {}; Alembic reads its values with spaces", column.data_type),
                format!("ALTER TABLE {name} ALTER COLUMN version_num TYPE {to}"),
            ));
        }
        found
    }
}

impl TableShape {
    /// A column that prevents new rows, and the statement that corrects it.
    fn required_column(&self) -> Option<(String, String)> {
        let (name, first) = (&self.name, self.required_columns.first()?);
        let found = format!(
            "the column {first} of {name} must have a value, but limbeck writes only version_num, as Alembic does"
        );
        let column = quote(first);
        Some((
            found,
            format!(
                "ALTER TABLE {name} ALTER COLUMN {column} DROP NOT NULL; or give the column a default with SET DEFAULT"
            ),
        ))
    }
}

/// The privilege that a change needs.
const fn privilege(change: &VersionChange) -> &'static str {
    match change {
        VersionChange::Insert(_) => "INSERT",
        VersionChange::Update { .. } => "UPDATE",
        VersionChange::Delete(_) => "DELETE",
    }
}

const OTHER_NAME: &str = "set another version_table under [database], or rename the existing object";

/// The error if the version table does not exist, and would be created too narrow for an id.
///
/// # Errors
/// With the statements that create a wider table.
pub(super) fn require_fits_new(name: &str, changes: &[&VersionChange]) -> Result<()> {
    let Some(id) = find_longer(changes, ALEMBIC_WIDTH) else { return Ok(()) };
    let holds = format!("does not exist, and is created with {ALEMBIC_WIDTH}, as by Alembic");
    Err(too_long(name, id, &holds)
        .hint(format!("create the table with `limbeck ensure_version`, then widen it: {}", widen(name, id.length()))))
}

/// The longest id that is written and has more characters.
fn find_longer<'a>(changes: &[&'a VersionChange], width: usize) -> Option<&'a RevisionId> {
    let written = changes.iter().filter_map(|change| change.written());
    written.filter(|id| id.length() > width).max_by_key(|id| id.length())
}

fn too_long(name: &str, id: &RevisionId, holds: &str) -> Error {
    let length = id.length();
    Error::new(format!("the id of revision {id} has {length} characters; the column {name}.version_num {holds}"))
        .because("nothing was run")
}

/// The statement that widens the column, with space for longer ids.
fn widen(name: &str, length: usize) -> String {
    let width = if length <= ALEMBIC_WIDTH { ALEMBIC_WIDTH } else { length.max(255) };
    format!("ALTER TABLE {name} ALTER COLUMN version_num TYPE varchar({width})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(kind: &str, column: Option<VersionColumn>) -> TableShape {
        TableShape {
            name: "ops.versions".into(),
            kind: kind.into(),
            is_updatable: kind == "table",
            has_row_security: false,
            column,
            required_columns: Vec::new(),
            missing_privileges: Vec::new(),
            role: "Deploy".into(),
            foreign_code: None,
        }
    }

    fn column(data_type: &str, width: Option<usize>) -> VersionColumn {
        let (data_type, is_text) = (data_type.to_owned(), data_type != "integer");
        VersionColumn { data_type, is_text, width, is_unique: true, is_not_null: true }
    }

    #[test]
    fn every_relation_that_cannot_be_used_has_a_hint() {
        let varchar = || Some(column("character varying(32)", Some(32)));
        let extra = TableShape { required_columns: vec!["note".into()], ..shape("table", varchar()) };
        let reader = TableShape { missing_privileges: vec!["INSERT".into()], ..shape("table", varchar()) };
        let nobody = TableShape { missing_privileges: vec!["SELECT".into()], ..shape("table", varchar()) };
        let planted = TableShape {
            foreign_code: Some(("eve".into(), "it has the trigger t".into())),
            ..shape("table", varchar())
        };
        let grant = "DELETE ON ops.versions TO \"Deploy\"";
        let cases = [
            (planted, "runs code of the role eve: it has the trigger t", "set role = \"eve\""),
            (reader, "permission denied for table ops.versions", grant),
            (nobody, "permission denied for table ops.versions", grant),
            (shape("table", varchar()), "", ""),
            (shape("table", Some(column("text", None))), "", ""),
            (shape("table", Some(column("integer", None))), "integer", "TYPE varchar(32)"),
            (shape("table", None), "has no column version_num", "RENAME TO"),
            (shape("sequence", None), "it is a sequence", "set another version_table"),
            (shape("view", varchar()), "is a view that limbeck cannot write", "set another version_table"),
            (shape("materialized view", varchar()), "is a materialized view", "set another version_table"),
            (extra, "the column note of ops.versions", "ALTER COLUMN \"note\" DROP NOT NULL"),
        ];
        for (shape, message, hint) in cases {
            match shape.require_writable(&[&VersionChange::Insert(RevisionId::parse("a").unwrap())]) {
                Ok(()) => assert_eq!((message, hint), ("", ""), "{shape:?}"),
                Err(error) => {
                    assert!(!message.is_empty() && error.message.contains(message), "{error:?}");
                    assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{error:?}");
                }
            }
        }
    }

    #[test]
    fn an_id_is_compared_with_the_width_of_the_column() {
        for (width, length, fits) in [
            (Some(32), 32, true),
            (Some(32), 33, false),
            (Some(64), 64, true),
            (Some(64), 65, false),
            (None, 999, true),
        ] {
            let from = RevisionId::parse("a").unwrap();
            let to = RevisionId::parse(&"한".repeat(length)).unwrap();
            let change = VersionChange::Update { from, to };
            let result = shape("table", Some(column("character varying(32)", width))).require_writable(&[&change]);
            assert_eq!(result.is_ok(), fits, "{width:?} {length}");
            if let Err(error) = result {
                let hint = "ALTER TABLE ops.versions ALTER COLUMN version_num TYPE varchar(255)";
                assert_eq!(error.hint.as_deref(), Some(hint));
            }
            assert_eq!(require_fits_new("v", &[&change]).is_ok(), length <= 32);
        }
    }

    #[test]
    fn a_table_without_key_and_padded_ids_are_advice() {
        let advice = |change: fn(&mut VersionColumn)| {
            let mut column = column("character varying(32)", Some(32));
            change(&mut column);
            shape("table", Some(column)).advice().into_iter().map(|(_, advice)| advice).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(advice(|_| {}), "");
        let key = "ALTER TABLE ops.versions ADD CONSTRAINT \"versions_pkc\" PRIMARY KEY (version_num)";
        assert_eq!(advice(|column| column.is_unique = false), key);
        let not_null = "ALTER TABLE ops.versions ALTER COLUMN version_num SET NOT NULL";
        assert_eq!(advice(|column| column.is_not_null = false), not_null);
        let varchar = "ALTER TABLE ops.versions ALTER COLUMN version_num TYPE varchar(12)";
        assert_eq!(advice(|column| column.data_type = "character(12)".into()), varchar);
    }
}
