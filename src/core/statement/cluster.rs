//! Finds changes outside the database of a statement: of roles, databases, tablespaces and the server's configuration.

use squawk_syntax::ast::{AstNode, Stmt};

use super::parse::Tree;
use crate::core::sql::words_with_offsets;

/// The kinds of objects that all databases of a server share.
const SHARED: [&str; 7] = ["role", "user", "group", "database", "tablespace", "system", "subscription"];
/// The kinds among them that are roles.
const ROLES: [&str; 3] = ["role", "user", "group"];

/// The change that a statement makes to objects that all databases of a server share; `None` if it makes none. The bodies
/// of `DO` blocks, functions and procedures are included, even if they do not run.
pub(super) fn effect(statement: &str, tree: Option<&Tree>) -> Option<&'static str> {
    if let Some(tree) = tree {
        let found = of_tree(&tree.statement, statement);
        let has_body = matches!(tree.statement, Stmt::Do(_) | Stmt::CreateFunction(_) | Stmt::CreateProcedure(_));
        if found.is_some() || (tree.complete && !has_body) {
            return found;
        }
    }
    of_words(statement)
}

/// The roles that a statement creates, itself or in the body of a `DO` block; unquoted names in lower case.
#[must_use]
pub fn roles_created(statement: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = statement;
    while let Some(at) = find_word(rest, "create") {
        rest = &rest[at + "create".len()..];
        let after = rest.trim_start();
        let kind = ROLES.iter().find(|kind| find_word(after, kind) == Some(0));
        if let Some(kind) = kind {
            found.extend(name(after[kind.len()..].trim_start()));
        }
    }
    found.retain(|name| name != "mapping");
    found
}

fn of_tree(statement: &Stmt, text: &str) -> Option<&'static str> {
    Some(match statement {
        Stmt::CreateRole(_) | Stmt::CreateUser(_) | Stmt::CreateGroup(_) => "creates a role",
        Stmt::AlterRole(_) | Stmt::AlterUser(_) | Stmt::AlterGroup(_) => "alters a role",
        Stmt::DropRole(_) | Stmt::DropUser(_) | Stmt::DropGroup(_) => "drops a role",
        Stmt::DropOwned(_) => "drops all objects of a role",
        Stmt::CreateDatabase(_) => "creates a database",
        Stmt::AlterDatabase(_) => "alters a database",
        Stmt::DropDatabase(_) => "drops a database",
        Stmt::CreateTablespace(_) | Stmt::AlterTablespace(_) | Stmt::DropTablespace(_) => "changes a tablespace",
        Stmt::CreateSubscription(_) | Stmt::AlterSubscription(_) | Stmt::DropSubscription(_) => {
            "changes a subscription"
        }
        Stmt::AlterSystem(_) => "changes the server's configuration",
        Stmt::Grant(grant) => of_grant(grant.on_privilege_objects_clause().map(|on| on.syntax().text().to_string()))?,
        Stmt::Revoke(revoke) => {
            of_grant(revoke.on_privilege_objects_clause().map(|on| on.syntax().text().to_string()))?
        }
        Stmt::CommentOn(_) => {
            let third = words_with_offsets(text).nth(2)?.1;
            return SHARED.contains(&third.as_str()).then_some("comments on an object that all databases share");
        }
        _ => return None,
    })
}

/// The effect of GRANT or REVOKE; `objects` is its `ON` clause. Without it, the membership of a role changes.
fn of_grant(objects: Option<String>) -> Option<&'static str> {
    let Some(objects) = objects else { return Some("changes the members of a role") };
    let kind = words_with_offsets(&objects).nth(1)?.1;
    ["database", "tablespace", "parameter"]
        .contains(&kind.as_str())
        .then_some("changes privileges on an object that all databases share")
}

/// Without a complete tree, two adjacent words decide, even inside strings. A false positive only costs the start of an
/// unnecessary private server; a false negative would change a shared server.
fn of_words(statement: &str) -> Option<&'static str> {
    let words: Vec<String> = statement
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.windows(2).find_map(|pair| {
        let verb = ["create", "alter", "drop"].contains(&pair[0].as_str());
        (verb && SHARED.contains(&pair[1].as_str())).then_some("may change an object that all databases share")
    })
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    lower
        .match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !is_part(lower[..*at].chars().next_back()) && !is_part(lower[at + word.len()..].chars().next()))
}

/// The name at the start of a text.
fn name(text: &str) -> Option<String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let end = quoted.find('"')?;
        return Some(quoted[..end].to_owned());
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::statement::analyse_one;

    fn cluster_effect(sql: &str) -> Option<&'static str> {
        analyse_one(sql).cluster_effect
    }

    #[test]
    fn changes_of_the_whole_server_are_found() {
        for sql in [
            "CREATE ROLE app",
            "create user \"App\" with password 'x'",
            "ALTER ROLE app SET search_path = a",
            "DROP ROLE IF EXISTS app",
            "GRANT reader TO writer",
            "REVOKE reader FROM writer",
            "GRANT CONNECT ON DATABASE shop TO app",
            "ALTER DATABASE shop SET work_mem = '1MB'",
            "CREATE DATABASE shop",
            "CREATE TABLESPACE fast LOCATION '/x'",
            "ALTER SYSTEM SET work_mem = '1MB'",
            "COMMENT ON ROLE app IS 'x'",
            "COMMENT ON DATABASE shop IS 'x'",
            "DROP OWNED BY app",
            "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles) THEN CREATE ROLE app; END IF; END $$",
            "DO $$ BEGIN EXECUTE 'create  role ' || quote_ident('a'); END $$",
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER SYSTEM SET a = 1; END $$",
            "CREATE ROLE ??? (",
        ] {
            assert!(cluster_effect(sql).is_some(), "{sql}");
        }
    }

    #[test]
    fn changes_of_the_database_are_not() {
        for sql in [
            "CREATE TABLE role (a int)",
            "INSERT INTO t VALUES ('create role app')",
            "GRANT SELECT ON t TO app",
            "GRANT USAGE ON SCHEMA database TO app",
            "GRANT ALL ON TABLE parameter TO app",
            "COMMENT ON TABLE role IS 'drop role'",
            "CREATE USER MAPPING FOR app SERVER s",
            "ALTER TABLE t OWNER TO app",
            "SET ROLE app",
            "DO $$ BEGIN PERFORM 1; END $$",
            "CREATE POLICY p ON t TO app USING (true)",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app",
        ] {
            assert_eq!(cluster_effect(sql), None, "{sql}");
        }
    }

    #[test]
    fn created_roles_are_named() {
        assert_eq!(roles_created("CREATE ROLE app LOGIN"), ["app"]);
        assert_eq!(roles_created("create user \"App\""), ["App"]);
        assert_eq!(roles_created("DO $$ BEGIN CREATE ROLE A; create group b; END $$"), ["a", "b"]);
        assert!(roles_created("CREATE USER MAPPING FOR app SERVER s").is_empty());
        assert!(roles_created("CREATE TABLE role (recreate role int)").is_empty());
    }
}
