//! Reads statements that change settings, the session or privileges.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, CallExpr, Literal, Rollback, Stmt};

use super::node::{one_line, text};
use crate::core::statement::action::Action;

/// `SET name = values`.
pub fn set_parameter(set: &ast::Set) -> Option<Action> {
    let line = one_line(set.syntax());
    let mut words = line.splitn(2, char::is_whitespace);
    words.next()?;
    let mut rest = words.next()?.trim();
    for scope in ["session", "local"] {
        if let Some(after) = strip_word(rest, scope) {
            rest = after;
        }
    }
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let after = after.trim_start();
    let list = after.strip_prefix('=').or_else(|| strip_word(after, "to")).unwrap_or(after);
    Some(Action::SetParameter { name: name.to_lowercase(), values: values(list) })
}

/// `set_config('name', 'value', …)`.
pub fn set_config(call: &CallExpr) -> Option<Action> {
    let function = call.expr().map(|function| text(function.syntax()).to_lowercase())?;
    if !function.ends_with("set_config") {
        return None;
    }
    let arguments = call.arg_list().into_iter().flat_map(|list| list.args().collect::<Vec<_>>());
    let mut constants = arguments.map(|argument| constant(argument.syntax()));
    let name = constants.next().flatten().unwrap_or_default().to_lowercase();
    let list = constants.next().flatten();
    Some(Action::SetParameter { name, values: list.map(|list| values(&list)).unwrap_or_default() })
}

fn constant(argument: &SyntaxNode) -> Option<String> {
    let literal = argument.descendants().find_map(Literal::cast)?;
    let is_whole = text(literal.syntax()) == text(argument);
    literal.decoded_value().filter(|_| is_whole).map(|decoded| decoded.text().to_owned())
}

/// The items of a comma-separated list of names or strings, without quotes.
fn values(list: &str) -> Vec<String> {
    let items = list.trim().trim_end_matches(';').split(',').map(str::trim).filter(|item| !item.is_empty());
    let unquoted = items.map(|item| match item.trim_matches(['"', '\'']) {
        inner if inner.len() == item.len() => inner.to_lowercase(),
        inner => inner.to_owned(),
    });
    unquoted.collect()
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (first, rest) = text.split_once(char::is_whitespace)?;
    first.eq_ignore_ascii_case(word).then(|| rest.trim_start())
}

/// Statements that only change the session or the transaction.
pub fn session(statement: &Stmt) -> Option<Action> {
    match statement {
        Stmt::Rollback(Rollback::RollbackPrepared(_)) => None,
        Stmt::Rollback(_) => Some(Action::Rollback),
        Stmt::Reset(_) | Stmt::Discard(_) | Stmt::SetRole(_) | Stmt::SetSessionAuth(_) | Stmt::ResetRole(_) => {
            Some(Action::ResetSession)
        }
        _ => None,
    }
}

/// `REVOKE`.
pub fn revoke(revoke: &ast::Revoke) -> Action {
    let privileges = revoke.on_privilege_objects_clause().map(|on| objects(on.syntax()));
    let roles = revoke.role_ref_list().map(|list| one_line(list.syntax()));
    Action::Revoke {
        privileges: privileges.unwrap_or_else(|| String::from("membership")),
        roles: roles.unwrap_or_default(),
    }
}

/// The objects of an `ON` clause.
fn objects(on: &SyntaxNode) -> String {
    let line = one_line(on);
    line.strip_prefix("on ").or_else(|| line.strip_prefix("ON ")).map_or(line.clone(), str::to_owned)
}
