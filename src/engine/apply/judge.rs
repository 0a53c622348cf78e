//! Whether a statement that a dead run had begun took effect, as the catalog shows it.

use super::run::Run;
use crate::core::plan::PlannedStatement;
use crate::core::sql::{Trace, trace};
use crate::engine::Result;
use crate::engine::connection::database_error;

/// What the catalog says.
pub(super) enum Verdict {
    Done,
    /// It did not, or may run again without harm.
    NotDone,
    /// The index is there and useless; the name as SQL.
    InvalidIndex(String),
    /// Nothing in the catalog tells.
    Unknown,
}

impl Run<'_> {
    /// Looks for the statement's traces.
    pub(super) async fn judge(&self, statement: &PlannedStatement) -> Result<Verdict> {
        Ok(match trace(&statement.sql) {
            Trace::IndexMade(name) => match self.index_valid(&name).await? {
                Some(true) => Verdict::Done,
                Some(false) => Verdict::InvalidIndex(name),
                None => Verdict::NotDone,
            },
            Trace::IndexesGone(names) => {
                let mut left = 0;
                for name in &names {
                    left += usize::from(self.index_valid(name).await?.is_some());
                }
                match left {
                    0 => Verdict::Done,
                    _ if left == names.len() => Verdict::NotDone,
                    _ => Verdict::Unknown,
                }
            }
            Trace::Repeatable => Verdict::NotDone,
            Trace::Nothing => Verdict::Unknown,
        })
    }

    /// Whether an index is valid; `None` where there is none of that name.
    async fn index_valid(&self, name: &str) -> Result<Option<bool>> {
        let query = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
        let row = self.guard.client().query_opt(query, &[&name]).await.map_err(|error| database_error(&error))?;
        Ok(row.map(|row| row.get(0)))
    }
}
