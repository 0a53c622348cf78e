//! What the server refused of the models: whether it may yet take it, which of several to tell, and in what words.

use tokio_postgres::error::DbError;

use super::model_script::{ModelScript, first_word};
use crate::core::sql::SourceStatement;
use crate::engine::{Error, Result};

/// A statement that did not run, and why.
pub struct FailedStatement<'a> {
    pub text: &'a ModelScript,
    pub statement: &'a SourceStatement,
    pub error: tokio_postgres::Error,
}

/// SQLSTATEs that say that something is not there, or not there yet.
const MISSING: [&str; 5] = ["42P01", "42704", "42883", "3F000", "42703"];
/// Of class 42, those that no other statement can mend: syntax, privileges, and what is there already.
const FINAL: [&str; 8] = ["42601", "42501", "42P07", "42710", "42723", "42P06", "42701", "42P04"];
/// Prerequisites of other classes.
const LATER: [&str; 3] = ["3F000", "55000", "2BP01"];
/// PostgreSQL will not do it inside a transaction block, or not in the one that made what it needs.
const OUTSIDE: [&str; 2] = ["25001", "55P04"];

/// The server's answer; what is none is an error of the connection.
pub fn answer(error: &tokio_postgres::Error) -> Option<(&DbError, &str)> {
    error.as_db_error().map(|answer| (answer, answer.code().code()))
}

/// Whether it may run once more of the models is there.
pub fn may_come(code: &str) -> bool {
    (code.starts_with("42") && !FINAL.contains(&code)) || LATER.contains(&code)
}

/// Whether it may run outside a transaction.
pub fn wants_outside(code: &str) -> bool {
    OUTSIDE.contains(&code)
}

/// The one to tell of those that nothing helped: what is wrong in itself, before what lacks something, before what
/// lacks only what another one would have made.
pub fn worst<'a>(refused: &'a [FailedStatement<'a>]) -> Option<(&'a FailedStatement<'a>, bool)> {
    let missing = |one: &&FailedStatement<'_>| answer(&one.error).is_some_and(|(_, code)| MISSING.contains(&code));
    if let Some(one) = refused.iter().find(|one| !missing(one)) {
        return Some((one, false));
    }
    let follows = |one: &FailedStatement<'_>| {
        let name = answer(&one.error).and_then(|(answer, _)| named(answer.message()));
        name.is_some_and(|name| refused.iter().any(|other| makes(&other.statement.text, name)))
    };
    let root = refused.iter().find(|one| !follows(one));
    root.map(|one| (one, false)).or_else(|| refused.first().map(|one| (one, true)))
}

/// The failure, with its place and what can be done about it.
pub fn explain(one: &FailedStatement<'_>, circle: bool, server: &str) -> Error {
    let Some((answer, code)) = answer(&one.error) else { return crate::engine::connection::database_error(&one.error) };
    let mut error = one.text.passage().refused(answer, one.text.start_of(one.statement));
    let extension = extension(&one.statement.text).filter(|_| ["0A000", "58P01", "22023"].contains(&code));
    let role = role(answer.message()).filter(|_| code == "42704");
    if let Some(name) = extension.filter(|_| answer.message().contains("extension")) {
        let told = std::mem::replace(&mut error.message, format!("the server lacks the extension {name}"));
        error.causes.insert(0, told);
        error.hint = Some(format!("install it on the server's machine: {}", package(&name, server)));
    } else if let Some(name) = role {
        error.hint = Some(format!(
            "make the role on the server (CREATE ROLE {name}), or in the models, which are then loaded on a private server"
        ));
    } else if circle {
        error
            .causes
            .push("what it lacks is made by a statement that does not run either: they wait for each other".into());
        error.hint.get_or_insert_with(|| {
            "tables that refer to each other need ALTER TABLE … ADD FOREIGN KEY after both are made".into()
        });
    }
    error.message = format!("{}: {}", one.text.shown, error.message);
    error
}

/// A syntax error in a text that was sent whole.
pub fn unreadable(text: &ModelScript, answer: &DbError) -> Error {
    let mut error = text.passage().refused(answer, 0);
    error.message = format!("{}: {}", text.shown, error.message);
    error
}

/// Fails with the one that matters.
pub fn fail<T>(refused: &[FailedStatement<'_>], server: &str) -> Result<T> {
    let told = worst(refused).map(|(one, circle)| explain(one, circle, server));
    Err(told.unwrap_or_else(|| Error::new("the models could not be loaded")))
}

/// What a message quotes first, without its schema.
fn named(message: &str) -> Option<&str> {
    let name = message.split('"').nth(1)?;
    Some(name.rsplit('.').next().unwrap_or(name))
}

fn role(message: &str) -> Option<&str> {
    message.strip_prefix("role \"")?.strip_suffix("\" does not exist")
}

/// Whether a statement would make something of that name: it stands before anything in parentheses.
fn makes(statement: &str, name: &str) -> bool {
    if first_word(statement) != "create" {
        return false;
    }
    let head = statement.split(['(', ';']).next().unwrap_or_default();
    let head = head.split(" AS ").next().unwrap_or_default().split(" ON ").next().unwrap_or_default();
    let mut words = head.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
    words.any(|word| word.eq_ignore_ascii_case(name))
}

/// The extension that a statement makes.
fn extension(statement: &str) -> Option<String> {
    let mut words = statement.split_whitespace().filter(|word| {
        let known = ["create", "if", "not", "exists"];
        !known.iter().any(|known| word.eq_ignore_ascii_case(known))
    });
    words.next().filter(|word| word.eq_ignore_ascii_case("extension"))?;
    words.next().map(|name| name.trim_matches(['"', ';']).to_owned())
}

/// Where an extension comes from.
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
            "it is one of PostgreSQL's own (Debian: postgresql-contrib; Fedora, RHEL: postgresql{major}-contrib)"
        );
    }
    let debian = match name {
        "vector" => format!("postgresql-{major}-pgvector"),
        "postgis" | "postgis_topology" | "postgis_raster" => format!("postgresql-{major}-postgis-3"),
        _ => format!("postgresql-{major}-{}", name.replace('_', "-")),
    };
    format!("its package may be {debian} (Debian's naming)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_statements_name_things() {
        assert_eq!(named("relation \"app.users\" does not exist"), Some("users"));
        assert_eq!(named("nothing"), None);
        assert_eq!(role("role \"app\" does not exist"), Some("app"));
        assert!(makes("CREATE TABLE IF NOT EXISTS public.users (id int)", "users"));
        assert!(!makes("CREATE TABLE a (id int REFERENCES users)", "users"));
        assert!(!makes("CREATE INDEX i ON users (id)", "users") && !makes("GRANT SELECT ON users TO x", "users"));
        assert_eq!(
            extension("create extension\n IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA x").as_deref(),
            Some("uuid-ossp")
        );
        assert_eq!(extension("CREATE TABLE extension (i int)"), None);
    }

    #[test]
    fn packages_are_named_for_the_server() {
        assert!(package("citext", "15.18").contains("postgresql15-contrib"));
        assert!(package("vector", "17.2").contains("postgresql-17-pgvector"));
        assert!(package("pg_cron", "17.2").contains("postgresql-17-pg-cron"));
    }

    #[test]
    fn what_another_statement_can_mend_is_waited_for() {
        assert!(["42P01", "42704", "42883", "3F000", "42703", "42830", "42P16"].into_iter().all(may_come));
        assert!(!["42601", "42501", "42P07", "22P02", "57014"].into_iter().any(may_come));
    }
}
