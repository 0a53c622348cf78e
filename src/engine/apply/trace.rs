//! Reads from the catalog whether a statement took effect that a crashed run had started.

use super::run::Run;
use crate::core::plan::PlannedStatement;
use crate::core::sql::qualify_names;
use crate::core::statement::Trace;
use crate::engine::Result;
use crate::engine::connection::database_error;

/// Whether a statement took effect, according to the catalog.
pub(super) enum Verdict {
    Done,
    /// It did not take effect, or can run again without harm.
    NotDone,
    /// The index exists and is invalid. Its name is SQL.
    InvalidIndex(String),
    /// The catalog does not show it.
    Unknown,
}

impl Run<'_> {
    /// Looks for the trace of a statement in the catalog.
    pub(super) async fn find_trace(&self, planned: &PlannedStatement) -> Result<Verdict> {
        Ok(match &planned.statement.trace {
            Trace::CreatesIndex(name) => match self.is_valid_index(name).await? {
                Some(true) => Verdict::Done,
                Some(false) => Verdict::InvalidIndex(name.clone()),
                None => Verdict::NotDone,
            },
            Trace::DropsIndexes(names) => {
                let mut left = 0;
                for name in names {
                    left += usize::from(self.is_valid_index(name).await?.is_some());
                }
                match left {
                    0 => Verdict::Done,
                    _ if left == names.len() => Verdict::NotDone,
                    _ => Verdict::Unknown,
                }
            }
            Trace::Repeatable => Verdict::NotDone,
            Trace::None => Verdict::Unknown,
        })
    }

    /// Whether an index is valid; `None` if no index has that name.
    async fn is_valid_index(&self, name: &str) -> Result<Option<bool>> {
        let query = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
        let row = self
            .guard
            .client()
            .query_opt(&qualify_names(query), &[&name])
            .await
            .map_err(|error| database_error(&error))?;
        Ok(row.map(|row| row.get(0)))
    }
}
