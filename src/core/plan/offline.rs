//! `--sql`: the whole run as one SQL script for somebody else to run, rendered as Alembic renders it.

use std::fmt::Write;

use super::{PlannedStatement, Step};
use crate::core::graph::{PathStep, RevisionId, VersionChange};

/// One step of an offline run.
#[derive(Debug, Clone, PartialEq)]
pub struct OfflineStep {
    /// e.g. `upgrade 27c6a30d7c24 -> 1975ea83b712`.
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
    /// The step of a stamp: the version table changes, and nothing runs.
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

/// Renders a run in one transaction, which is left and entered again around steps that cannot be in one.
///
/// `from` are the heads that it starts at; `version_table` may have its schema before a dot.
#[must_use]
pub fn render(from: &[RevisionId], steps: &[OfflineStep], version_table: &str) -> String {
    let table = VersionTable::new(version_table);
    let mut sql = Blocks::default();
    sql.block("BEGIN;");
    let mut heads = from;
    for step in steps {
        if heads.is_empty() {
            sql.block(&table.create());
        }
        sql.step(step, &table);
        heads = &step.heads_after;
    }
    sql.block("COMMIT;");
    sql.0
}

/// `ensure_version --sql`: the version table alone.
#[must_use]
pub fn render_version_table(version_table: &str) -> String {
    let mut sql = Blocks::default();
    sql.block("BEGIN;");
    sql.block(&VersionTable::new(version_table).create());
    sql.block("COMMIT;");
    sql.0
}

/// A step of a stamp in Alembic's words, e.g. `stamp_revision  -> 1975ea83b712`.
#[must_use]
pub fn stamp_title(step: &PathStep) -> String {
    title("stamp_revision", &step.shown_from, &step.shown_to)
}

fn title(word: &str, from: &[RevisionId], to: &[RevisionId]) -> String {
    format!("{word} {} -> {}", join(from), join(to))
}

/// Texts with an empty line after each.
#[derive(Default)]
struct Blocks(String);

impl Blocks {
    fn block(&mut self, text: &str) {
        let _ = write!(self.0, "{text}\n\n");
    }

    fn step(&mut self, step: &OfflineStep, table: &VersionTable) {
        self.block(&format!("-- Running {}", step.title));
        if !step.transactional {
            self.block("COMMIT;");
        }
        for statement in &step.statements {
            self.block(&terminated(statement));
        }
        if !step.transactional {
            self.block("BEGIN;");
        }
        for change in &step.changes {
            self.block(&table.write(change));
        }
    }
}

/// Alembic's table, quoted where it has to be.
struct VersionTable {
    table: String,
    constraint: String,
}

impl VersionTable {
    fn new(name: &str) -> Self {
        let (schema, table) = name.split_once('.').map_or((None, name), |(schema, table)| (Some(schema), table));
        let qualified = schema.map_or_else(String::new, |schema| format!("{}.", quoted(schema)));
        Self { table: format!("{qualified}{}", quoted(table)), constraint: quoted(&format!("{table}_pkc")) }
    }

    fn create(&self) -> String {
        let Self { table, constraint } = self;
        format!(
            "CREATE TABLE {table} (\n    version_num VARCHAR(32) NOT NULL, \n    \
             CONSTRAINT {constraint} PRIMARY KEY (version_num)\n);"
        )
    }

    fn write(&self, change: &VersionChange) -> String {
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

fn join(ids: &[RevisionId]) -> String {
    ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(", ")
}

fn literal(id: &RevisionId) -> String {
    format!("'{}'", id.as_str().replace('\'', "''"))
}

fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A statement with its semicolon, and the rows of a COPY.
fn terminated(statement: &PlannedStatement) -> String {
    // After a line comment a semicolon on the same line would be part of the comment.
    let own_line = statement.sql().lines().next_back().is_some_and(|line| line.contains("--"));
    let mut text = format!("{}{};", statement.sql(), if own_line { "\n" } else { "" });
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

    fn step(words: &str, sql: &[&str], change: VersionChange, after: &[&str]) -> OfflineStep {
        OfflineStep {
            title: words.into(),
            statements: sql.iter().map(|sql| statement(sql)).collect(),
            transactional: true,
            changes: vec![change],
            heads_after: ids(after),
        }
    }

    #[test]
    fn from_base_the_version_table_is_made_first() {
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
    fn a_step_outside_a_transaction_leaves_and_enters_it_again() {
        let change = VersionChange::Update { from: id("a"), to: id("b") };
        let outside = OfflineStep { transactional: false, ..step("upgrade a -> b", &["VACUUM"], change, &["b"]) };
        assert_eq!(
            render(&ids(&["a"]), &[outside], "alembic_version"),
            "BEGIN;\n\n-- Running upgrade a -> b\n\nCOMMIT;\n\nVACUUM;\n\nBEGIN;\n\n\
             UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a';\n\nCOMMIT;\n\n"
        );
    }

    #[test]
    fn names_and_ids_are_quoted_where_they_have_to_be() {
        let gone = step("stamp_revision a' -> ", &[], VersionChange::Delete(id("a'")), &[]);
        assert_eq!(
            render(&ids(&["a'"]), &[gone], "Ops.versions"),
            "BEGIN;\n\n-- Running stamp_revision a' -> \n\n\
             DELETE FROM \"Ops\".versions WHERE \"Ops\".versions.version_num = 'a''';\n\nCOMMIT;\n\n"
        );
    }

    #[test]
    fn semicolons_stay_out_of_comments_and_rows_keep_their_end() {
        assert_eq!(terminated(&statement("SELECT 1 -- one")), "SELECT 1 -- one\n;");
        let copy = analyse_section("COPY t FROM stdin;\n1\n2\n\\.\n").unwrap().remove(0);
        let copy = PlannedStatement { line: 1, column: 1, statement: copy, hazards: Vec::new() };
        assert_eq!(terminated(&copy), "COPY t FROM stdin;\n1\n2\n\\.");
    }
}
