//! A text of the models as statements; what has no place in models is refused before anything runs.

use super::source::ModelSource;
use crate::core::sql::{self, SourceStatement};
use crate::engine::passage::Passage;
use crate::engine::scratch::ScratchRequirements;
use crate::engine::{Error, Result};

/// One text, ready to be loaded.
#[derive(Debug)]
pub struct ModelScript {
    pub shown: String,
    /// What is sent in one go.
    pub sql: String,
    /// Without those that open and close transactions.
    pub statements: Vec<SourceStatement>,
    /// Whether it may be sent in one go.
    pub whole: bool,
}

/// What opens or closes a transaction: the models have one of limbeck's own, or none.
const FRAME: [&str; 4] = ["begin", "start", "commit", "end"];
/// What goes back in one.
const BACK: [&str; 4] = ["rollback", "abort", "savepoint", "release"];

impl ModelScript {
    /// Splits it.
    ///
    /// # Errors
    /// At psql's commands, rows of COPY, ROLLBACK, and what cannot be split; with the place.
    pub fn of(source: &ModelSource) -> Result<Self> {
        let sql = without_restrict(&source.text);
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
                let message = "COPY … FROM stdin brings rows, and models are only the schema".to_owned();
                return Err(at(statement.line, statement.column, message)
                    .hint("leave the rows to a revision; pg_dump --schema-only writes a file without them"));
            }
            if BACK.contains(&first.as_str()) {
                let message = format!("{} has no place in models", first.to_uppercase());
                return Err(at(statement.line, statement.column, message)
                    .hint("models are the schema as it should be; leave out what is taken back"));
            }
        }
        let count = statements.len();
        statements.retain(|statement| !FRAME.contains(&first_word(&statement.text).as_str()));
        let whole = statements.len() == count;
        Ok(Self { shown: source.shown.clone(), sql, statements, whole })
    }

    /// The whole text.
    pub fn passage(&self) -> Passage<'_> {
        Passage { file: &self.shown, sql: &self.sql, line: 1, column: 1 }
    }

    /// Where one of its statements begins: characters from 0.
    pub fn start_of(&self, statement: &SourceStatement) -> usize {
        let before = self.sql.split_inclusive('\n').take(statement.line.saturating_sub(1));
        before.map(|line| line.chars().count()).sum::<usize>() + statement.column.saturating_sub(1)
    }
}

/// What the models need of a scratch database.
pub fn needs(texts: &[ModelScript]) -> ScratchRequirements {
    let statements = texts.iter().flat_map(|text| &text.statements);
    let mut needs =
        ScratchRequirements::of(statements.map(|statement| statement.text.as_str()).filter(|text| may_be_shared(text)));
    needs.own_server = needs.own_server.map(|why| why.replacen("a script", "a model", 1));
    needs
}

/// Whether a statement is worth a syntax tree: without one of these words nothing is changed that databases share.
fn may_be_shared(statement: &str) -> bool {
    const WORDS: [&str; 11] = [
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
    let words = statement.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty()).any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// Whether a statement sets what later ones of its file run with.
pub fn is_setting(statement: &str) -> bool {
    match first_word(statement).as_str() {
        "set" | "reset" => true,
        "select" => statement.contains("set_config"),
        _ => false,
    }
}

/// The first word of a statement, in lower case.
pub fn first_word(statement: &str) -> String {
    statement.chars().take_while(|c| c.is_alphanumeric() || *c == '_').flat_map(char::to_lowercase).collect()
}

/// `pg_dump` frames what it writes in two commands of psql's that only keep psql from others; they are blanked, so that
/// every place stays where it is.
fn without_restrict(text: &str) -> String {
    if !text.contains("restrict ") {
        return text.to_owned();
    }
    let is_frame = |line: &str| {
        let key = line.strip_prefix("\\restrict ").or_else(|| line.strip_prefix("\\unrestrict "));
        key.is_some_and(|key| !key.trim().is_empty() && key.trim().chars().all(|c| c.is_ascii_alphanumeric()))
    };
    let lines = text.split_inclusive('\n');
    lines
        .map(|line| {
            let end = line.len() - line.trim_end_matches(['\r', '\n']).len();
            if is_frame(line) { " ".repeat(line.len() - end) + &line[line.len() - end..] } else { line.to_owned() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: &str) -> Result<ModelScript> {
        ModelScript::of(&ModelSource { name: "m.sql".into(), shown: "m.sql".into(), text: sql.into() })
    }

    #[test]
    fn what_has_no_place_is_refused_with_its_place() {
        for (sql, part, line) in [
            ("SELECT 1;\n  \\connect x\n", "\\connect is a command of psql", 2),
            ("CREATE TABLE a (i int);\nCOPY a FROM stdin;\n1\n\\.\n", "brings rows", 2),
            ("BEGIN;\nROLLBACK;", "ROLLBACK has no place", 2),
            ("\nSELECT 'a", "string", 2),
        ] {
            let error = text(sql).unwrap_err();
            assert!(error.message.starts_with("m.sql: ") && error.message.contains(part), "{error:?}");
            assert_eq!(error.line, Some(line), "{error:?}");
            assert!(error.hint.is_some() && error.excerpt.unwrap().contains(&format!("m.sql:{line}:")));
        }
    }

    #[test]
    fn a_dump_of_psqls_keeps_its_places() {
        let dump = text("--\n\\restrict aB3\n\nSET x = 1;\n\\unrestrict aB3\n").unwrap();
        assert_eq!((dump.statements.len(), dump.statements[0].line), (1, 4));
        assert!(dump.whole && dump.sql.len() == "--\n\\restrict aB3\n\nSET x = 1;\n\\unrestrict aB3\n".len());
        assert!(text("\\restrict a b\n").is_err());
    }

    #[test]
    fn frames_are_taken_off() {
        let framed = text("BEGIN;\nCREATE TABLE a (i int);\nCOMMIT;").unwrap();
        assert!(!framed.whole && framed.statements.len() == 1);
        let needs = needs(&[framed, text("CREATE ROLE app;").unwrap()]);
        assert_eq!(needs.own_server.as_deref(), Some("a model creates a role: CREATE ROLE app"));
    }
}
