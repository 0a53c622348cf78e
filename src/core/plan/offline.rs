//! `--sql`: writes the whole run as one SQL script, in the same form as Alembic, so that another person can run it.

use std::fmt::Write;

use super::{PlannedStatement, Step};
use crate::core::graph::{ALEMBIC_WIDTH, PathStep, RevisionId, VersionChange};

/// One step of an offline run.
#[derive(Debug, Clone, PartialEq)]
pub struct OfflineStep {
    /// For example `upgrade 27c6a30d7c24 -> 1975ea83b712`.
    title: String,
    statements: Vec<PlannedStatement>,
    transactional: bool,
    changes: Vec<VersionChange>,
    heads_after: Vec<RevisionId>,
}

impl From<Step> for OfflineStep {
    fn from(step: Step) -> Self {
        Self {
            title: title(step.direction.word(), &step.shown_from, &step.shown_to),
            statements: step.statements,
            transactional: step.transactional,
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
            changes: step.changes,
            heads_after: step.heads_after,
        }
    }
}

/// Renders a run in one transaction. Before a step that cannot run in a transaction, the transaction is committed;
/// after the step, a new one begins.
///
/// `from` are the heads before the run. `version_table` may have a schema before a dot.
#[must_use]
pub fn render(from: &[RevisionId], steps: &[OfflineStep], version_table: &str) -> String {
    let table = VersionTableSql::new(version_table);
    let mut sql = ScriptWriter::default();
    sql.write_block("BEGIN;");
    let mut heads = from;
    for step in steps {
        if heads.is_empty() {
            sql.write_block(&table.create_sql());
            if let Some(widen) = widen_sql(&table.table, steps) {
                sql.write_block(&widen);
            }
        }
        sql.write_step(step, &table);
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

    fn write_step(&mut self, step: &OfflineStep, table: &VersionTableSql) {
        self.write_block(&format!("-- Running {}", step.title));
        if !step.transactional {
            self.write_block("COMMIT;");
        }
        for statement in &step.statements {
            self.write_block(&terminate(statement));
        }
        if !step.transactional {
            self.write_block("BEGIN;");
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

    fn statement(sql: &str) -> PlannedStatement {
        PlannedStatement { line: 1, column: 1, statement: analyse_one(sql), hazards: Vec::new() }
    }

    fn step(title: &str, sql: &[&str], change: VersionChange, after: &[&str]) -> OfflineStep {
        OfflineStep {
            title: title.into(),
            statements: sql.iter().map(|sql| statement(sql)).collect(),
            transactional: true,
            changes: vec![change],
            heads_after: ids(after),
        }
    }

    #[test]
    fn a_run_from_base_creates_the_version_table_first() {
        let first = step("upgrade  -> a", &["CREATE TABLE t (i int)"], VersionChange::Insert(id("a")), &["a"]);
        assert_eq!(
            render(&[], &[first], "alembic_version"),
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
            let sql = render(&[], std::slice::from_ref(&first), "alembic_version");
            assert_eq!(sql.contains("ALTER"), widened.is_some(), "{sql}");
            assert!(widened.is_none_or(|widened| sql.contains(widened)), "{sql}");
            assert!(!render(&ids(&["b"]), &[first], "alembic_version").contains("ALTER"));
        }
    }

    #[test]
    fn a_step_outside_a_transaction_commits_before_and_begins_after() {
        let change = VersionChange::Update { from: id("a"), to: id("b") };
        let outside = OfflineStep { transactional: false, ..step("upgrade a -> b", &["VACUUM"], change, &["b"]) };
        assert_eq!(
            render(&ids(&["a"]), &[outside], "alembic_version"),
            "BEGIN;\n\n-- Running upgrade a -> b\n\nCOMMIT;\n\nVACUUM;\n\nBEGIN;\n\n\
             UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a';\n\nCOMMIT;\n\n"
        );
    }

    #[test]
    fn names_and_ids_are_quoted_if_necessary() {
        let stamp = step("stamp_revision a' -> ", &[], VersionChange::Delete(id("a'")), &[]);
        assert_eq!(
            render(&ids(&["a'"]), &[stamp], "Ops.versions"),
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
