//! The operation of a statement and its object, from its first words.

use crate::core::sql::leading_words;

/// One operation of the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// For example `public.users`. Empty if the statement names no object.
    pub object: String,
    /// For example `add column plan`.
    pub doing: String,
    /// 1-based.
    pub line: usize,
}

/// Words between a verb and its object that are skipped.
const NOISE: [&str; 20] = [
    "or",
    "replace",
    "if",
    "not",
    "exists",
    "only",
    "concurrently",
    "temp",
    "temporary",
    "unlogged",
    "local",
    "global",
    "into",
    "from",
    "constraint",
    "recursive",
    "trusted",
    "procedural",
    "default",
    "lateral",
];

/// Kinds of objects. The name follows.
const KINDS: [&str; 29] = [
    "table",
    "column",
    "index",
    "view",
    "sequence",
    "schema",
    "type",
    "domain",
    "function",
    "procedure",
    "routine",
    "aggregate",
    "trigger",
    "rule",
    "policy",
    "extension",
    "statistics",
    "collation",
    "class",
    "family",
    "cast",
    "role",
    "user",
    "database",
    "publication",
    "subscription",
    "server",
    "language",
    "wrapper",
];

/// Words before a kind.
const BEFORE_KINDS: [&str; 6] = ["materialized", "foreign", "unique", "operator", "event", "data"];

/// What follows the object of an ALTER, at most this many words.
const DETAIL: usize = 4;

/// The same if a new name or a state follows: `rename column a to b`, `alter column a set not null`.
const LONG_DETAIL: usize = 6;

/// The operation of a statement.
#[must_use]
pub fn operation(statement: &str, line: usize) -> Operation {
    let words = split_words(statement);
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let is = |at: usize, list: &[&str]| lower.get(at).is_some_and(|word| list.contains(&word.as_str()));
    let mut doing: Vec<&str> = lower.iter().take(1).map(String::as_str).collect();
    let mut at = 1;
    if is(0, &["comment", "security"]) && is(1, &["on", "label"]) {
        at += 1;
    }
    let made = is(0, &["create", "alter", "drop", "comment", "security", "refresh", "truncate"]);
    let mut named = !made;
    while is(at, &NOISE) || !named && (is(at, &KINDS) || is(at, &BEFORE_KINDS)) {
        if let Some(kind) = lower.get(at).filter(|_| !is(at, &NOISE)) {
            doing.push(kind);
            named = is(at, &KINDS);
        }
        at += 1;
    }
    let kind = doing.last().copied().unwrap_or_default();
    // An index, a trigger, a rule or a policy belongs to its table.
    let owned = ["index", "trigger", "rule", "policy"].contains(&kind);
    let table = lower.iter().skip(at).position(|word| word == "on").map(|on| at + on + 1).filter(|_| owned);
    let plain = ["create", "alter", "drop", "comment", "insert", "update", "delete", "truncate", "copy", "refresh"];
    if !lower.first().is_some_and(|verb| plain.contains(&verb.as_str())) {
        let doing = leading_words(statement).into_iter().take(DETAIL).collect::<Vec<_>>().join(" ");
        return Operation { object: String::new(), doing, line };
    }
    let name = |at: usize| words.get(at).cloned().unwrap_or_default();
    let object = match table {
        Some(mut table) => {
            while is(table, &NOISE) {
                table += 1;
            }
            name(table)
        }
        None => name(at),
    };
    let mut doing = doing.join(" ");
    if table.is_some() && !name(at).eq_ignore_ascii_case("on") {
        doing = format!("{doing} {}", name(at));
    } else if lower.first().is_some_and(|verb| verb == "alter") {
        let most = if is(at + 1, &["rename", "alter"]) { LONG_DETAIL } else { DETAIL };
        doing = words.iter().skip(at + 1).take(most).map(|word| readable(word)).collect::<Vec<_>>().join(" ");
    }
    Operation { object, doing, line }
}

/// Keywords in lower case, names unchanged.
fn readable(word: &str) -> String {
    let keyword = word.chars().all(|c| c.is_ascii_uppercase());
    if keyword { word.to_lowercase() } else { word.to_owned() }
}

/// The words and names of a statement up to its first parenthesis, except those in lists of names. Comments are
/// skipped.
fn split_words(statement: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut rest = statement.chars().take(2000).peekable();
    let mut quoted = false;
    while let Some(character) = rest.next() {
        match character {
            '"' => {
                quoted = !quoted;
                word.push('"');
            }
            _ if quoted => word.push(character),
            '-' if rest.peek() == Some(&'-') => while rest.next_if(|c| *c != '\n').is_some() {},
            c if c.is_alphanumeric() || matches!(c, '_' | '.' | '$') => word.push(c),
            _ => {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                if matches!(character, ';' | '\'') || words.len() > 24 {
                    return words;
                }
            }
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_has_the_name_of_its_object() {
        for (sql, object, doing) in [
            ("CREATE TABLE IF NOT EXISTS app.users (id bigint)", "app.users", "create table"),
            ("ALTER TABLE ONLY functions\n  DROP COLUMN legacy_code", "functions", "drop column legacy_code"),
            ("alter table users add plan text not null", "users", "add plan text not"),
            ("ALTER TABLE users RENAME COLUMN a TO b;", "users", "rename column a to b"),
            ("ALTER TABLE users ALTER COLUMN a SET NOT NULL", "users", "alter column a set not null"),
            ("CREATE UNIQUE INDEX CONCURRENTLY ix ON ONLY jobs (status)", "jobs", "create unique index ix"),
            ("CREATE INDEX ON jobs (status)", "jobs", "create index"),
            ("DROP INDEX ix_status", "ix_status", "drop index"),
            ("CREATE OR REPLACE FUNCTION f(a int) RETURNS int AS $$SELECT 1$$", "f", "create function"),
            ("DROP MATERIALIZED VIEW \"My View\"", "\"My View\"", "drop materialized view"),
            ("COMMENT ON COLUMN users.plan IS 'x'", "users.plan", "comment column"),
            ("INSERT INTO users VALUES (1)", "users", "insert"),
            ("UPDATE jobs SET priority = 0", "jobs", "update"),
            ("DELETE FROM jobs", "jobs", "delete"),
            ("TRUNCATE jobs", "jobs", "truncate"),
            ("GRANT SELECT ON users TO app", "", "grant select on users"),
            ("DO $$ BEGIN END $$", "", "do"),
            ("INSERT INTO data VALUES (1)", "data", "insert"),
            ("DROP TABLE type", "type", "drop table"),
            ("", "", ""),
        ] {
            let found = operation(sql, 7);
            assert_eq!((found.object.as_str(), found.doing.as_str(), found.line), (object, doing, 7), "{sql}");
        }
    }
}
