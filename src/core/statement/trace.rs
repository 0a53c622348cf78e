//! The trace that a statement leaves in the catalog. It shows later whether the statement took effect.

use squawk_syntax::ast::{self, AstNode};

use super::read::text;

/// The trace that a statement leaves in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// The indexes do not exist. The names are SQL.
    DropsIndexes(Vec<String>),
    /// The trace does not matter: the statement can run again without harm (`VACUUM`, `ANALYZE`, `REINDEX`, `REFRESH`).
    Repeatable,
    /// No known trace.
    None,
}

/// Determines the trace of a statement.
pub(super) fn of(statement: &ast::Stmt) -> Trace {
    match statement {
        ast::Stmt::DropIndex(drop) => {
            Trace::DropsIndexes(drop.index_refs().map(|index| text(index.syntax())).collect())
        }
        ast::Stmt::Vacuum(_) | ast::Stmt::Analyze(_) | ast::Stmt::Reindex(_) | ast::Stmt::Refresh(_) => {
            Trace::Repeatable
        }
        _ => Trace::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::statement::analyse_one;

    fn trace(sql: &str) -> Trace {
        analyse_one(sql).trace.clone()
    }

    #[test]
    fn dropped_indexes_and_repeatable_statements_are_recognised() {
        let gone = trace("DROP INDEX CONCURRENTLY IF EXISTS a.i, j");
        assert_eq!(gone, Trace::DropsIndexes(vec!["a.i".into(), "j".into()]));
        assert_eq!(trace("VACUUM (ANALYZE) t"), Trace::Repeatable);
        assert_eq!(trace("REINDEX INDEX CONCURRENTLY i"), Trace::Repeatable);
        assert_eq!(trace("CREATE DATABASE d"), Trace::None);
    }
}
