//! The statements of one model text. Statements that are not allowed in models are refused before anything runs.

use super::source::ModelSource;
use crate::core::sql::outline::{first_word, may_change_cluster};
use crate::core::sql::{self, SourceStatement};
use crate::engine::passage::Passage;
use crate::engine::scratch::ScratchRequirements;
use crate::engine::{Error, Result};

/// One text, ready to load.
#[derive(Debug)]
pub struct ModelScript {
    /// The name in messages.
    pub shown: String,
    /// The text that is sent at once.
    pub sql: String,
    /// Without statements that begin or commit a transaction.
    pub statements: Vec<SourceStatement>,
    /// Whether the text may be sent at once.
    pub whole: bool,
}

/// Statements that begin or commit a transaction. They are skipped: limbeck decides about the transaction.
const TRANSACTION_STATEMENTS: [&str; 4] = ["begin", "start", "commit", "end"];
/// Statements that roll back.
const ROLLBACK_STATEMENTS: [&str; 4] = ["rollback", "abort", "savepoint", "release"];

impl ModelScript {
    /// Splits a text into statements.
    ///
    /// # Errors
    /// For psql commands, rows of COPY, ROLLBACK, and text that cannot be split; with the position.
    pub fn of(source: &ModelSource) -> Result<Self> {
        let sql = blank_restrict_commands(&source.text);
        let at = |line: usize, column: usize, message: String| {
            let text = sql.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            let passage = Passage { file: &source.shown, sql: text, line, column: 1 };
            passage.error(format!("{}: {message}", source.shown), column.saturating_sub(1))
        };
        let mut statements = sql::split(&sql).map_err(|error| {
            let hint =
                error.hint.map(|hint| hint.replace("a script", "a model").replace("a revision runs", "models run"));
            Error { hint, ..at(error.line, error.column, error.message) }
        })?;
        for statement in &statements {
            let first = first_word(&statement.text);
            if statement.copy_data.is_some() {
                let message = "COPY … FROM stdin contains rows, but models contain only the schema".to_owned();
                return Err(at(statement.line, statement.column, message)
                    .hint("insert the rows in a revision; pg_dump --schema-only writes a file without rows"));
            }
            if ROLLBACK_STATEMENTS.contains(&first.as_str()) {
                let message = format!("{} is not allowed in models", first.to_uppercase());
                return Err(at(statement.line, statement.column, message)
                    .hint("models define the final schema; remove the statements that are rolled back"));
            }
        }
        let count = statements.len();
        statements.retain(|statement| !TRANSACTION_STATEMENTS.contains(&first_word(&statement.text).as_str()));
        let whole = statements.len() == count;
        Ok(Self { shown: source.shown.clone(), sql, statements, whole })
    }

    /// The whole text, for positions in messages.
    pub fn passage(&self) -> Passage<'_> {
        Passage { file: &self.shown, sql: &self.sql, line: 1, column: 1 }
    }

    /// Returns the position of a statement in characters, starting at 0.
    pub fn start_of(&self, statement: &SourceStatement) -> usize {
        let before = self.sql.split_inclusive('\n').take(statement.line.saturating_sub(1));
        before.map(|line| line.chars().count()).sum::<usize>() + statement.column.saturating_sub(1)
    }
}

/// Returns what the models require of a scratch database.
pub fn requirements(texts: &[ModelScript]) -> ScratchRequirements {
    let statements = texts.iter().flat_map(|text| &text.statements);
    let mut result = ScratchRequirements::of(
        statements.map(|statement| statement.text.as_str()).filter(|text| may_change_cluster(text)),
    );
    result.own_server = result.own_server.map(|reason| reason.replacen("a script", "a model", 1));
    result
}

/// Replaces the psql commands `\restrict` and `\unrestrict`, which `pg_dump` writes around a dump, with spaces. All
/// positions stay the same.
fn blank_restrict_commands(text: &str) -> String {
    if !text.contains("restrict ") {
        return text.to_owned();
    }
    let is_restrict_command = |line: &str| {
        let key = line.strip_prefix("\\restrict ").or_else(|| line.strip_prefix("\\unrestrict "));
        key.is_some_and(|key| !key.trim().is_empty() && key.trim().chars().all(|c| c.is_ascii_alphanumeric()))
    };
    let lines = text.split_inclusive('\n');
    lines
        .map(|line| {
            let end = line.len() - line.trim_end_matches(['\r', '\n']).len();
            if is_restrict_command(line) {
                " ".repeat(line.len() - end) + &line[line.len() - end..]
            } else {
                line.to_owned()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(sql: &str) -> Result<ModelScript> {
        ModelScript::of(&ModelSource { name: "m.sql".into(), shown: "m.sql".into(), text: sql.into() })
    }

    #[test]
    fn statements_that_are_not_allowed_are_refused_with_position() {
        for (sql, part, line) in [
            ("SELECT 1;\n  \\connect x\n", "\\connect is a command of psql", 2),
            ("CREATE TABLE a (i int);\nCOPY a FROM stdin;\n1\n\\.\n", "contains rows", 2),
            ("BEGIN;\nROLLBACK;", "ROLLBACK is not allowed", 2),
            ("\nSELECT 'a", "string", 2),
        ] {
            let error = script(sql).unwrap_err();
            assert!(error.message.starts_with("m.sql: ") && error.message.contains(part), "{error:?}");
            assert_eq!(error.line, Some(line), "{error:?}");
            assert!(error.hint.is_some() && error.excerpt.unwrap().contains(&format!("m.sql:{line}:")));
        }
    }

    #[test]
    fn a_pg_dump_file_keeps_its_positions() {
        let dump = script("--\n\\restrict aB3\n\nSET x = 1;\n\\unrestrict aB3\n").unwrap();
        assert_eq!((dump.statements.len(), dump.statements[0].line), (1, 4));
        assert!(dump.whole && dump.sql.len() == "--\n\\restrict aB3\n\nSET x = 1;\n\\unrestrict aB3\n".len());
        assert!(script("\\restrict a b\n").is_err());
    }

    #[test]
    fn transaction_statements_are_skipped() {
        let framed = script("BEGIN;\nCREATE TABLE a (i int);\nCOMMIT;").unwrap();
        assert!(!framed.whole && framed.statements.len() == 1);
        let result = requirements(&[framed, script("CREATE ROLE app;").unwrap()]);
        assert_eq!(result.own_server.as_deref(), Some("a model creates a role: CREATE ROLE app"));
    }
}
