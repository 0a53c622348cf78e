//! The parts of a statement that run when it runs: not the body of a function that it only defines, but the
//! body of a DO block, the query of an EXPLAIN ANALYZE and the text of a constant EXECUTE.

use squawk_syntax::ast::{
    AstNode, CreateFunction, CreateProcedure, CreateRule, Do, Explain, PlpgsqlDynExecuteStmt, PlpgsqlExpr,
    PlpgsqlForDynStmt, PlpgsqlOpenExecute, PlpgsqlReturnQueryExecuteStmt,
};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Class;
use super::dynamic::{self, Dynamic};
use super::rules::RULES;
use crate::core::sql::{leading_words, split, tree, word_places};

/// One part of a statement.
#[derive(Debug, Clone)]
pub enum Part {
    /// A node of the tree that runs.
    Node(SyntaxNode),
    /// Something whose effect cannot be told, in a few words.
    Unreadable(String),
}

/// Blocks and texts in one another are followed this deep.
const MAX_NESTING: usize = 8;

impl Part {
    pub fn cast<N: AstNode>(&self) -> Option<N> {
        match self {
            Self::Node(node) => N::cast(node.clone()),
            Self::Unreadable(_) => None,
        }
    }
}

/// The parts of a statement, in the order of its text.
pub fn parts(statement: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    if only_inserts(statement) {
        return parts;
    }
    of_sql(statement, 0, &mut parts);
    parts
}

fn of_sql(statement: &str, nesting: usize, parts: &mut Vec<Part>) {
    let tree = tree::parse(statement);
    let complete = tree.as_ref().is_some_and(|tree| tree.complete);
    if let Some(tree) = tree {
        of_node(tree.statement.syntax(), nesting, parts);
    }
    if !complete && may_destroy(statement) {
        parts.push(Part::Unreadable(abridged(statement)));
    }
}

/// Walks down without recursion: chains of operators make trees thousands of nodes deep.
fn of_node(root: &SyntaxNode, nesting: usize, parts: &mut Vec<Part>) {
    let mut waiting = vec![root.clone()];
    while let Some(node) = waiting.pop() {
        if let Some(block) = Do::cast(node.clone()) {
            of_block(&block, nesting, parts);
        } else if let Some(query) = executed_text(&node) {
            of_execute(&query, nesting, parts);
            waiting.extend(node.children().filter(|child| child.kind() == SyntaxKind::PLPGSQL_BODY));
        } else if node.kind() == SyntaxKind::ERROR {
            of_text(without_targets(&node.text().to_string()), nesting, parts);
        } else if !only_defines(&node) {
            let first_child = waiting.len();
            waiting.extend(node.children());
            waiting[first_child..].reverse();
            parts.push(Part::Node(node));
        }
    }
}

/// Whether a statement holds others that it does not run.
fn only_defines(node: &SyntaxNode) -> bool {
    CreateFunction::can_cast(node.kind())
        || CreateProcedure::can_cast(node.kind())
        || CreateRule::can_cast(node.kind())
        || Explain::cast(node.clone()).is_some_and(|explain| !analyzes(&explain))
}

fn of_block(block: &Do, nesting: usize, parts: &mut Vec<Part>) {
    match block.plpgsql() {
        Some(body) if nesting < MAX_NESTING => {
            let errors =
                !body.errors().is_empty() && !body.syntax().descendants().any(|node| node.kind() == SyntaxKind::ERROR);
            of_node(&body.syntax(), nesting + 1, parts);
            if errors && may_destroy(&format!("do {}", body.text())) {
                parts.push(Part::Unreadable(abridged(body.text())));
            }
        }
        Some(body) => parts.push(Part::Unreadable(abridged(body.text()))),
        None => {
            let language = block.do_language().map(|language| language.syntax().text().to_string());
            parts.push(Part::Unreadable(format!("DO {}", language.unwrap_or_default()).trim_end().to_owned()));
        }
    }
}

/// The expression whose text a PL/pgSQL statement runs.
fn executed_text(node: &SyntaxNode) -> Option<PlpgsqlExpr> {
    let runs_text = PlpgsqlDynExecuteStmt::can_cast(node.kind())
        || PlpgsqlReturnQueryExecuteStmt::can_cast(node.kind())
        || PlpgsqlOpenExecute::can_cast(node.kind())
        || PlpgsqlForDynStmt::can_cast(node.kind());
    runs_text.then(|| node.children().find_map(PlpgsqlExpr::cast)).flatten()
}

fn of_execute(query: &PlpgsqlExpr, nesting: usize, parts: &mut Vec<Part>) {
    match dynamic::text(query.syntax()) {
        Some(Dynamic::Constant(text)) if nesting < MAX_NESTING => of_text(&text, nesting + 1, parts),
        Some(Dynamic::Template(text)) if nesting < MAX_NESTING && destroys_nothing(&text, nesting + 1) => {}
        _ => parts.push(Part::Unreadable(abridged(&format!("EXECUTE {}", query.syntax().text())))),
    }
}

/// Whether no rule finds lost data in a text. (What one finds has the names of placeholders, so it is of no use.)
fn destroys_nothing(text: &str, nesting: usize) -> bool {
    let mut parts = Vec::new();
    of_text(text, nesting, &mut parts);
    let mut losses = RULES.iter().filter(|rule| rule.class == Class::DataLoss);
    losses.all(|rule| parts.iter().all(|part| rule.hazards(part).next().is_none()))
}

fn of_text(text: &str, nesting: usize, parts: &mut Vec<Part>) {
    match split(text) {
        Ok(statements) => statements.iter().for_each(|statement| of_sql(&statement.text, nesting, parts)),
        Err(_) => parts.push(Part::Unreadable(abridged(text))),
    }
}

/// A statement without the `INTO …` that PL/pgSQL lets follow its RETURNING, which is no SQL.
fn without_targets(statement: &str) -> &str {
    let returning = word_places(statement).position(|(_, word)| word == "returning");
    let into = returning.and_then(|place| word_places(statement).skip(place).find(|(_, word)| word == "into"));
    into.and_then(|(start, _)| statement.get(..start)).unwrap_or(statement)
}

fn analyzes(explain: &Explain) -> bool {
    let words = explain.syntax().text().to_string().to_lowercase();
    let options = words.trim_start_matches("explain").trim_start();
    let Some(list) = options.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
        return options.starts_with("analy");
    };
    let option = list.0.split(',').map(str::trim).find(|option| option.starts_with("analy"));
    option.is_some_and(|option| !["off", "false", "0"].iter().any(|off| option.ends_with(off)))
}

/// Whether a statement is an INSERT that overwrites nothing, which its words tell faster than its tree: rows by
/// the thousand are common.
fn only_inserts(statement: &str) -> bool {
    let mut words = word_places(statement).map(|(_, word)| word);
    words.next().is_some_and(|word| word == "insert")
        && words.all(|word| !["update", "delete", "merge"].contains(&word.as_str()))
}

/// Whether a statement that could not be read whole is one of those that may destroy data.
fn may_destroy(statement: &str) -> bool {
    let any = |list: &[&str]| word_places(statement).any(|(_, word)| list.contains(&word.as_str()));
    match leading_words(statement).first().map(String::as_str) {
        Some("drop" | "truncate" | "delete" | "update" | "merge" | "do" | "execute") => true,
        Some("alter") => any(&["drop"]),
        Some("with" | "insert" | "copy" | "explain" | "prepare" | "select") => any(&["delete", "update", "merge"]),
        Some("create") | None => false,
        Some(_) => any(&["drop", "truncate", "delete", "update", "merge", "execute"]),
    }
}

/// The beginning of a text, on one line.
fn abridged(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
