//! Objects in `public` with the names of functions, operators, types, casts and catalog tables that limbeck uses. limbeck
//! never calls them, whatever the search path is.

mod session;

use crate::support::{Server, ServerOptions, TestDatabase, TestProject};

/// Creates the shadows. The placeholders are lists of names in limbeck's statements.
const SHADOWS: &str = include_str!("shadows.sql");

/// The start of the message that every shadow writes to the server's log.
const WITNESS: &str = "LOG:  shadow called";

/// The operators of PostgreSQL that occur in limbeck's statements are looked up among these characters.
const OPERATOR_CHARACTERS: &str = "+-*/<>=~!@#%^&|`?";

#[test]
fn shadows_are_not_called_with_the_default_search_path() {
    play("\"$user\", public");
}

#[test]
fn shadows_are_not_called_if_public_is_before_pg_catalog() {
    play("public, pg_catalog");
}

/// Runs every command on a database with shadows of all names in the statements of the same commands.
fn play(path: &str) {
    let settings = vec!["log_statement = 'all'".to_owned(), "max_locks_per_transaction = 2048".to_owned()];
    let server = Server::start(&ServerOptions { settings, ..ServerOptions::default() });
    let clean = server.database();
    let expected = session::run_commands(&project(&clean, path));
    let log = server.log();
    drop(clean);
    let database = server.database();
    let project = project(&database, path);
    database.psql(&shadows(&log));
    assert_witnesses(&database, path);
    let before = server.log().len();
    let found = session::run_commands(&project);
    let log = server.log().split_off(before);
    let called: Vec<&str> = log.split(WITNESS).skip(1).map(|text| text.get(..400).unwrap_or(text)).collect();
    assert!(called.is_empty(), "{} shadows were called:\n{}", called.len(), called.join("\n----\n"));
    assert_eq!(found, expected);
}

fn project(database: &TestDatabase<'_>, path: &str) -> TestProject {
    database.psql(&format!("ALTER DATABASE {} SET search_path = {path}", database.name()));
    let project = TestProject::new(&format!(
        "[database]\nurl = \"{}\"\n[models]\nsql = [\"models/*.sql\"]\nschemas = [\"app\"]\n",
        database.url()
    ));
    session::write_files(&project);
    project
}

/// The script that creates shadows of the names in a log.
fn shadows(log: &str) -> String {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let (mut functions, mut types, mut tables) = (vec!["concat_ws", "count", "now"], vec!["text"], vec!["pg_class"]);
    for word in log.split(|c| !is_word(c)).filter(|word| word.len() > 1) {
        let start = word.as_ptr() as usize - log.as_ptr() as usize;
        let (before, after) = (&log.as_bytes()[..start], &log.as_bytes()[start + word.len()..]);
        if after.starts_with(b"(") {
            functions.push(word);
        } else if before.ends_with(b"::") || before.ends_with(b"::\"") || before.ends_with(b"pg_catalog.") {
            types.push(word);
        }
        if word.starts_with("pg_") {
            tables.push(word);
        }
    }
    let operators = log.split(|c: char| !OPERATOR_CHARACTERS.contains(c));
    let operators = operators.filter(|operator| !operator.is_empty() && !operator.contains("--")).collect();
    SHADOWS
        .replace("{functions}", &list(functions))
        .replace("{types}", &list(types))
        .replace("{tables}", &list(tables))
        .replace("{operators}", &list(operators))
}

fn list(mut words: Vec<&str>) -> String {
    words.sort_unstable();
    words.dedup();
    words.join(",")
}

/// Proves that the shadows work: a statement with unqualified names calls them.
fn assert_witnesses(database: &TestDatabase<'_>, path: &str) {
    for (statement, always) in [
        ("SELECT concat_ws(' '::pg_catalog.text, 'a'::pg_catalog.text)", true),
        ("SELECT 'a'::pg_catalog.varchar = 'a'::pg_catalog.varchar", true),
        ("SELECT count('a'::pg_catalog.text)", true),
        ("SELECT 1 = 1", false),
        ("SELECT now()", false),
        ("SELECT 'a'::text", false),
        ("SELECT FROM pg_class", false),
    ] {
        let before = database.server().log().len();
        database.try_psql(statement);
        let is_called = database.server().log().split_off(before).contains(WITNESS);
        assert_eq!(is_called, always || path.starts_with("public"), "{path}: {statement}");
    }
}
