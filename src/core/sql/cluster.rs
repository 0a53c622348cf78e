//! What a statement changes beyond its own database: roles, databases, tablespaces, the server's configuration.

use squawk_syntax::ast::{AstNode, Stmt};

use super::tree::{self, word_places};

/// The kinds of objects that all databases of a server share.
const SHARED: [&str; 7] = ["role", "user", "group", "database", "tablespace", "system", "subscription"];
/// Of these, roles.
const ROLES: [&str; 3] = ["role", "user", "group"];

/// What it changes that all databases of a server share, in a few words; `None`: nothing.
///
/// Bodies of `DO` blocks, functions and procedures count with what they hold, run or not.
#[must_use]
pub fn cluster_wide(statement: &str) -> Option<&'static str> {
    let parsed = tree::parse(statement);
    if let Some(parsed) = &parsed {
        let found = of_tree(&parsed.statement, statement);
        let has_body = matches!(parsed.statement, Stmt::Do(_) | Stmt::CreateFunction(_) | Stmt::CreateProcedure(_));
        if found.is_some() || (parsed.complete && !has_body) {
            return found;
        }
    }
    of_words(statement)
}

/// The roles that a statement makes, outright or in the body of a `DO` block; unquoted names in lower case.
#[must_use]
pub fn roles_made(statement: &str) -> Vec<String> {
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
        Stmt::CreateRole(_) | Stmt::CreateUser(_) | Stmt::CreateGroup(_) => "makes a role",
        Stmt::AlterRole(_) | Stmt::AlterUser(_) | Stmt::AlterGroup(_) => "changes a role",
        Stmt::DropRole(_) | Stmt::DropUser(_) | Stmt::DropGroup(_) => "drops a role",
        Stmt::DropOwned(_) => "drops what a role owns",
        Stmt::CreateDatabase(_) => "makes a database",
        Stmt::AlterDatabase(_) => "changes a database by its name",
        Stmt::DropDatabase(_) => "drops a database",
        Stmt::CreateTablespace(_) | Stmt::AlterTablespace(_) | Stmt::DropTablespace(_) => "changes tablespaces",
        Stmt::CreateSubscription(_) | Stmt::AlterSubscription(_) | Stmt::DropSubscription(_) => {
            "changes a subscription"
        }
        Stmt::AlterSystem(_) => "changes the server's configuration",
        Stmt::Grant(grant) => of_grant(grant.on_privilege_objects_clause().map(|on| on.syntax().text().to_string()))?,
        Stmt::Revoke(revoke) => {
            of_grant(revoke.on_privilege_objects_clause().map(|on| on.syntax().text().to_string()))?
        }
        Stmt::CommentOn(_) => {
            let third = word_places(text).nth(2)?.1;
            return SHARED.contains(&third.as_str()).then_some("comments on what all databases share");
        }
        _ => return None,
    })
}

/// Without objects it is membership that is granted.
fn of_grant(objects: Option<String>) -> Option<&'static str> {
    let Some(objects) = objects else { return Some("changes the members of a role") };
    let kind = word_places(&objects).nth(1)?.1;
    ["database", "tablespace", "parameter"].contains(&kind.as_str()).then_some("grants what all databases share")
}

/// Where there is no whole tree, words that follow each other decide, wherever they stand: a private server too many
/// costs a second, one too few somebody's roles.
fn of_words(statement: &str) -> Option<&'static str> {
    let words: Vec<String> = statement
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.windows(2).find_map(|pair| {
        let verb = ["create", "alter", "drop"].contains(&pair[0].as_str());
        (verb && SHARED.contains(&pair[1].as_str())).then_some("may change what all databases share")
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

    #[test]
    fn what_all_databases_share_is_told() {
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
            assert!(cluster_wide(sql).is_some(), "{sql}");
        }
    }

    #[test]
    fn what_stays_in_its_database_is_not() {
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
            assert_eq!(cluster_wide(sql), None, "{sql}");
        }
    }

    #[test]
    fn roles_that_are_made_are_named() {
        assert_eq!(roles_made("CREATE ROLE app LOGIN"), ["app"]);
        assert_eq!(roles_made("create user \"App\""), ["App"]);
        assert_eq!(roles_made("DO $$ BEGIN CREATE ROLE A; create group b; END $$"), ["a", "b"]);
        assert!(roles_made("CREATE USER MAPPING FOR app SERVER s").is_empty());
        assert!(roles_made("CREATE TABLE role (recreate role int)").is_empty());
    }
}
