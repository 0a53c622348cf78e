//! What a statement leaves in the catalog, by which one can tell later whether it took effect.

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode};

/// The trace of a statement that runs outside a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// Afterwards this index is there and valid. The name is SQL, with the table's schema where that is written.
    IndexMade(String),
    /// Afterwards these indexes are gone.
    IndexesGone(Vec<String>),
    /// It may run twice without harm (`VACUUM`, `ANALYZE`, `REINDEX`, `REFRESH`).
    Repeatable,
    /// Nothing that can be read.
    Nothing,
}

/// The trace that a statement leaves.
#[must_use]
pub fn trace(statement: &str) -> Trace {
    let file = SourceFile::parse(statement).tree();
    match file.stmts().next() {
        Some(ast::Stmt::CreateIndex(create)) => made(&create).map_or(Trace::Nothing, Trace::IndexMade),
        Some(ast::Stmt::DropIndex(drop)) => {
            Trace::IndexesGone(drop.index_refs().map(|index| text(index.syntax())).collect())
        }
        Some(ast::Stmt::Vacuum(_) | ast::Stmt::Analyze(_) | ast::Stmt::Reindex(_) | ast::Stmt::Refresh(_)) => {
            Trace::Repeatable
        }
        _ => Trace::Nothing,
    }
}

/// An index always lies in its table's schema.
fn made(create: &ast::CreateIndex) -> Option<String> {
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

fn text(node: &squawk_syntax::SyntaxNode) -> String {
    node.text().to_string().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_named_with_their_tables_schema() {
        let made = |sql: &str| trace(sql);
        assert_eq!(made("CREATE INDEX CONCURRENTLY i ON t (a)"), Trace::IndexMade("i".into()));
        let quoted = "create unique index concurrently if not exists \"I.x\" on only \"s.s\".\"t.t\" using btree (a)";
        assert_eq!(made(quoted), Trace::IndexMade("\"s.s\".\"I.x\"".into()));
        assert_eq!(made("CREATE INDEX CONCURRENTLY ON t (a)"), Trace::Nothing);
    }

    #[test]
    fn dropped_indexes_and_repeatable_statements_are_known() {
        let gone = trace("DROP INDEX CONCURRENTLY IF EXISTS a.i, j");
        assert_eq!(gone, Trace::IndexesGone(vec!["a.i".into(), "j".into()]));
        assert_eq!(trace("VACUUM (ANALYZE) t"), Trace::Repeatable);
        assert_eq!(trace("REINDEX INDEX CONCURRENTLY i"), Trace::Repeatable);
        assert_eq!(trace("CREATE DATABASE d"), Trace::Nothing);
    }
}
