//! The condition of a DELETE or UPDATE, so that only the rows that it takes are counted and copied.

use squawk_syntax::ast::{AstNode, Delete, RelationName, Stmt, Update, WhereClauseOrCurrentOf};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::is_volatile;
use super::name::Name;
use crate::core::sql::tree;

/// Which rows a statement takes, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrow {
    /// What the statement calls the table, where that is not its name.
    pub alias: Option<String>,
    /// The list behind USING or FROM.
    pub others: Option<String>,
    pub condition: Option<String>,
    /// Whether rows of children stay.
    pub only: bool,
}

impl Narrow {
    /// The condition on row `row` of the table, as it can stand behind WHERE.
    #[must_use]
    pub fn filter(&self) -> String {
        let condition = self.condition.as_deref().unwrap_or("true");
        // The condition may end in a comment.
        match &self.others {
            Some(others) => format!("EXISTS (SELECT FROM {others}\nWHERE {condition}\n)"),
            None => format!("({condition}\n)"),
        }
    }
}

/// The condition by which a statement takes rows of a table; `None`: every row may be meant. A condition that gives
/// another answer when it is asked twice is none.
#[must_use]
pub fn narrow(sql: &str, schema: Option<&str>, table: &str) -> Option<Narrow> {
    let parsed = tree::parse(sql).filter(|tree| tree.complete)?;
    let (relation, alias, others, condition, has_with) = match parsed.statement {
        Stmt::Delete(delete) => parts_of_delete(&delete),
        Stmt::Update(update) => parts_of_update(&update),
        _ => return None,
    };
    let relation = relation?;
    let name = Name::of(relation.relation_name_ref()?.syntax())?;
    if has_with || (name.schema.as_deref(), name.name.as_str()) != (schema, table) {
        return None;
    }
    let condition = match condition? {
        WhereClauseOrCurrentOf::WhereClause(clause) => clause.expr()?.syntax().clone(),
        WhereClauseOrCurrentOf::WhereCurrentOf(_) => return None,
    };
    if is_volatile(&condition) || others.as_ref().is_some_and(is_volatile) {
        return None;
    }
    Some(Narrow {
        alias,
        others: others.map(|node| list(&node)),
        condition: Some(text(&condition)),
        only: relation.only_token().is_some(),
    })
}

/// Whether a statement says of a table that it takes every row: a DELETE or UPDATE of it without a condition.
#[must_use]
pub fn takes_all(sql: &str, schema: Option<&str>, table: &str) -> bool {
    let Some(parsed) = tree::parse(sql).filter(|tree| tree.complete) else { return false };
    let (relation, _, others, condition, _) = match parsed.statement {
        Stmt::Delete(delete) => parts_of_delete(&delete),
        Stmt::Update(update) => parts_of_update(&update),
        _ => return false,
    };
    let name = relation.and_then(|relation| Name::of(relation.relation_name_ref()?.syntax()));
    let is_same = name.is_some_and(|name| (name.schema.as_deref(), name.name.as_str()) == (schema, table));
    is_same && others.is_none() && condition.is_none()
}

type Parts = (Option<RelationName>, Option<String>, Option<SyntaxNode>, Option<WhereClauseOrCurrentOf>, bool);

fn parts_of_delete(delete: &Delete) -> Parts {
    (
        delete.relation_name(),
        delete.alias().and_then(|alias| Some(text(alias.name()?.syntax()))),
        delete.using_clause().map(|using| using.syntax().clone()),
        delete.where_clause_or_current_of(),
        delete.with_clause().is_some() || delete.for_portion_of().is_some(),
    )
}

fn parts_of_update(update: &Update) -> Parts {
    (
        update.relation_name(),
        update.alias().and_then(|alias| Some(text(alias.name()?.syntax()))),
        update.from_clause().map(|from| from.syntax().clone()),
        update.where_clause_or_current_of(),
        update.with_clause().is_some() || update.for_portion_of().is_some(),
    )
}

/// What stands behind the word that opens a clause.
fn list(clause: &SyntaxNode) -> String {
    let word = |kind| kind == SyntaxKind::USING_KW || kind == SyntaxKind::FROM_KW;
    let mut rest = clause.children_with_tokens().skip_while(|element| !word(element.kind()));
    rest.next();
    rest.map(|element| element.to_string()).collect::<String>().trim().to_owned()
}

fn text(node: &SyntaxNode) -> String {
    node.text().to_string().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sql: &str) -> Option<(Option<String>, Option<String>, String)> {
        narrow(sql, None, "t").map(|narrow| (narrow.alias, narrow.others, narrow.condition.unwrap_or_default()))
    }

    #[test]
    fn conditions_are_read() {
        let some = |alias: Option<&str>, others: Option<&str>, condition: &str| {
            Some((alias.map(str::to_owned), others.map(str::to_owned), condition.to_owned()))
        };
        assert_eq!(told("DELETE FROM t WHERE a = 1 AND b < now()"), some(None, None, "a = 1 AND b < now()"));
        assert_eq!(
            told("delete from only t as x where x.a in (select b from c)"),
            some(Some("x"), None, "x.a in (select b from c)")
        );
        assert_eq!(
            told("DELETE FROM t x USING o, p JOIN q USING (r) WHERE x.a = o.a"),
            some(Some("x"), Some("o, p JOIN q USING (r)"), "x.a = o.a")
        );
        assert_eq!(
            told("UPDATE t SET a = 1 FROM o AS p WHERE t.b = p.b RETURNING 1"),
            some(None, Some("o AS p"), "t.b = p.b")
        );
    }

    #[test]
    fn only_a_statement_without_a_condition_takes_all() {
        for (sql, all) in [
            ("DELETE FROM t", true),
            ("UPDATE ONLY t SET a = 1", true),
            ("DELETE FROM u", false),
            ("DELETE FROM s.t", false),
            ("DELETE FROM t USING u", false),
            ("DELETE FROM t WHERE a", false),
            ("DO $$ BEGIN DELETE FROM t; END $$", false),
        ] {
            assert_eq!(takes_all(sql, None, "t"), all, "{sql}");
        }
    }

    #[test]
    fn in_doubt_every_row_is_meant() {
        for sql in [
            "DELETE FROM t",
            "DELETE FROM other WHERE a = 1",
            "DELETE FROM t WHERE random() < 0.5",
            "DELETE FROM t WHERE a = mine(b)",
            "DELETE FROM t WHERE CURRENT OF c",
            "WITH x AS (DELETE FROM t WHERE a = 1 RETURNING a) SELECT * FROM x",
            "WITH x AS (SELECT 1 AS a) DELETE FROM t WHERE a IN (SELECT a FROM x)",
            "DO $$ BEGIN DELETE FROM t WHERE a = 1; END $$",
            "DELETE FROM t USING generate_rows() g WHERE a = 1",
        ] {
            assert_eq!(told(sql), None, "{sql}");
        }
    }
}
