//! What a statement does to indexes. After such a statement an index may be invalid, or may not be the one that was asked
//! for, although the server reports no error.

use squawk_syntax::ast::{self, AlterIndexAction, AstNode};

use super::action::{Action, Reindex, TableChange};
use super::parse::Tree;
use super::read::text;

/// What a statement does to indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexChange {
    Create(NewIndex),
    Rebuild(Reindex),
    /// `ALTER INDEX … ATTACH PARTITION`. The names are SQL.
    Attach {
        index: String,
        partition: String,
    },
    /// `ALTER TABLE … ATTACH PARTITION`, which attaches or creates the indexes of the partition. The name is SQL.
    AttachTable {
        partition: String,
    },
}

/// `CREATE INDEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "the clauses of the statement are independent")]
pub struct NewIndex {
    /// As SQL. `None` if the server chooses the name.
    pub name: Option<String>,
    /// As SQL.
    pub table: String,
    /// `ON ONLY`: the index of a partitioned table is invalid until an index of each partition is attached.
    pub only: bool,
    pub if_not_exists: bool,
    pub concurrently: bool,
    pub is_unique: bool,
    /// The text after the table: method, columns and options.
    pub definition: String,
}

impl NewIndex {
    /// Whether a definition of the server, from the access method on, has the same text. Spaces, and upper and lower case
    /// outside quotes, do not count. Other differences may or may not be real.
    #[must_use]
    pub fn is_written_as(&self, of_server: &str) -> bool {
        let requested = compact(&self.definition);
        let requested = requested.strip_prefix("using ").unwrap_or(&requested).to_owned();
        let requested = if requested.starts_with('(') { format!("btree{requested}") } else { requested };
        !of_server.is_empty() && requested == compact(of_server)
    }
}

/// The text without spaces, except one between words, and in lower case outside quotes.
fn compact(sql: &str) -> String {
    let is_word = |character: char| character.is_alphanumeric() || "_$\"'".contains(character);
    let (mut text, mut quote, mut space) = (String::new(), None, false);
    for character in sql.chars() {
        if quote.is_none() && character.is_whitespace() {
            space = true;
            continue;
        }
        if space && is_word(character) && text.chars().next_back().is_some_and(is_word) {
            text.push(' ');
        }
        space = false;
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '\'' | '"') => quote = Some(character),
            _ => {}
        }
        if quote.is_none() { text.extend(character.to_lowercase()) } else { text.push(character) }
    }
    text
}

/// Determines what a statement does to indexes. `own`: the action of the statement itself.
pub(super) fn of(sql: &str, tree: &Tree, own: Option<&Action>) -> Option<IndexChange> {
    match &tree.statement {
        ast::Stmt::CreateIndex(create) => new_index(sql, create).map(IndexChange::Create),
        ast::Stmt::AlterIndex(alter) => match alter.action()? {
            AlterIndexAction::AttachIndexPartition(attach) => Some(IndexChange::Attach {
                index: text(alter.index_ref()?.syntax()),
                partition: text(attach.index_ref()?.syntax()),
            }),
            _ => None,
        },
        _ => match own {
            Some(Action::Reindex(reindex)) => Some(IndexChange::Rebuild(reindex.clone())),
            Some(Action::AlterTable(alter)) => alter.changes.iter().find_map(|change| match change {
                TableChange::AttachPartition { partition } => {
                    Some(IndexChange::AttachTable { partition: partition.to_string() })
                }
                _ => None,
            }),
            _ => None,
        },
    }
}

fn new_index(sql: &str, create: &ast::CreateIndex) -> Option<NewIndex> {
    let table = create.table_relation_name()?;
    let start = usize::from(table.syntax().text_range().end());
    let end = create.semicolon_token().map_or(sql.len(), |semicolon| usize::from(semicolon.text_range().start()));
    Some(NewIndex {
        name: create.index().map(|index| text(index.syntax())),
        table: text(table.table_name_ref()?.syntax()),
        only: table.only_token().is_some(),
        if_not_exists: create.if_not_exists().is_some(),
        concurrently: create.concurrently_token().is_some(),
        is_unique: create.unique_token().is_some(),
        definition: sql.get(start..end)?.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::statement::analyse_one;

    fn change(sql: &str) -> Option<IndexChange> {
        analyse_one(sql).index_change.clone()
    }

    fn created(sql: &str) -> NewIndex {
        match change(sql) {
            Some(IndexChange::Create(new)) => new,
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn the_parts_of_create_index_are_read() {
        for (sql, name, table, flags, definition) in [
            ("CREATE INDEX i ON t (a)", Some("i"), "t", "", "(a)"),
            ("CREATE INDEX ON t (a);", None, "t", "", "(a)"),
            (
                "CREATE UNIQUE INDEX IF NOT EXISTS \"I\" ON \"S\".t (a) ;",
                Some("\"I\""),
                "\"S\".t",
                "unique exists",
                "(a)",
            ),
            (
                "-- x\nCREATE INDEX CONCURRENTLY i ON ONLY t USING gin (a) WITH (fastupdate = off)",
                Some("i"),
                "t",
                "only concurrently",
                "USING gin (a) WITH (fastupdate = off)",
            ),
            (
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (lower(b)) INCLUDE (c) WHERE a > 1 -- end",
                Some("i"),
                "t",
                "exists concurrently",
                "(lower(b)) INCLUDE (c) WHERE a > 1 -- end",
            ),
            ("CREATE INDEX i ON s.t (a, b DESC NULLS LAST)", Some("i"), "s.t", "", "(a, b DESC NULLS LAST)"),
        ] {
            let new = created(sql);
            let found = [
                ("only", new.only),
                ("unique", new.is_unique),
                ("exists", new.if_not_exists),
                ("concurrently", new.concurrently),
            ];
            let found: Vec<&str> = found.into_iter().filter(|(_, is_set)| *is_set).map(|(word, _)| word).collect();
            assert_eq!(found.join(" "), flags, "{sql}");
            assert_eq!((new.name.as_deref(), &*new.table, &*new.definition), (name, table, definition), "{sql}");
        }
    }

    #[test]
    fn a_definition_is_compared_with_the_text_of_the_server() {
        for (sql, of_server, expected) in [
            ("CREATE INDEX i ON t (a)", "btree (a)", true),
            ("CREATE INDEX i ON t(a,b)", "btree (a, b)", true),
            ("CREATE INDEX i ON t USING GIN (a)", "gin (a)", true),
            ("CREATE INDEX i ON t (A) WHERE b = 'X y'", "btree (a) WHERE b = 'X y'", true),
            ("CREATE INDEX i ON t (a) WHERE b = 'X y'", "btree (a) WHERE b = 'x y'", false),
            ("CREATE INDEX i ON t (a) WHERE b = 'Xy'", "btree (a) WHERE b = 'X y'", false),
            ("CREATE INDEX i ON t (\"A\")", "btree (a)", false),
            ("CREATE INDEX i ON t (a text_ops)", "btree (atext_ops)", false),
            ("CREATE INDEX i ON t (a)", "hash (a)", false),
            ("CREATE INDEX i ON t (a)", "", false),
        ] {
            assert_eq!(created(sql).is_written_as(of_server), expected, "{sql}: {of_server}");
        }
    }

    #[test]
    fn other_statements_change_indexes_too() {
        let attach = IndexChange::Attach { index: "s.parent_i".into(), partition: "\"P\".i".into() };
        assert_eq!(change("ALTER INDEX s.parent_i ATTACH PARTITION \"P\".i"), Some(attach));
        let table = IndexChange::AttachTable { partition: "s.p".into() };
        assert_eq!(change("ALTER TABLE t ATTACH PARTITION s.p FOR VALUES IN (1)"), Some(table));
        assert!(matches!(change("REINDEX TABLE CONCURRENTLY t"), Some(IndexChange::Rebuild(_))));
        assert_eq!(change("ALTER INDEX i RENAME TO j"), None);
        assert_eq!(change("ALTER TABLE t ADD b int"), None);
        assert_eq!(change("DROP INDEX i"), None);
    }

    #[test]
    fn statements_that_wait_by_design_are_recognised() {
        for (sql, expected) in [
            ("CREATE INDEX CONCURRENTLY i ON t (a)", true),
            ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", true),
            ("CREATE INDEX CONCURRENTLY ???", true),
            ("DROP INDEX CONCURRENTLY i", true),
            ("REINDEX INDEX CONCURRENTLY i", true),
            ("REINDEX (CONCURRENTLY) TABLE t", true),
            ("REINDEX SCHEMA CONCURRENTLY s", true),
            ("REINDEX (CONCURRENTLY off) SCHEMA s", false),
            ("REINDEX DATABASE CONCURRENTLY d", true),
            ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", true),
            ("ALTER TABLE t DETACH PARTITION p", false),
            ("REINDEX TABLE t", false),
            ("CREATE INDEX i ON t (a)", false),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", false),
            ("VACUUM t", false),
        ] {
            assert_eq!(analyse_one(sql).waits_by_design(), expected, "{sql}");
        }
    }
}
