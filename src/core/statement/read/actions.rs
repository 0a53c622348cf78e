//! Reads the actions of one node of the syntax tree.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AlterType, AstNode, CallExpr, Literal, Merge};

use super::node::name;
use super::{maintenance, objects, rows, session, table};
use crate::core::statement::ScriptState;
use crate::core::statement::action::Action;

/// Adds the actions of a node, without those of its children. `is_whole`: the node is the statement, or a clause of it.
pub fn read(node: &SyntaxNode, is_whole: bool, state: &ScriptState, actions: &mut Vec<Action>) {
    actions.extend(of_table(node));
    actions.extend(of_rows(node, is_whole));
    actions.extend(of_object(node));
    actions.extend(objects::rename(node));
    actions.extend(new_label(node, state));
}

fn of_table(node: &SyntaxNode) -> Option<Action> {
    if let Some(alter) = ast::AlterTable::cast(node.clone()) {
        table::alter_table(&alter)
    } else if let Some(create) = ast::CreateTable::cast(node.clone()) {
        table::create_table(&create)
    } else if let Some(create) = ast::CreateTableAs::cast(node.clone()) {
        table::create_table_as(&create)
    } else {
        table::select_into(&ast::SelectInto::cast(node.clone())?)
    }
}

fn of_rows(node: &SyntaxNode, is_whole: bool) -> Option<Action> {
    if let Some(delete) = ast::Delete::cast(node.clone()) {
        rows::delete(&delete, is_whole)
    } else if let Some(delete) = ast::MergeDelete::cast(node.clone()) {
        rows::merge_delete(&delete)
    } else if let Some(set) = ast::SetClause::cast(node.clone()) {
        rows::update(&set, is_whole)
    } else if let Some(truncate) = ast::Truncate::cast(node.clone()) {
        Some(objects::truncate(&truncate))
    } else {
        let filled = if let Some(insert) = ast::Insert::cast(node.clone()) {
            name(insert.relation_name_ref())
        } else if let Some(merge) = Merge::cast(node.clone()) {
            name(merge.table_relation_name())
        } else {
            name(ast::Copy::cast(node.clone())?.copy_table())
        };
        filled.map(|table| Action::AddRows { table })
    }
}

fn of_object(node: &SyntaxNode) -> Option<Action> {
    if let Some(alter) = AlterType::cast(node.clone()) {
        objects::alter_type(&alter)
    } else if let Some(alter) = ast::AlterDomain::cast(node.clone()) {
        objects::alter_domain(&alter)
    } else if let Some(create) = ast::CreateIndex::cast(node.clone()) {
        maintenance::create_index(&create)
    } else if let Some(reindex) = ast::Reindex::cast(node.clone()) {
        maintenance::reindex(&reindex)
    } else if let Some(lock) = ast::Lock::cast(node.clone()) {
        Some(maintenance::lock_tables(&lock))
    } else if let Some(refresh) = ast::Refresh::cast(node.clone()) {
        maintenance::refresh(&refresh)
    } else if let Some(revoke) = ast::Revoke::cast(node.clone()) {
        Some(session::revoke(&revoke))
    } else if let Some(set) = ast::Set::cast(node.clone()) {
        session::set_parameter(&set)
    } else if let Some(call) = CallExpr::cast(node.clone()) {
        session::set_config(&call)
    } else {
        let created = objects::drop_objects(node).or_else(|| objects::create_object(node));
        created.or_else(|| maintenance::rewrite_tables(node))
    }
}

/// The action of a string constant that equals a label which the script added to an enum.
fn new_label(node: &SyntaxNode, state: &ScriptState) -> Option<Action> {
    if !state.has_new_labels() {
        return None;
    }
    let literal = Literal::cast(node.clone())?;
    if literal.syntax().ancestors().any(|node| AlterType::can_cast(node.kind())) {
        return None;
    }
    let label = literal.decoded_value()?.text().to_owned();
    state.is_new_label(&label).then_some(Action::UseNewLabel { label })
}
