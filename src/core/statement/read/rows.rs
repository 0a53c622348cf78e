//! Reads the rows and columns that `DELETE`, `UPDATE`, `MERGE` and `ON CONFLICT DO UPDATE` affect.

use squawk_syntax::ast::{
    AstNode, ColumnTarget, Delete, Insert, Merge, MergeDelete, OptionalAsAlias, RelationName, SetClause,
    SetSingleColumn, Update, WhereClauseOrCurrentOf,
};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::condition::requires_null;
use super::node::{is_null, name, text};
use super::volatile::is_volatile;
use crate::core::statement::Name;
use crate::core::statement::action::{self, Action, SetColumn};
use crate::core::statement::rows::{RowFilter, RowSelection};

/// `DELETE`. `is_whole`: it is the whole statement, so that its condition can be evaluated separately.
pub fn delete(delete: &Delete, is_whole: bool) -> Option<Action> {
    let table = name(delete.relation_name())?;
    if !is_whole || delete.for_portion_of().is_some() {
        return Some(Action::Delete { table, rows: RowSelection::Unknown });
    }
    let using = delete.using_clause().map(|using| using.syntax().clone());
    let condition = delete.where_clause_or_current_of();
    let has_with = delete.with_clause().is_some();
    let rows = selection(delete.relation_name(), delete.alias(), using, condition, has_with);
    Some(Action::Delete { table, rows })
}

/// `WHEN … THEN DELETE` of a `MERGE`.
pub fn merge_delete(delete: &MergeDelete) -> Option<Action> {
    let merge = delete.syntax().ancestors().find_map(Merge::cast)?;
    Some(Action::Delete { table: name(merge.table_relation_name())?, rows: RowSelection::Unknown })
}

/// The columns that a `SET` clause sets. `is_whole`: it belongs to the whole statement, so that its condition can be
/// evaluated separately.
pub fn update(set: &SetClause, is_whole: bool) -> Option<Action> {
    let (table, update) = updated_table(set.syntax())?;
    let nulls: Vec<SyntaxNode> = set
        .syntax()
        .descendants()
        .filter_map(SetSingleColumn::cast)
        .filter(|single| single.set_expr().is_some_and(|value| is_null(value.syntax())))
        .filter_map(|single| Some(single.column_target()?.syntax().clone()))
        .collect();
    let columns = set.syntax().descendants().filter_map(ColumnTarget::cast).filter_map(|target| {
        let name = Name::read(&target.syntax().first_child()?)?;
        let only_where_null = update.as_ref().is_some_and(|update| requires_null(update, &table, &name));
        Some(SetColumn { name, only_where_null, to_null: nulls.contains(target.syntax()) })
    });
    let columns = columns.collect();
    let rows = match update.filter(|update| is_whole && update.for_portion_of().is_none()) {
        Some(update) => {
            let from = update.from_clause().map(|from| from.syntax().clone());
            let condition = update.where_clause_or_current_of();
            let has_with = update.with_clause().is_some();
            selection(update.relation_name(), update.alias(), from, condition, has_with)
        }
        None => RowSelection::Unknown,
    };
    Some(Action::Update(action::Update { table, columns, rows }))
}

/// The table whose columns a SET clause sets, and the UPDATE if it is one.
fn updated_table(set: &SyntaxNode) -> Option<(Name, Option<Update>)> {
    set.ancestors().find_map(|node| {
        if let Some(update) = Update::cast(node.clone()) {
            return Some((name(update.relation_name())?, Some(update)));
        }
        if let Some(insert) = Insert::cast(node.clone()) {
            return Some((name(insert.relation_name_ref())?, None));
        }
        Some((name(Merge::cast(node)?.table_relation_name())?, None))
    })
}

fn selection(
    relation: Option<RelationName>,
    alias: Option<OptionalAsAlias>,
    from: Option<SyntaxNode>,
    condition: Option<WhereClauseOrCurrentOf>,
    has_with: bool,
) -> RowSelection {
    if condition.is_none() && from.is_none() {
        return RowSelection::All;
    }
    if has_with {
        return RowSelection::Unknown;
    }
    filter(relation, alias, from, condition).map_or(RowSelection::Unknown, RowSelection::Matching)
}

/// The condition; `None` if it cannot be evaluated separately, because it calls a volatile function or uses a cursor.
fn filter(
    relation: Option<RelationName>,
    alias: Option<OptionalAsAlias>,
    from: Option<SyntaxNode>,
    condition: Option<WhereClauseOrCurrentOf>,
) -> Option<RowFilter> {
    let condition = match condition? {
        WhereClauseOrCurrentOf::WhereClause(clause) => clause.expr()?.syntax().clone(),
        WhereClauseOrCurrentOf::WhereCurrentOf(_) => return None,
    };
    if is_volatile(&condition) || from.as_ref().is_some_and(is_volatile) {
        return None;
    }
    Some(RowFilter {
        alias: alias.and_then(|alias| Some(text(alias.name()?.syntax()))),
        from: from.map(|clause| list(&clause)),
        condition: text(&condition),
        only: relation?.only_token().is_some(),
    })
}

/// The list of a USING or FROM clause, without the keyword.
fn list(clause: &SyntaxNode) -> String {
    let is_keyword = |kind| kind == SyntaxKind::USING_KW || kind == SyntaxKind::FROM_KW;
    let mut rest = clause.children_with_tokens().skip_while(|element| !is_keyword(element.kind()));
    rest.next();
    rest.map(|element| element.to_string()).collect::<String>().trim().to_owned()
}
