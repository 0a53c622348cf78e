//! Finds relations with the name of one of limbeck's tables that another role has created to run its own code as the
//! migrating role: by a view, a trigger, a rule, a policy, or a function in a default, a constraint, an index or a domain.

use tokio_postgres::{Client, Row};

use crate::core::sql::{identifier, qualify_names};
use crate::engine::connection::database_error;
use crate::engine::{Error, Result};

/// Whether the owner of relation `c` may act as the current role anyway: it is that role or a role that it is a member of, a
/// superuser, or the owner of the database. A superuser counts as a member of every role for PostgreSQL, but not here.
pub(super) const HAS_TRUSTED_OWNER: &str = "EXISTS (
    WITH RECURSIVE trusted AS (
        SELECT r.oid FROM pg_roles r WHERE r.rolname IN (current_user, session_user) OR r.rolsuper
            OR r.oid IN (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database())
        UNION SELECT m.roleid FROM pg_auth_members m JOIN trusted t ON m.member = t.oid
            JOIN pg_roles r ON r.oid = t.oid WHERE NOT r.rolsuper OR r.rolname IN (current_user, session_user))
    SELECT FROM trusted WHERE trusted.oid = c.relowner)";

/// The code that relation `c` can run when it is read or written, in words. NULL if there is none. `pg_depend` has no rows
/// for the functions of `pg_catalog`.
pub(super) const CODE: &str = "coalesce(
    CASE WHEN c.relkind = 'v' THEN 'it is a view' WHEN c.relkind = 'f' THEN 'it is a foreign table'
        WHEN c.relispartition THEN 'it is a partition' END,
    (SELECT format('it has the trigger %I', t.tgname) FROM pg_trigger t
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal LIMIT 1),
    (SELECT format('it has the rule %I', r.rulename) FROM pg_rewrite r
        WHERE r.ev_class = c.oid AND c.relkind IN ('r', 'p') LIMIT 1),
    (SELECT format('it has the child table %s', i.inhrelid::regclass) FROM pg_inherits i
        WHERE i.inhparent = c.oid LIMIT 1),
    (SELECT format('the policy %I calls a function', p.polname) FROM pg_policy p
        JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
        WHERE p.polrelid = c.oid AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) LIMIT 1),
    (SELECT format('the default of the column %I calls a function', b.attname) FROM pg_attrdef e
        JOIN pg_attribute b ON b.attrelid = e.adrelid AND b.attnum = e.adnum
        JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid
        WHERE e.adrelid = c.oid AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) LIMIT 1),
    (SELECT format('the constraint %I calls a function', e.conname) FROM pg_constraint e
        JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = e.oid
        WHERE e.conrelid = c.oid AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) LIMIT 1),
    (SELECT format('the index %s calls a function', i.indexrelid::regclass) FROM pg_index i
        JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
        WHERE i.indrelid = c.oid AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) LIMIT 1),
    (WITH RECURSIVE used AS (
            SELECT b.attname, b.atttypid AS type FROM pg_attribute b
                WHERE b.attrelid = c.oid AND b.attnum > 0 AND NOT b.attisdropped
            UNION SELECT u.attname, y.typbasetype FROM used u JOIN pg_type y ON y.oid = u.type WHERE y.typtype = 'd')
        SELECT format('the domain of the column %I calls a function', u.attname) FROM used u
        JOIN pg_constraint e ON e.contypid = u.type
        JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass AND d.objid = e.oid
        WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) LIMIT 1))";

/// A relation that has the name of one of limbeck's own tables.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OwnTable {
    /// The name in messages.
    shown: String,
    is_table: bool,
    owner: String,
    has_trusted_owner: bool,
    /// The owner of the schema `limbeck`, if that is not trusted.
    schema_owner: Option<String>,
    code: Option<String>,
}

impl OwnTable {
    fn from_row(row: &Row) -> Self {
        let is_own_schema = row.get::<_, &str>(0) == "limbeck";
        let schema_owner = (is_own_schema && !row.get::<_, bool>(6)).then(|| row.get(5));
        Self {
            shown: format!("{}.{}", identifier::quote(row.get(0)), identifier::quote(row.get(1))),
            is_table: row.get(2),
            owner: row.get(3),
            has_trusted_owner: row.get(4),
            schema_owner,
            code: row.get(7),
        }
    }

    /// Checks that only a trusted role has created the table, and that it runs no code.
    fn require_trusted(&self) -> Result<()> {
        let Self { shown, is_table, owner, has_trusted_owner, schema_owner, code } = self;
        let (role, owner) = (owner, identifier::quote(owner));
        if let Some(schema_owner) = schema_owner {
            return Err(untrusted_schema(schema_owner));
        }
        let (what, hint) = if !has_trusted_owner {
            (
                format!("it belongs to {owner}, whose privileges the current role does not have"),
                format!(
                    "if {owner} may run limbeck, set role = {role:?} under [apply] or run ALTER TABLE {shown} OWNER TO …; otherwise rename the table: ALTER TABLE {shown} RENAME TO …"
                ),
            )
        } else if let Some(code) = code {
            (code.clone(), format!("remove it, or rename the relation: ALTER TABLE {shown} RENAME TO …"))
        } else if !is_table {
            ("it is not a table".to_owned(), format!("rename it: ALTER TABLE {shown} RENAME TO …"))
        } else {
            return Ok(());
        };
        Err(Error::new(format!("{shown} has the name of one of limbeck's own tables, but limbeck cannot trust it"))
            .because(what)
            .because("limbeck would run the code of another role; nothing was run")
            .hint(hint))
    }
}

/// The error if the schema `limbeck` belongs to another role.
fn untrusted_schema(role: &str) -> Error {
    let owner = identifier::quote(role);
    Error::new(format!("the schema limbeck belongs to {owner}, whose privileges the current role does not have"))
        .because(format!("{owner} could replace limbeck's tables by code of its own; nothing was run"))
        .hint(format!(
            "if {owner} may run limbeck, set role = {role:?} under [apply]; otherwise rename the schema: ALTER SCHEMA limbeck \
             RENAME TO …"
        ))
}

/// Checks that the schema `limbeck`, if it exists, belongs to a trusted role.
///
/// # Errors
/// With the owner.
pub(super) async fn require_trusted_schema(client: &Client) -> Result<()> {
    let is_trusted = HAS_TRUSTED_OWNER.replace("c.relowner", "n.nspowner");
    let query = format!(
        "SELECT pg_get_userbyid(n.nspowner)::text FROM pg_namespace n WHERE n.nspname = 'limbeck' AND NOT {is_trusted}"
    );
    let row = client.query_opt(&qualify_names(&query), &[]).await.map_err(|error| database_error(&error))?;
    row.map_or(Ok(()), |row| Err(untrusted_schema(row.get(0))))
}

/// Checks that limbeck's own tables with these names, if they exist, run no code of another role.
///
/// # Errors
/// With the reason, and the statement that corrects it.
pub(in crate::engine) async fn require_trusted(client: &Client, names: &[&str]) -> Result<()> {
    let schema_owner = HAS_TRUSTED_OWNER.replace("c.relowner", "n.nspowner");
    let query = format!(
        "SELECT n.nspname::text, c.relname::text, c.relkind = 'r', pg_get_userbyid(c.relowner)::text, {HAS_TRUSTED_OWNER},
            pg_get_userbyid(n.nspowner)::text, {schema_owner}, {CODE}
        FROM unnest($1::text[]) AS w(name) JOIN pg_class c ON c.oid = to_regclass(w.name)
        JOIN pg_namespace n ON n.oid = c.relnamespace"
    );
    let rows = client.query(&qualify_names(&query), &[&names]).await.map_err(|error| database_error(&error))?;
    rows.iter().try_for_each(|row| OwnTable::from_row(row).require_trusted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_table_of_a_trusted_role_is_accepted() {
        let table = || OwnTable {
            shown: "limbeck.log".into(),
            is_table: true,
            owner: "Ann".into(),
            has_trusted_owner: true,
            schema_owner: None,
            code: None,
        };
        for (table, cause, hint) in [
            (table(), "", ""),
            (OwnTable { has_trusted_owner: false, ..table() }, "it belongs to \"Ann\"", "OWNER TO"),
            (
                OwnTable { schema_owner: Some("bob".into()), ..table() },
                "the schema limbeck belongs to bob",
                "ALTER SCHEMA",
            ),
            (OwnTable { code: Some("it has the rule r".into()), ..table() }, "it has the rule r", "remove it"),
            (OwnTable { is_table: false, ..table() }, "it is not a table", "RENAME TO"),
        ] {
            match table.require_trusted() {
                Ok(()) => assert_eq!(cause, "", "{table:?}"),
                Err(error) => {
                    assert!(!cause.is_empty() && error.report().contains(cause), "{error:?}");
                    assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{error:?}");
                }
            }
        }
    }
}
