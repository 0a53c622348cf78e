//! What the later statements of a script may depend on: the rows that it received.

use crate::core::plan::{RecordedStep, ScriptInputs};
use crate::core::statement::{Action, ScriptState, Statement, analyse_one, table_sql};

/// Reads the statements of one script in order.
#[derive(Debug, Default)]
pub(super) struct InputReader {
    state: ScriptState,
    /// Whether a table that the script filled has rows that depend on other tables.
    has_derived_rows: bool,
    /// A statement whose result matters only if another statement follows.
    returned: Option<String>,
}

impl InputReader {
    /// Adds what the result of a statement depends on. The result of a query that runs for its effect is not used.
    pub fn read(&mut self, statement: &Statement, inputs: &mut ScriptInputs) {
        if let Some(earlier) = self.returned.take() {
            inputs.other.get_or_insert(earlier);
        }
        if statement.returns_rows() && (statement.only_reads() || statement.changes_rows()) {
            self.read_result(statement, inputs);
        }
        if statement.changes_rows() || statement.command.is_one_of(&["do", "call", "copy", "execute"]) {
            let sources = statement.row_sources();
            self.has_derived_rows |= sources.is_incomplete || !sources.relations.is_empty();
        }
        self.state.apply(statement);
    }

    fn read_result(&mut self, statement: &Statement, inputs: &mut ScriptInputs) {
        let sources = statement.row_sources();
        let shown = || used_result(statement);
        let inserted = statement.actions.iter().find_map(|action| match action {
            Action::AddRows { table } => Some(table),
            _ => None,
        });
        if inserted.is_some_and(|table| !self.state.is_surely_new(table)) {
            // It returns values of sequences and defaults.
            self.returned = Some(shown());
        }
        if sources.is_incomplete && !is_harmless(statement) {
            inputs.other.get_or_insert_with(shown);
        }
        for relation in &sources.relations {
            if !self.state.is_surely_new(relation) {
                inputs.relations.insert(table_sql(relation));
            } else if self.has_derived_rows {
                inputs.other.get_or_insert_with(shown);
            }
        }
    }
}

/// What the numbers of changed rows depend on that the statements of a step report.
pub(in crate::engine) fn inputs_of_row_counts(recorded: &RecordedStep) -> ScriptInputs {
    let (mut state, mut inputs) = (ScriptState::new(true), ScriptInputs::default());
    for recorded in &recorded.statements {
        let statement = analyse_one(&recorded.sql);
        if statement.changes_rows() {
            let sources = statement.row_sources();
            if sources.is_incomplete {
                inputs.other.get_or_insert_with(|| used_result(&statement));
            }
            let older = sources.relations.iter().filter(|relation| !state.is_surely_new(relation));
            inputs.relations.extend(older.map(table_sql));
        }
        state.apply(&statement);
    }
    inputs
}

fn used_result(statement: &Statement) -> String {
    format!("the script uses the result of: {}", first_line(statement.sql()))
}

/// Whether a query reads no relation. The functions of such a query depend on the session only.
fn is_harmless(statement: &Statement) -> bool {
    statement.command.first() != "fetch" && !statement.words().contains("from")
}

/// The first line, up to 100 characters.
fn first_line(sql: &str) -> String {
    let line = sql.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs_of(script: &[&str]) -> (Vec<String>, bool) {
        let (mut reader, mut inputs) = (InputReader::default(), ScriptInputs::default());
        for sql in script {
            let statement = analyse_one(sql);
            reader.read(&statement, &mut inputs);
        }
        (inputs.relations.into_iter().collect(), inputs.other.is_some())
    }

    #[test]
    fn inputs_are_tables_that_the_script_did_not_make() {
        for (script, relations, has_other) in [
            (&["SELECT id FROM users", "ALTER TABLE users ADD a int"][..], &["users"][..], false),
            (&["CREATE TABLE r (id int)", "INSERT INTO r VALUES (1)", "SELECT id FROM r"], &[], false),
            (&["CREATE TABLE r (id int)", "INSERT INTO r SELECT id FROM u", "SELECT id FROM r"], &[], true),
            (&["SELECT typname FROM pg_catalog.pg_type"], &[], false),
            (&["INSERT INTO r VALUES (1) RETURNING id"], &[], false),
            (&["INSERT INTO r VALUES (1) RETURNING id", "INSERT INTO q VALUES (1)"], &[], true),
            (
                &["CREATE TABLE r (id int)", "INSERT INTO r VALUES (1) RETURNING id", "INSERT INTO q VALUES (1)"],
                &[],
                false,
            ),
            (&["SELECT my_function()", "SELECT 1"], &[], false),
            (&["SELECT my_function() FROM t", "SELECT version()"], &["t"], true),
            (&["SELECT pg_catalog.set_config('search_path', 'a', false)"], &[], false),
            (&["SELECT pg_catalog.setval('s', max(id)) FROM t"], &[], false),
            (&["SELECT rolname FROM pg_roles"], &[], true),
            (&["UPDATE t SET a = 1", "DELETE FROM u"], &[], false),
            (&["UPDATE t SET a = 1 RETURNING id", "SELECT 1"], &["t"], false),
        ] {
            let (found, other) = inputs_of(script);
            assert_eq!(
                (found.as_slice(), other),
                (relations.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().as_slice(), has_other),
                "{script:?}"
            );
        }
    }
}
