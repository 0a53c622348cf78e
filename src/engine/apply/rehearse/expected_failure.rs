//! Decides whether a statement failed because of an error in the plan, or only because of the rehearsal.

use tokio_postgres::error::{DbError, SqlState};

use crate::core::plan::PlannedStatement;
use crate::core::statement::Action;
use crate::core::statement::action::TypeChange;

/// The differences between a rehearsal and a real run so far.
#[derive(Default)]
pub struct Differences {
    /// The first omitted statement that later ones may need.
    missing: Option<String>,
    /// Whether this step adds a value to an enum.
    adds_value: bool,
    /// Whether an earlier step added a value to an enum. A real run would have committed it.
    added_value: bool,
}

impl Differences {
    /// Records a statement that was omitted.
    pub fn omit(&mut self, planned: &PlannedStatement) {
        if self.missing.is_none() && may_be_needed(planned) {
            self.missing = Some(format!("line {}, {}", planned.line, planned.statement.command));
        }
    }

    /// Records a statement that ran.
    pub fn record(&mut self, planned: &PlannedStatement) {
        let adds_value = |action: &Action| matches!(action, Action::AlterType(alter) if matches!(alter.change, TypeChange::AddValue { .. }));
        self.adds_value |= planned.statement.actions.iter().any(adds_value);
    }

    /// Records that a real run commits here.
    pub fn commit(&mut self) {
        self.added_value |= self.adds_value;
        self.adds_value = false;
    }

    /// Whether a failure may be caused by the rehearsal, so that the next statement needs a savepoint.
    pub fn may_cause_failure(&self) -> bool {
        self.missing.is_some() || self.added_value
    }

    /// Returns why the rehearsal caused a failure; `None` if the plan itself fails. `transactional`: a real run uses a
    /// transaction here.
    pub fn explain(&self, answer: &DbError, transactional: bool) -> Option<String> {
        let (code, message) = (answer.code(), answer.message());
        if !transactional
            && [SqlState::ACTIVE_SQL_TRANSACTION, SqlState::INVALID_TRANSACTION_TERMINATION].contains(code)
        {
            return Some(format!("cannot run in a transaction: {message}"));
        }
        if self.added_value && *code == SqlState::UNSAFE_NEW_ENUM_VALUE_USAGE {
            return Some(format!("not rehearsed: it needs the commit of an earlier revision ({message})"));
        }
        // These errors do not depend on which objects exist.
        if [SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED, SqlState::SYNTAX_ERROR].contains(code) {
            return None;
        }
        let missing = self.missing.as_ref()?;
        Some(format!("not rehearsed: it fails without an omitted statement ({missing}): {message}"))
    }
}

/// Whether a later statement may fail without this one.
fn may_be_needed(planned: &PlannedStatement) -> bool {
    let harmless = ["vacuum", "reindex", "cluster", "begin", "start", "commit", "end", "discard", "analyze"];
    !planned.statement.command.is_one_of(&harmless)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::plan::fixtures::plan;

    #[test]
    fn a_later_statement_may_fail_only_without_a_statement_that_creates_something() {
        for (sql, expected) in [
            ("CREATE INDEX CONCURRENTLY i ON t (a)", true),
            ("CREATE DATABASE d", true),
            ("VACUUM t", false),
            ("reindex index CONCURRENTLY i", false),
            ("COMMIT", false),
        ] {
            assert_eq!(may_be_needed(&plan(&[sql]).steps[0].statements[0]), expected, "{sql}");
        }
    }
}
