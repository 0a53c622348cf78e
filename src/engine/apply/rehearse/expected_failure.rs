//! Decides whether a failure shows a fault of the plan, or is caused only by the rehearsal.

use tokio_postgres::error::{DbError, SqlState};

use crate::core::plan::PlannedStatement;
use crate::core::statement::Action;
use crate::core::statement::action::TypeChange;

/// How a rehearsal differs from the run so far.
#[derive(Default)]
pub struct Differences {
    /// The first omitted statement that later ones may need.
    missing: Option<String>,
    /// This step adds a value to an enum.
    adds_value: bool,
    /// An earlier step did, and the run would have committed it by now.
    added_value: bool,
}

impl Differences {
    /// Remembers a statement that was omitted.
    pub fn omit(&mut self, planned: &PlannedStatement) {
        if self.missing.is_none() && may_be_needed(planned) {
            self.missing = Some(format!("line {}, {}", planned.line, planned.statement.command));
        }
    }

    /// Remembers a statement that ran.
    pub fn ran(&mut self, planned: &PlannedStatement) {
        let adds_value = |action: &Action| matches!(action, Action::AlterType(alter) if matches!(alter.change, TypeChange::AddValue { .. }));
        self.adds_value |= planned.statement.actions.iter().any(adds_value);
    }

    /// The run would commit here.
    pub fn commit(&mut self) {
        self.added_value |= self.adds_value;
        self.adds_value = false;
    }

    /// Whether a failure may be caused by the rehearsal, so that the next statement needs a savepoint.
    pub fn exist(&self) -> bool {
        self.missing.is_some() || self.added_value
    }

    /// Why a failure is caused by the rehearsal; `None` if it shows a fault of the plan. `transactional`: the run uses a
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
        // These do not depend on which objects exist.
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
