//! Reads the constraints that are added to a table, and the questions that count the rows which violate them.

use squawk_syntax::ast::{
    self, AstNode, ColumnNameRef, ConstraintColumnRefList, ConstraintNameClause, CreateIndex, ForeignKeyColumnList,
    ForeignKeyConstraint, NotEnforced, NotValid, NullsNotDistinct, RefAction, ReferentialAction,
};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::core::sql::identifier;
use crate::core::statement::Name;
use crate::core::statement::action::{Constraint, ConstraintKind};
use crate::core::statement::question::Question;

/// Reads a constraint of `ADD CONSTRAINT` or of a column definition.
pub fn constraint(constraint: &ast::Constraint) -> Constraint {
    let node = constraint.syntax();
    let name = node.children().find_map(ConstraintNameClause::cast);
    Constraint {
        name: name.and_then(|clause| Name::read(&clause.syntax().children().last()?)),
        kind: kind(constraint),
        skips_rows: skips_rows(node),
        question: question(constraint),
    }
}

/// Whether a constraint is NOT VALID or NOT ENFORCED, so that existing rows are not checked.
pub fn skips_rows(constraint: &SyntaxNode) -> bool {
    constraint.children().any(|child| NotValid::can_cast(child.kind()) || NotEnforced::can_cast(child.kind()))
}

fn kind(constraint: &ast::Constraint) -> ConstraintKind {
    match constraint {
        ast::Constraint::CheckConstraint(check) => {
            ConstraintKind::Check { never_null: check.expr().and_then(|expression| never_null(expression.syntax())) }
        }
        ast::Constraint::UniqueConstraint(unique) => {
            ConstraintKind::Unique { using_index: unique.using_index().is_some() }
        }
        ast::Constraint::PrimaryKeyConstraint(key) => {
            ConstraintKind::PrimaryKey { using_index: key.using_index().is_some() }
        }
        ast::Constraint::ExcludeConstraint(_) => ConstraintKind::Exclude,
        ast::Constraint::ForeignKeyConstraint(key) => {
            ConstraintKind::ForeignKey { propagates_deletes: key.referential_actions().any(propagates_deletes) }
        }
        ast::Constraint::ReferencesConstraint(key) => {
            ConstraintKind::References { propagates_deletes: key.referential_actions().any(propagates_deletes) }
        }
        _ => ConstraintKind::Other,
    }
}

fn propagates_deletes(action: ReferentialAction) -> bool {
    let action = match action {
        ReferentialAction::OnDeleteAction(action) => action.ref_action(),
        ReferentialAction::OnUpdateAction(_) => None,
    };
    matches!(action, Some(RefAction::Cascade(_) | RefAction::SetNullColumns(_) | RefAction::SetDefaultColumns(_)))
}

/// The column, if the whole expression is `column IS NOT NULL`.
fn never_null(expression: &SyntaxNode) -> Option<String> {
    let text = expression.text().to_string();
    let mut words = text.trim_matches(['(', ')', ' ', '\n']).rsplitn(4, char::is_whitespace);
    let tail: Vec<String> = words.by_ref().take(3).map(str::to_lowercase).collect();
    let column = expression.descendants().find(|node| node.kind() == SyntaxKind::NAME_REF)?;
    let alone = words.next()?.trim() == column.text().to_string().trim();
    (alone && tail == ["null", "not", "is"]).then(|| ast::normalize_name_node(&column))
}

fn question(constraint: &ast::Constraint) -> Option<Question> {
    let node = constraint.syntax();
    match constraint {
        ast::Constraint::CheckConstraint(check) => {
            Some(Question::Check { expression: check.expr()?.syntax().text().to_string() })
        }
        ast::Constraint::UniqueConstraint(_) => {
            let nulls_are_equal = nulls_are_equal(node);
            let keys = quoted(&keys(node)?);
            Some(Question::Duplicates { keys, condition: None, nulls_are_equal, nulls_are_rejected: false })
        }
        ast::Constraint::PrimaryKeyConstraint(key) if key.using_index().is_none() => {
            let keys = quoted(&keys(node)?);
            Some(Question::Duplicates { keys, condition: None, nulls_are_equal: false, nulls_are_rejected: true })
        }
        ast::Constraint::ForeignKeyConstraint(key) => orphans(key),
        _ => None,
    }
}

/// The question that counts the duplicates which make a unique index fail. `None` with a collation or an operator class,
/// because these may compare values differently.
pub fn index_duplicates(create: &CreateIndex) -> Option<Question> {
    let items: Vec<_> = create.partition_item_list()?.partition_items().collect();
    if items.iter().any(|item| item.collate().is_some() || item.op_class_ref().is_some()) {
        return None;
    }
    let keys = items.iter().map(|item| Some(item.expr()?.syntax().text().to_string())).collect::<Option<_>>()?;
    let condition = create.where_clause().and_then(|clause| clause.syntax().children().next());
    let condition = condition.map(|node| node.text().to_string());
    let nulls_are_equal = nulls_are_equal(create.syntax());
    Some(Question::Duplicates { keys, condition, nulls_are_equal, nulls_are_rejected: false })
}

fn nulls_are_equal(node: &SyntaxNode) -> bool {
    node.descendants().any(|child| NullsNotDistinct::can_cast(child.kind()))
}

fn orphans(key: &ForeignKeyConstraint) -> Option<Question> {
    if key.match_type().is_some() {
        return None;
    }
    // A foreign key with PERIOD compares ranges, which cannot be counted.
    let mut lists = key.syntax().children().filter(|child| ForeignKeyColumnList::can_cast(child.kind()));
    let first = lists.next().filter(|list| !list.text().to_string().to_lowercase().contains("period"))?;
    let referenced = Name::read(key.table_name_ref()?.syntax())?;
    Some(Question::Orphans {
        columns: columns(&first),
        referenced_schema: referenced.schema,
        referenced_table: referenced.name,
        referenced_columns: lists.next().map(|list| columns(&list)).unwrap_or_default(),
    })
}

/// The key columns of a constraint; `None` with WITHOUT OVERLAPS, because the columns are then not compared for equality.
fn keys(node: &SyntaxNode) -> Option<Vec<String>> {
    let list = node.descendants().find(|child| ConstraintColumnRefList::can_cast(child.kind()))?;
    let overlaps = node.text().to_string().to_lowercase().contains("overlaps");
    Some(columns(&list)).filter(|keys| !keys.is_empty() && !overlaps)
}

fn columns(list: &SyntaxNode) -> Vec<String> {
    let names = list.descendants().filter(|node| ColumnNameRef::can_cast(node.kind()));
    names.filter_map(|node| Some(Name::read(&node)?.name)).collect()
}

fn quoted(columns: &[String]) -> Vec<String> {
    columns.iter().map(|column| identifier::always_quote(column)).collect()
}
