//! Statements of the models that the server refused: whether a retry may help, which one to report, and the error
//! message.

use tokio_postgres::error::DbError;

use super::model_script::ModelScript;
use crate::core::sql::SourceStatement;
use crate::core::sql::outline::{created_extension, creates_object};
use crate::engine::{Error, Result};

/// A statement that failed, with its error.
pub struct FailedStatement<'a> {
    pub text: &'a ModelScript,
    pub statement: &'a SourceStatement,
    pub error: tokio_postgres::Error,
}

/// SQLSTATEs for objects that do not exist, or do not exist yet.
const MISSING: [&str; 5] = ["42P01", "42704", "42883", "3F000", "42703"];
/// SQLSTATEs of class 42 that no other statement can resolve: syntax, privileges, and objects that exist already.
const FINAL: [&str; 8] = ["42601", "42501", "42P07", "42710", "42723", "42P06", "42701", "42P04"];
/// SQLSTATEs of other classes that a later statement may resolve.
const LATER: [&str; 3] = ["3F000", "55000", "2BP01"];
/// SQLSTATEs of statements that cannot run in a transaction block, or not in the one that created an object they use.
const OUTSIDE: [&str; 2] = ["25001", "55P04"];

/// Returns the server's error and its SQLSTATE. `None` for an error of the connection.
pub fn answer(error: &tokio_postgres::Error) -> Option<(&DbError, &str)> {
    error.as_db_error().map(|answer| (answer, answer.code().code()))
}

/// Whether the statement may succeed after other statements of the models have run.
pub fn may_succeed_later(code: &str) -> bool {
    (code.starts_with("42") && !FINAL.contains(&code)) || LATER.contains(&code)
}

/// Whether the statement may succeed outside a transaction.
pub fn needs_no_transaction(code: &str) -> bool {
    OUTSIDE.contains(&code)
}

/// Selects the statement to report: first one that is wrong itself, then one that needs a missing object, then one that
/// needs an object that another failed statement would create. The flag is true when the statements depend on each
/// other.
pub fn select_root_cause<'a>(refused: &'a [FailedStatement<'a>]) -> Option<(&'a FailedStatement<'a>, bool)> {
    let missing =
        |failed: &&FailedStatement<'_>| answer(&failed.error).is_some_and(|(_, code)| MISSING.contains(&code));
    if let Some(failed) = refused.iter().find(|failed| !missing(failed)) {
        return Some((failed, false));
    }
    let depends_on_failed = |failed: &FailedStatement<'_>| {
        let name = answer(&failed.error).and_then(|(answer, _)| first_quoted_name(answer.message()));
        name.is_some_and(|name| refused.iter().any(|other| creates_object(&other.statement.text, name)))
    };
    let root_cause = refused.iter().find(|failed| !depends_on_failed(failed));
    root_cause.map(|failed| (failed, false)).or_else(|| refused.first().map(|failed| (failed, true)))
}

/// Returns the error with its position and a hint.
pub fn explain(failed: &FailedStatement<'_>, is_circular: bool, server: &str) -> Error {
    let Some((answer, code)) = answer(&failed.error) else {
        return crate::engine::connection::database_error(&failed.error);
    };
    let mut error = failed.text.passage().refused(answer, failed.text.start_of(failed.statement));
    let extension = created_extension(&failed.statement.text).filter(|_| ["0A000", "58P01", "22023"].contains(&code));
    let role = role(answer.message()).filter(|_| code == "42704");
    if let Some(name) = extension.filter(|_| answer.message().contains("extension")) {
        let message = std::mem::replace(&mut error.message, format!("the server does not have the extension {name}"));
        error.causes.insert(0, message);
        error.hint = Some(format!("install it on the server: {}", package(&name, server)));
    } else if let Some(name) = role {
        error.hint = Some(format!(
            "create the role on the server (CREATE ROLE {name}), or in the models, which are then loaded on a private server"
        ));
    } else if is_circular {
        error.causes.push("it needs an object of another failed statement, and the two depend on each other".into());
        error.hint.get_or_insert_with(|| {
            "for tables that reference each other, use ALTER TABLE … ADD FOREIGN KEY after both CREATE TABLE statements".into()
        });
    }
    error.hint.get_or_insert_with(|| "correct the models; the database was not changed".into());
    error.message = format!("{}: {}", failed.text.shown, error.message);
    error
}

/// A syntax error in a text that was sent at once.
pub fn syntax_error(text: &ModelScript, answer: &DbError) -> Error {
    let mut error = text.passage().refused(answer, 0);
    error.hint.get_or_insert_with(|| "correct the models; the database was not changed".into());
    error.message = format!("{}: {}", text.shown, error.message);
    error
}

/// Returns the error of the statement that is the root cause.
pub fn fail<T>(refused: &[FailedStatement<'_>], server: &str) -> Result<T> {
    let error = select_root_cause(refused).map(|(failed, is_circular)| explain(failed, is_circular, server));
    Err(error.unwrap_or_else(|| Error::new("the models could not be loaded")))
}

/// Returns the first quoted name in a message, without its schema.
fn first_quoted_name(message: &str) -> Option<&str> {
    let name = message.split('"').nth(1)?;
    Some(name.rsplit('.').next().unwrap_or(name))
}

fn role(message: &str) -> Option<&str> {
    message.strip_prefix("role \"")?.strip_suffix("\" does not exist")
}

/// Describes the package that contains an extension.
fn package(name: &str, server: &str) -> String {
    const CONTRIB: [&str; 22] = [
        "amcheck",
        "bloom",
        "btree_gin",
        "btree_gist",
        "citext",
        "cube",
        "dblink",
        "earthdistance",
        "fuzzystrmatch",
        "hstore",
        "intarray",
        "isn",
        "ltree",
        "pg_stat_statements",
        "pg_trgm",
        "pgcrypto",
        "postgres_fdw",
        "tablefunc",
        "tsm_system_rows",
        "unaccent",
        "uuid-ossp",
        "xml2",
    ];
    let major = server.split('.').next().unwrap_or(server);
    if CONTRIB.contains(&name) {
        return format!(
            "it is part of PostgreSQL (Debian: postgresql-contrib; Fedora, RHEL: postgresql{major}-contrib)"
        );
    }
    let debian = match name {
        "vector" => format!("postgresql-{major}-pgvector"),
        "postgis" | "postgis_topology" | "postgis_raster" => format!("postgresql-{major}-postgis-3"),
        _ => format!("postgresql-{major}-{}", name.replace('_', "-")),
    };
    format!("the Debian package may be {debian}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_messages() {
        assert_eq!(first_quoted_name("relation \"app.users\" does not exist"), Some("users"));
        assert_eq!(first_quoted_name("nothing"), None);
        assert_eq!(role("role \"app\" does not exist"), Some("app"));
    }

    #[test]
    fn packages_are_named_for_the_server() {
        assert!(package("citext", "15.18").contains("postgresql15-contrib"));
        assert!(package("vector", "17.2").contains("postgresql-17-pgvector"));
        assert!(package("pg_cron", "17.2").contains("postgresql-17-pg-cron"));
    }

    #[test]
    fn statements_that_may_succeed_later_are_retried() {
        assert!(["42P01", "42704", "42883", "3F000", "42703", "42830", "42P16"].into_iter().all(may_succeed_later));
        assert!(!["42601", "42501", "42P07", "22P02", "57014"].into_iter().any(may_succeed_later));
    }
}
