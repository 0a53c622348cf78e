//! What the words of a statement show without a syntax tree. Loading models uses this, because large models contain
//! thousands of statements that only the server has to read.

use super::identifier::unquoted;
use super::lexer::TokenKind;
use super::words::{leading_words, significant_tokens, words_with_offsets};

/// Words without which a statement cannot change an object that all databases of a server share.
const CLUSTER_WORDS: [&str; 11] = [
    "role",
    "user",
    "group",
    "database",
    "tablespace",
    "system",
    "subscription",
    "parameter",
    "grant",
    "revoke",
    "owned",
];

/// Returns the first word of a statement in lower case, or an empty text.
#[must_use]
pub fn first_word(statement: &str) -> String {
    words_with_offsets(statement).next().filter(|(start, _)| *start == 0).map_or_else(String::new, |(_, word)| word)
}

/// Whether a statement changes a setting for the statements after it.
#[must_use]
pub fn changes_setting(statement: &str) -> bool {
    match first_word(statement).as_str() {
        "set" | "reset" => true,
        "select" => words_with_offsets(statement).any(|(_, word)| word == "set_config"),
        _ => false,
    }
}

/// Whether a statement creates a function or procedure.
#[must_use]
pub fn creates_routine(statement: &str) -> bool {
    let words = leading_words(statement);
    words.first().is_some_and(|word| word == "create")
        && words.iter().take(4).any(|word| word == "function" || word == "procedure")
}

/// Returns the extension that a statement creates.
#[must_use]
pub fn created_extension(statement: &str) -> Option<String> {
    let mut tokens = significant_tokens(statement).map(|token| token.text(statement));
    let mut word = || tokens.next();
    let is = |text: Option<&str>, keyword: &str| text.is_some_and(|text| text.eq_ignore_ascii_case(keyword));
    if !is(word(), "create") || !is(word(), "extension") {
        return None;
    }
    let mut name = word()?;
    if name.eq_ignore_ascii_case("if") {
        // IF NOT EXISTS
        let (_not, _exists) = (word()?, word()?);
        name = word()?;
    }
    Some(unquoted(name))
}

/// Whether a statement creates an object with this name. The name is before any parenthesis, `AS` and `ON`.
#[must_use]
pub fn creates_object(statement: &str, name: &str) -> bool {
    let mut tokens = significant_tokens(statement).map(|token| (token.kind, token.text(statement)));
    if !tokens.next().is_some_and(|(_, text)| text.eq_ignore_ascii_case("create")) {
        return false;
    }
    let is_end = |text: &str| ["(", "as", "on"].iter().any(|end| text.eq_ignore_ascii_case(end));
    tokens
        .take_while(|(_, text)| !is_end(text))
        .any(|(kind, text)| matches!(kind, TokenKind::Word | TokenKind::QuotedName) && unquoted(text) == name)
}

/// Whether a statement may change an object that all databases of a server share. `false` is certain.
#[must_use]
pub fn may_change_cluster(statement: &str) -> bool {
    let mut words = statement.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.any(|word| CLUSTER_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_routines_are_recognised() {
        for sql in ["SET x = 1", "reset all", "SELECT pg_catalog.set_config('search_path', '', false)"] {
            assert!(changes_setting(sql), "{sql}");
        }
        assert!(!changes_setting("SELECT 'set_config'") && !changes_setting("CREATE TABLE set_config (a int)"));
        assert!(creates_routine("create or replace FUNCTION f() …") && creates_routine("CREATE PROCEDURE p()"));
        assert!(!creates_routine("CREATE TABLE a (function int)") && !creates_routine("DROP FUNCTION f"));
        assert_eq!(["Create x", "(select)", ""].map(first_word), ["create", "", ""]);
    }

    #[test]
    fn created_objects_are_recognised_by_their_names() {
        for (sql, name, expected) in [
            ("CREATE TABLE s.a (b int REFERENCES c)", "a", true),
            ("CREATE TABLE IF NOT EXISTS public.users (id int)", "users", true),
            ("GRANT SELECT ON users TO x", "users", false),
            ("CREATE TABLE s.a (b int REFERENCES c)", "c", false),
            ("create unlogged table A (b int)", "a", true),
            ("CREATE TABLE \"A\" (b int)", "A", true),
            ("CREATE TABLE \"A\" (b int)", "a", false),
            ("CREATE VIEW v AS SELECT * FROM a", "a", false),
            ("CREATE INDEX i ON a (b)", "a", false),
            ("ALTER TABLE a ADD b int", "a", false),
        ] {
            assert_eq!(creates_object(sql, name), expected, "{sql}: {name}");
        }
        for (sql, expected) in [
            ("CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA x", Some("uuid-ossp")),
            ("create /* a */ extension citext", Some("citext")),
            ("CREATE TABLE extension (a int)", None),
        ] {
            assert_eq!(created_extension(sql).as_deref(), expected, "{sql}");
        }
    }
}
