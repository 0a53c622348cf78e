//! Whether a failure says something about the plan, or only about the rehearsal.

use tokio_postgres::error::{DbError, SqlState};

use crate::core::plan::PlannedStatement;
use crate::core::sql::leading_words;

/// What of a rehearsal is not as the run would be.
#[derive(Default)]
pub struct Excuses {
    /// The statement that was left out first, of those that later ones may need.
    missing: Option<String>,
    /// This step adds a value to an enum.
    adds_value: bool,
    /// A step before this one did, and the run would have committed it by now.
    added_value: bool,
}

impl Excuses {
    /// Remembers a statement that was left out.
    pub fn left_out(&mut self, statement: &PlannedStatement) {
        if self.missing.is_none() && may_be_needed(&statement.sql) {
            let words = leading_words(&statement.sql).join(" ");
            self.missing = Some(format!("line {}, {}", statement.line, words.to_uppercase()));
        }
    }

    /// Remembers what ran.
    pub fn ran(&mut self, statement: &PlannedStatement) {
        let words = leading_words(&statement.sql);
        self.adds_value |= words.starts_with(&["alter".to_owned(), "type".to_owned()])
            && statement.sql.to_lowercase().contains("add value");
    }

    /// The run would commit here.
    pub fn commit(&mut self) {
        self.added_value |= self.adds_value;
        self.adds_value = false;
    }

    /// Whether a failure may be the rehearsal's own, so that the next statement has to be one that can be taken back.
    pub fn possible(&self) -> bool {
        self.missing.is_some() || self.added_value
    }

    /// Why a failure says nothing about the plan; `None` when it does. `transactional`: the run has a transaction here.
    pub fn of(&self, answer: &DbError, transactional: bool) -> Option<String> {
        let (code, message) = (answer.code(), answer.message());
        if !transactional
            && [SqlState::ACTIVE_SQL_TRANSACTION, SqlState::INVALID_TRANSACTION_TERMINATION].contains(code)
        {
            return Some(format!("cannot run in a transaction: {message}"));
        }
        if self.added_value && *code == SqlState::UNSAFE_NEW_ENUM_VALUE_USAGE {
            return Some(format!("not rehearsed: it needs the commit of a revision before it ({message})"));
        }
        // Neither has to do with what is there and what is not.
        if [SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED, SqlState::SYNTAX_ERROR].contains(code) {
            return None;
        }
        let missing = self.missing.as_ref()?;
        Some(format!("not rehearsed: it fails without what was left out ({missing}): {message}"))
    }
}

/// Whether a later statement may fail for want of this one.
fn may_be_needed(sql: &str) -> bool {
    let words = leading_words(sql);
    let harmless = ["vacuum", "reindex", "cluster", "begin", "start", "commit", "end", "discard", "analyze"];
    !words.first().is_some_and(|word| harmless.contains(&word.as_str()))
}
