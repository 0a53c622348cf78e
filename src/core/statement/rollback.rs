//! Finds effects of a statement that a rollback does not undo.

use super::Facts;
use crate::core::sql::words_with_offsets;

/// Built-in functions, and functions of well-known extensions, with effects that a rollback does not undo. (`nextval` is
/// not listed, because gaps in a sequence do no harm.)
const PERMANENT: [&str; 34] = [
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

/// A PostgreSQL regular expression that matches the names of these functions.
#[must_use]
pub fn permanent_functions_pattern() -> String {
    format!(r"\m({})\M", PERMANENT.join("|"))
}

/// As [`Facts::permanent_effect`]. A statement that only defines a function or trigger has no such effect.
pub(super) fn permanent_effect(statement: &Facts, functions: &[String]) -> Option<String> {
    let command = &statement.command;
    let creates = command.first() == "create";
    if command.is_one_of(&["alter", "drop", "comment", "grant", "revoke", "lock", "security"])
        || (creates && defines_code(command.words()))
    {
        return None;
    }
    let sql = statement.sql();
    let words = words(sql, command.first() == "do");
    let has = |name: &str| words.iter().any(|word| word == name) || sql.contains(&format!("\"{name}\""));
    if command.first() == "copy" && writes_outside(&words) {
        return Some("COPY to a file or a program".to_owned());
    }
    PERMANENT
        .into_iter()
        .find(|name| has(name))
        .map(str::to_owned)
        .or_else(|| functions.iter().find(|name| !creates && has(name)).cloned())
}

fn defines_code(command: &[String]) -> bool {
    let kinds = ["function", "procedure", "trigger", "rule", "aggregate", "event"];
    command.iter().skip(1).take(5).any(|word| kinds.contains(&word.as_str()))
}

/// The words of a statement, in lower case. Those of a `DO` block are in a string.
fn words(statement: &str, is_block: bool) -> Vec<String> {
    if !is_block {
        return words_with_offsets(statement).map(|(_, word)| word).collect();
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    statement.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// `COPY … TO` anything but standard output, and `COPY … FROM PROGRAM`.
fn writes_outside(words: &[String]) -> bool {
    let has = |name: &str| words.iter().any(|word| word == name);
    has("program") || (has("to") && !has("stdout"))
}

#[cfg(test)]
mod tests {
    use crate::core::statement::analyse_one;

    fn permanent_effect(sql: &str) -> Option<String> {
        analyse_one(sql).permanent_effect(&["renumber".into(), "audited".into()])
    }

    #[test]
    fn permanent_effects_are_found() {
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
            assert_eq!(permanent_effect(sql).as_deref(), Some(name), "{sql}");
        }
    }

    #[test]
    fn effects_that_a_rollback_undoes_are_not_found() {
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
            assert_eq!(permanent_effect(sql), None, "{sql}");
        }
    }
}
