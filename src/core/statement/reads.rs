//! Whether a statement only reads.

use super::Facts;

/// Functions that are called for their result, also in a query without FROM.
const HARMLESS: [&str; 10] = [
    "version",
    "now",
    "current_schema",
    "current_database",
    "current_setting",
    "current_schemas",
    "format_type",
    "to_regclass",
    "pg_backend_pid",
    "clock_timestamp",
];

impl Facts {
    /// Whether it changes nothing. A query without FROM that calls a function may be there for its effects.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        let is_query = self.command.is_one_of(&["select", "with", "values", "table", "show", "explain", "fetch"]);
        if !is_query || self.own_action().is_some() || self.changes_rows() {
            return false;
        }
        let has_effect = self.permanent_effect(&[]).is_some();
        let is_call =
            !self.words().contains("from") && self.calls.iter().any(|call| !HARMLESS.contains(&call.name.as_str()));
        !has_effect && !is_call
    }
}

#[cfg(test)]
mod tests {
    use super::super::analyse_one;

    #[test]
    fn queries_with_effects_do_not_only_read() {
        for (sql, reads) in [
            ("SELECT id FROM t", true),
            ("SELECT count(*) FROM t WHERE a = 1", true),
            ("SELECT 1", true),
            ("SELECT pg_catalog.version()", true),
            ("SHOW server_version", true),
            ("SELECT setval('s', 5)", false),
            ("SELECT setval('s', max(id)) FROM t", false),
            ("SELECT my_migration()", false),
            ("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", false),
            ("SELECT * INTO u FROM t", false),
            ("INSERT INTO t VALUES (1)", false),
            ("CREATE TABLE t (a int)", false),
            ("DO $$ BEGIN END $$", false),
            ("SET lock_timeout = '5s'", false),
        ] {
            assert_eq!(analyse_one(sql).only_reads(), reads, "{sql}");
        }
    }
}
