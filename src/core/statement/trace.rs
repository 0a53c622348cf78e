//! The trace that a statement leaves in the catalog. It shows later whether the statement took effect.

use squawk_syntax::ast::{self, AstNode};

use super::read::text;

/// The trace that a statement leaves in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// The index exists and is valid. The name is SQL, with the schema of the table if the statement names it.
    CreatesIndex(String),
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
        ast::Stmt::CreateIndex(create) => index_name(create).map_or(Trace::None, Trace::CreatesIndex),
        ast::Stmt::DropIndex(drop) => {
            Trace::DropsIndexes(drop.index_refs().map(|index| text(index.syntax())).collect())
        }
        ast::Stmt::Vacuum(_) | ast::Stmt::Analyze(_) | ast::Stmt::Reindex(_) | ast::Stmt::Refresh(_) => {
            Trace::Repeatable
        }
        _ => Trace::None,
    }
}

/// The name of the index as SQL, with the schema of its table: an index is always in the schema of its table.
fn index_name(create: &ast::CreateIndex) -> Option<String> {
    let name = text(create.index()?.syntax());
    let table = text(create.table_relation_name()?.table_name_ref()?.syntax());
    Some(match schema_of(&table) {
        Some(schema) => format!("{schema}.{name}"),
        None => name,
    })
}

fn schema_of(table: &str) -> Option<&str> {
    let mut quoted = false;
    let dot = table.char_indices().rev().find(|(_, character)| {
        quoted ^= *character == '"';
        *character == '.' && !quoted
    });
    dot.map(|(at, _)| &table[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::statement::analyse_one;

    fn trace(sql: &str) -> Trace {
        analyse_one(sql).trace.clone()
    }

    #[test]
    fn an_index_has_the_schema_of_its_table() {
        let made = trace;
        assert_eq!(made("CREATE INDEX CONCURRENTLY i ON t (a)"), Trace::CreatesIndex("i".into()));
        let quoted = "create unique index concurrently if not exists \"I.x\" on only \"s.s\".\"t.t\" using btree (a)";
        assert_eq!(made(quoted), Trace::CreatesIndex("\"s.s\".\"I.x\"".into()));
        assert_eq!(made("CREATE INDEX CONCURRENTLY ON t (a)"), Trace::None);
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
