//! What a statement does that no rollback takes back.

use super::tree::{leading_words, word_places};

/// Functions of the server and of well-known extensions whose effect stays when the transaction is rolled back.
/// (`nextval` is not among them: that a sequence skips numbers harms nobody.)
const LASTING: [&str; 34] = [
    "dblink",
    "dblink_exec",
    "dblink_send_query",
    "http_delete",
    "http_get",
    "http_patch",
    "http_post",
    "http_put",
    "lo_export",
    "pg_cancel_backend",
    "pg_copy_logical_replication_slot",
    "pg_copy_physical_replication_slot",
    "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot",
    "pg_create_restore_point",
    "pg_drop_replication_slot",
    "pg_file_rename",
    "pg_file_unlink",
    "pg_file_write",
    "pg_log_backend_memory_contexts",
    "pg_logical_emit_message",
    "pg_promote",
    "pg_reload_conf",
    "pg_replication_slot_advance",
    "pg_rotate_logfile",
    "pg_stat_reset",
    "pg_stat_reset_shared",
    "pg_stat_reset_single_table_counters",
    "pg_stat_statements_reset",
    "pg_switch_wal",
    "pg_terminate_backend",
    "pg_wal_replay_pause",
    "pg_wal_replay_resume",
    "setval",
];

/// The functions whose effect no rollback takes back, as a regular expression of PostgreSQL's.
#[must_use]
pub fn lasting_pattern() -> String {
    format!(r"\m({})\M", LASTING.join("|"))
}

/// What a statement does that stays when it is rolled back, e.g. `setval`; `None`: nothing that its text shows.
///
/// `beside` names functions, and tables with triggers, of the database that do such things. What only defines a
/// function or a trigger runs nothing.
#[must_use]
pub fn lasting(statement: &str, beside: &[String]) -> Option<String> {
    let first = leading_words(statement);
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    match first.as_slice() {
        ["alter" | "drop" | "comment" | "grant" | "revoke" | "lock" | "security", ..] => return None,
        ["create", rest @ ..] if defines_code(rest) => return None,
        _ => {}
    }
    let words = words(statement, first.first() == Some(&"do"));
    let has = |name: &str| words.iter().any(|word| word == name) || statement.contains(&format!("\"{name}\""));
    if first.first() == Some(&"copy") && writes_elsewhere(&words) {
        return Some("COPY to a file or a program".to_owned());
    }
    let runs = first.first() != Some(&"create");
    LASTING
        .into_iter()
        .find(|name| has(name))
        .map(str::to_owned)
        .or_else(|| beside.iter().find(|name| runs && has(name)).cloned())
}

fn defines_code(after_create: &[&str]) -> bool {
    let kinds = ["function", "procedure", "trigger", "rule", "aggregate", "event"];
    after_create.iter().take(5).any(|word| kinds.contains(word))
}

/// The words of a statement, in lower case; those of a `DO` block stand in a string.
fn words(statement: &str, of_block: bool) -> Vec<String> {
    if !of_block {
        return word_places(statement).map(|(_, word)| word).collect();
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    statement.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// `COPY … TO` anything but standard output, and `COPY … FROM PROGRAM`.
fn writes_elsewhere(words: &[String]) -> bool {
    let has = |name: &str| words.iter().any(|word| word == name);
    has("program") || (has("to") && !has("stdout"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_found_wherever_it_is_called() {
        for (sql, name) in [
            ("SELECT setval('s', 5)", "setval"),
            ("select pg_catalog.SETVAL ('s', (select max(id) from t))", "setval"),
            ("SELECT \"setval\"('s', 5)", "setval"),
            ("DO $$ BEGIN PERFORM setval('s', 5); END $$", "setval"),
            ("DO $$ BEGIN EXECUTE 'SELECT setval(''s'', 5)'; END $$", "setval"),
            ("CREATE TABLE n AS SELECT setval('s', 5)", "setval"),
            ("INSERT INTO t SELECT dblink_exec('x', 'y')", "dblink_exec"),
            ("COPY t TO '/tmp/x'", "COPY to a file or a program"),
            ("COPY t FROM PROGRAM 'date'", "COPY to a file or a program"),
            ("SELECT renumber()", "renumber"),
            ("INSERT INTO audited VALUES (1)", "audited"),
        ] {
            assert_eq!(lasting(sql, &["renumber".into(), "audited".into()]).as_deref(), Some(name), "{sql}");
        }
    }

    #[test]
    fn what_a_rollback_takes_back_is_not_said_to_stay() {
        for sql in [
            "SELECT nextval('s')",
            "INSERT INTO t VALUES ('setval')",
            "CREATE OR REPLACE FUNCTION renumber() RETURNS void LANGUAGE sql AS $$ SELECT setval('s', 1) $$",
            "ALTER SEQUENCE s RESTART WITH 5",
            "ALTER TABLE audited ADD x int",
            "DROP FUNCTION renumber()",
            "COPY t (a) FROM stdin",
            "NOTIFY channel",
        ] {
            assert_eq!(lasting(sql, &["renumber".into(), "audited".into()]), None, "{sql}");
        }
    }
}
