//! `--sql`: writes the whole run as one SQL script, in the same form as Alembic, so that another person can run it. The
//! script has the same transactions as the run, and resets what the scripts of revisions set, as the run does.

use std::fmt::Write;
use std::ops::Range;

use super::{PlannedStatement, Step, TransactionMode};
use crate::core::graph::{ALEMBIC_WIDTH, PathStep, RevisionId, VersionChange};
use crate::core::sql::identifier::quote;

/// One step of an offline run.
#[derive(Debug, Clone, PartialEq)]
pub struct OfflineStep {
    /// For example `upgrade 27c6a30d7c24 -> 1975ea83b712`.
    title: String,
    statements: Vec<PlannedStatement>,
    transactional: bool,
    /// The statements that run in one transaction each, if the step is not transactional.
    transactions: Vec<Range<usize>>,
    changes: Vec<VersionChange>,
    heads_after: Vec<RevisionId>,
}

/// How the run that the text describes is configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflineOptions<'a> {
    /// The version table. It may have a schema before a dot.
    pub version_table: &'a str,
    /// The role that runs the scripts.
    pub role: Option<&'a str>,
    pub mode: TransactionMode,
}

impl From<Step> for OfflineStep {
    fn from(step: Step) -> Self {
        Self {
            title: title(step.direction.word(), &step.shown_from, &step.shown_to),
            statements: step.statements,
            transactional: step.transactional,
            transactions: step.transactions,
            changes: step.changes,
            heads_after: step.heads_after,
        }
    }
}

impl OfflineStep {
    /// The step of a stamp: it changes the version table and runs no statements.
    #[must_use]
    pub fn stamp(step: PathStep) -> Self {
        Self {
            title: stamp_title(&step),
            statements: Vec::new(),
            transactional: true,
            transactions: Vec::new(),
            changes: step.changes,
            heads_after: step.heads_after,
        }
    }
}

impl OfflineStep {
    fn runs_statements(&self) -> bool {
        !self.statements.is_empty()
    }

    /// Whether a statement may change a setting or the role for the statements after it. A function or trigger may do so,
    /// too.
    fn may_change_settings(&self) -> bool {
        self.statements.iter().any(|planned| {
            let statement = &planned.statement;
            !statement.command.is_one_of(&DEFINITIONS) || !statement.calls.is_empty()
        })
    }
}

/// Commands that change no settings, unless they call a function.
const DEFINITIONS: [&str; 8] = ["alter", "comment", "create", "drop", "grant", "lock", "revoke", "vacuum"];

/// SQL that undoes what a script has set, as the run does at the end of each step.
const RESET: &str = "RESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;";

fn set_role(role: &str) -> String {
    format!("SET ROLE {};", quote(role))
}

/// Renders a run that starts at the heads `from`. Before a step that cannot run in a transaction, the transaction is
/// committed; after the step, a new one begins.
#[must_use]
pub fn render(from: &[RevisionId], steps: &[OfflineStep], options: OfflineOptions<'_>) -> String {
    let table = VersionTableSql::new(options.version_table);
    let mut sql = ScriptWriter::default();
    if let Some(role) = options.role {
        sql.write_block(&set_role(role));
    }
    sql.write_block("BEGIN;");
    let mut heads = from;
    for (number, step) in steps.iter().enumerate() {
        if heads.is_empty() {
            sql.write_block(&table.create_sql());
            if let Some(widen) = widen_sql(&table.table, steps) {
                sql.write_block(&widen);
            }
        }
        let is_separate = number > 0 && step.transactional && options.mode == TransactionMode::Each;
        if is_separate && step.runs_statements() {
            sql.write_block("COMMIT;");
            sql.write_block("BEGIN;");
        }
        sql.write_step(step, &table, options.role);
        heads = &step.heads_after;
    }
    sql.write_block("COMMIT;");
    sql.0
}

/// `ensure_version --sql`: renders only the version table.
#[must_use]
pub fn render_version_table(version_table: &str) -> String {
    let mut sql = ScriptWriter::default();
    sql.write_block("BEGIN;");
    sql.write_block(&VersionTableSql::new(version_table).create_sql());
    sql.write_block("COMMIT;");
    sql.0
}

/// The title of a stamp's step, as Alembic writes it, e.g. `stamp_revision  -> 1975ea83b712`.
#[must_use]
pub fn stamp_title(step: &PathStep) -> String {
    title("stamp_revision", &step.shown_from, &step.shown_to)
}

fn title(command: &str, from: &[RevisionId], to: &[RevisionId]) -> String {
    format!("{command} {} -> {}", join(from), join(to))
}

/// A script made of blocks, each followed by an empty line.
#[derive(Default)]
struct ScriptWriter(String);

impl ScriptWriter {
    fn write_block(&mut self, text: &str) {
        let _ = write!(self.0, "{text}\n\n");
    }

    fn write_step(&mut self, step: &OfflineStep, table: &VersionTableSql, role: Option<&str>) {
        self.write_block(&format!("-- Running {}", step.title));
        if !step.transactional {
            self.write_block("COMMIT;");
        }
        for (number, statement) in step.statements.iter().enumerate() {
            if step.transactions.iter().any(|transaction| transaction.start == number) {
                self.write_block("BEGIN;");
            }
            self.write_block(&terminate(statement));
            if step.transactions.iter().any(|transaction| transaction.end == number + 1) {
                self.write_block("COMMIT;");
            }
        }
        if !step.transactional {
            self.write_block("BEGIN;");
        }
        if step.may_change_settings() {
            let role = role.map_or_else(String::new, |role| format!("\n{}", set_role(role)));
            self.write_block(&format!("{RESET}{role}"));
        }
        for change in &step.changes {
            self.write_block(&table.change_sql(change));
        }
    }
}

/// Writes the SQL for Alembic's version table. Names are quoted only if necessary.
struct VersionTableSql {
    table: String,
    constraint: String,
}

impl VersionTableSql {
    fn new(name: &str) -> Self {
        let (schema, table) = name.split_once('.').map_or((None, name), |(schema, table)| (Some(schema), table));
        let qualified = schema.map_or_else(String::new, |schema| format!("{}.", quote_if_needed(schema)));
        Self {
            table: format!("{qualified}{}", quote_if_needed(table)),
            constraint: quote_if_needed(&format!("{table}_pkc")),
        }
    }

    fn create_sql(&self) -> String {
        let Self { table, constraint } = self;
        format!(
            "CREATE TABLE {table} (\n    version_num VARCHAR(32) NOT NULL, \n    \
             CONSTRAINT {constraint} PRIMARY KEY (version_num)\n);"
        )
    }

    fn change_sql(&self, change: &VersionChange) -> String {
        let table = &self.table;
        match change {
            VersionChange::Insert(id) => {
                format!("INSERT INTO {table} (version_num) VALUES ({}) RETURNING {table}.version_num;", literal(id))
            }
            VersionChange::Delete(id) => format!("DELETE FROM {table} WHERE {table}.version_num = {};", literal(id)),
            VersionChange::Update { from, to } => {
                let (from, to) = (literal(from), literal(to));
                format!("UPDATE {table} SET version_num={to} WHERE {table}.version_num = {from};")
            }
        }
    }
}

/// Widens a new version table if an id of the run does not fit. `None` if all fit.
fn widen_sql(table: &str, steps: &[OfflineStep]) -> Option<String> {
    let written = steps.iter().flat_map(|step| &step.changes).filter_map(VersionChange::written);
    let longest = written.map(RevisionId::length).max().filter(|length| *length > ALEMBIC_WIDTH)?;
    Some(format!("ALTER TABLE {table} ALTER COLUMN version_num TYPE VARCHAR({longest});"))
}

fn join(ids: &[RevisionId]) -> String {
    ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ")
}

fn literal(id: &RevisionId) -> String {
    format!("'{}'", id.as_str().replace('\'', "''"))
}

fn quote_if_needed(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// The statement with its semicolon and, for COPY, its rows.
fn terminate(statement: &PlannedStatement) -> String {
    // On a line with a comment, the semicolon could be part of the comment.
    let has_comment = statement.sql().lines().next_back().is_some_and(|line| line.contains("--"));
    let mut text = format!("{}{};", statement.sql(), if has_comment { "\n" } else { "" });
    if let Some(rows) = statement.copy_data() {
        let newline = if rows.is_empty() || rows.ends_with('\n') { "" } else { "\n" };
        let _ = write!(text, "\n{rows}{newline}\\.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::statement::{analyse_one, analyse_section};

    fn ids(texts: &[&str]) -> Vec<RevisionId> {
        texts.iter().map(|text| id(text)).collect()
    }

    fn id(text: &str) -> RevisionId {
        RevisionId::parse(text).unwrap()
    }

    fn options(version_table: &str) -> OfflineOptions<'_> {
        OfflineOptions { version_table, ..OfflineOptions::default() }
    }

    fn statement(sql: &str) -> PlannedStatement {
        PlannedStatement { line: 1, column: 1, statement: analyse_one(sql), hazards: Vec::new() }
    }

    fn step(title: &str, sql: &[&str], change: VersionChange, after: &[&str]) -> OfflineStep {
        OfflineStep {
            title: title.into(),
            statements: sql.iter().map(|sql| statement(sql)).collect(),
            transactional: true,
            transactions: Vec::new(),
            changes: vec![change],
            heads_after: ids(after),
        }
    }

    #[test]
    fn a_run_from_base_creates_the_version_table_first() {
        let first = step("upgrade  -> a", &["CREATE TABLE t (i int)"], VersionChange::Insert(id("a")), &["a"]);
        assert_eq!(
            render(&[], &[first], options("alembic_version")),
            "BEGIN;\n\n\
             CREATE TABLE alembic_version (\n    version_num VARCHAR(32) NOT NULL, \n    \
             CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n);\n\n\
             -- Running upgrade  -> a\n\n\
             CREATE TABLE t (i int);\n\n\
             INSERT INTO alembic_version (version_num) VALUES ('a') RETURNING alembic_version.version_num;\n\n\
             COMMIT;\n\n"
        );
    }

    #[test]
    fn a_new_version_table_is_widened_for_long_ids() {
        for (length, widened) in [(32, None), (40, Some("ALTER COLUMN version_num TYPE VARCHAR(40);"))] {
            let long = "a".repeat(length);
            let first = step("upgrade  -> a", &[], VersionChange::Insert(id(&long)), &[&long]);
            let sql = render(&[], std::slice::from_ref(&first), options("alembic_version"));
            assert_eq!(sql.contains("ALTER"), widened.is_some(), "{sql}");
            assert!(widened.is_none_or(|widened| sql.contains(widened)), "{sql}");
            assert!(!render(&ids(&["b"]), &[first], options("alembic_version")).contains("ALTER"));
        }
    }

    #[test]
    fn a_step_outside_a_transaction_commits_before_and_begins_after() {
        let change = VersionChange::Update { from: id("a"), to: id("b") };
        let outside = OfflineStep { transactional: false, ..step("upgrade a -> b", &["VACUUM"], change, &["b"]) };
        assert_eq!(
            render(&ids(&["a"]), &[outside], options("alembic_version")),
            "BEGIN;\n\n-- Running upgrade a -> b\n\nCOMMIT;\n\nVACUUM;\n\nBEGIN;\n\n\
             UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a';\n\nCOMMIT;\n\n"
        );
    }

    #[test]
    fn settings_are_reset_after_statements_that_may_change_them() {
        for (sql, expected) in [
            ("SET search_path = app", true),
            ("SET LOCAL ROLE app", true),
            ("SELECT set_config('role', 'app', false)", true),
            ("DO $$ BEGIN SET search_path = app; END $$", true),
            ("CALL f()", true),
            ("INSERT INTO t VALUES (1)", true),
            ("CREATE TABLE t AS SELECT f()", true),
            ("CREATE TABLE t (i int)", false),
            ("ALTER TABLE t ADD i int", false),
            ("DROP TABLE t", false),
        ] {
            let change = VersionChange::Insert(id("a"));
            assert_eq!(step("", &[sql], change, &["a"]).may_change_settings(), expected, "{sql}");
        }
    }

    #[test]
    fn the_role_is_set_at_the_start_and_after_each_reset() {
        let first = step("upgrade a -> b", &["SET ROLE x"], VersionChange::Insert(id("b")), &["b"]);
        let second = step("upgrade b -> c", &["DROP TABLE t"], VersionChange::Insert(id("c")), &["c"]);
        let insert = |id: &str| format!("INSERT INTO v (version_num) VALUES ('{id}') RETURNING v.version_num;\n\n");
        let reset = "RESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\nSET ROLE \"Owner\";\n\n";
        for (mode, between) in [(TransactionMode::Each, "COMMIT;\n\nBEGIN;\n\n"), (TransactionMode::All, "")] {
            let options = OfflineOptions { version_table: "v", role: Some("Owner"), mode };
            assert_eq!(
                render(&ids(&["a"]), &[first.clone(), second.clone()], options),
                format!(
                    "SET ROLE \"Owner\";\n\nBEGIN;\n\n-- Running upgrade a -> b\n\nSET ROLE x;\n\n{reset}{}{between}\
                     -- Running upgrade b -> c\n\nDROP TABLE t;\n\n{}COMMIT;\n\n",
                    insert("b"),
                    insert("c")
                )
            );
        }
    }

    #[test]
    fn names_and_ids_are_quoted_if_necessary() {
        let stamp = step("stamp_revision a' -> ", &[], VersionChange::Delete(id("a'")), &[]);
        assert_eq!(
            render(&ids(&["a'"]), &[stamp], options("Ops.versions")),
            "BEGIN;\n\n-- Running stamp_revision a' -> \n\n\
             DELETE FROM \"Ops\".versions WHERE \"Ops\".versions.version_num = 'a''';\n\nCOMMIT;\n\n"
        );
    }

    #[test]
    fn the_semicolon_is_not_part_of_a_comment_and_copy_rows_are_terminated() {
        assert_eq!(terminate(&statement("SELECT 1 -- one")), "SELECT 1 -- one\n;");
        let copy = analyse_section("COPY t FROM stdin;\n1\n2\n\\.\n").unwrap().remove(0);
        let copy = PlannedStatement { line: 1, column: 1, statement: copy, hazards: Vec::new() };
        assert_eq!(terminate(&copy), "COPY t FROM stdin;\n1\n2\n\\.");
    }
}
