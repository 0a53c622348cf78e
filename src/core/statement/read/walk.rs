//! Visits all parts of a statement that run when it runs: the statement itself with its subqueries and CTEs, the body of a
//! DO block, the bodies of functions that the script created and the statement calls, the query of EXPLAIN ANALYZE, and
//! the constant text of EXECUTE. The body of a function that the statement only defines does not run.

use squawk_syntax::ast::{
    AstNode, Call, CallExpr, CreateFunction, CreateProcedure, CreateRule, Do, Explain, PlpgsqlDynExecuteStmt,
    PlpgsqlExpr, PlpgsqlForDynStmt, PlpgsqlOpenExecute, PlpgsqlReturnQueryExecuteStmt, Stmt, normalize_name_node,
};
use squawk_syntax::plpgsql::Plpgsql;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::actions;
use super::dynamic::{self, Dynamic};
use super::node::{name, text};
use crate::core::sql::{leading_words, split, words_with_offsets};
use crate::core::statement::action::{Action, CreateRoutine, RoutineBody};
use crate::core::statement::parse::{Tree, parse};
use crate::core::statement::{Name, ScriptState};

/// Nested blocks and texts are visited to this depth.
const MAX_NESTING: usize = 8;

/// The actions and calls of a statement.
#[derive(Debug, Default)]
pub struct StatementContents {
    pub actions: Vec<Action>,
    /// Whether the first action is that of the statement itself, not of one of its parts.
    pub has_own_action: bool,
    /// The functions that it calls, whether the script created them or not.
    pub calls: Vec<Name>,
}

/// Visits a statement. `tree` is `None` if it cannot be parsed.
pub fn walk(statement: &str, tree: Option<&Tree>, state: &ScriptState) -> StatementContents {
    let mut walk = StatementWalk::new(state, tree.is_none_or(runs_calls));
    walk.tree(statement, tree, 0);
    walk.done()
}

/// Reads `CREATE FUNCTION` or `CREATE PROCEDURE`, with the actions of its body.
pub fn routine(node: &SyntaxNode, state: &ScriptState) -> Option<Action> {
    let (body, plpgsql, sql) = if let Some(function) = CreateFunction::cast(node.clone()) {
        (function.body(), function.plpgsql(), function.sql_body())
    } else {
        let procedure = CreateProcedure::cast(node.clone())?;
        (procedure.body(), procedure.plpgsql(), procedure.sql_body())
    };
    let name = Name::read(node)?;
    let mut walk = StatementWalk::new(state, true);
    match (body, plpgsql, sql) {
        (Some(body), ..) => walk.node(body.syntax(), 1),
        (None, Some(body), _) => walk.body(&body, 0),
        (None, None, Some(sql)) => walk.text(sql.text(), 1),
        (None, None, None) => walk.actions.push(Action::Unreadable { text: format!("{name}()") }),
    }
    let StatementContents { actions, calls, .. } = walk.done();
    Some(Action::CreateRoutine(CreateRoutine { name, body: RoutineBody { actions, calls } }))
}

struct StatementWalk<'a> {
    state: &'a ScriptState,
    /// Whether the functions in the statement are called when it runs.
    runs_calls: bool,
    actions: Vec<Action>,
    has_own_action: bool,
    calls: Vec<Name>,
}

impl<'a> StatementWalk<'a> {
    const fn new(state: &'a ScriptState, runs_calls: bool) -> Self {
        Self { state, runs_calls, actions: Vec::new(), has_own_action: false, calls: Vec::new() }
    }

    fn done(self) -> StatementContents {
        StatementContents { actions: self.actions, has_own_action: self.has_own_action, calls: self.calls }
    }

    fn sql(&mut self, statement: &str, nesting: usize) {
        if let Some(table) = plain_insert(statement, self.state) {
            self.actions.extend(table.map(|table| Action::AddRows { table }));
        } else {
            let tree = parse(statement);
            self.tree(statement, tree.as_ref(), nesting);
        }
    }

    fn tree(&mut self, statement: &str, tree: Option<&Tree>, nesting: usize) {
        if let Some(tree) = tree {
            // Only the condition of the whole statement can be evaluated separately, and only if the parser understood it.
            let whole = (nesting == 0 && tree.complete).then_some(tree.statement.syntax());
            self.nodes(tree.statement.syntax(), nesting, whole);
        }
        if !tree.is_some_and(|tree| tree.complete) && may_destroy(statement) {
            self.unreadable(statement);
        }
    }

    fn node(&mut self, root: &SyntaxNode, nesting: usize) {
        self.nodes(root, nesting, None);
    }

    /// Visits the nodes without recursion, because a long chain of operators makes a tree that is thousands of nodes deep.
    fn nodes(&mut self, root: &SyntaxNode, nesting: usize, whole: Option<&SyntaxNode>) {
        let mut waiting = vec![root.clone()];
        while let Some(node) = waiting.pop() {
            if let Some(block) = Do::cast(node.clone()) {
                self.block(&block, nesting);
            } else if let Some(query) = executed_text(&node) {
                self.execute(&query, nesting);
                waiting.extend(node.children().filter(|child| child.kind() == SyntaxKind::PLPGSQL_BODY));
            } else if node.kind() == SyntaxKind::ERROR {
                self.text(without_into(&node.text().to_string()), nesting);
            } else if !only_defines(&node) {
                let first_child = waiting.len();
                waiting.extend(node.children());
                waiting[first_child..].reverse();
                if self.runs_calls {
                    self.call(&node);
                }
                let is_whole = whole.is_some_and(|whole| *whole == node || Some(whole) == node.parent().as_ref());
                let is_first = self.actions.is_empty();
                actions::read(&node, is_whole, self.state, &mut self.actions);
                self.has_own_action |= is_first && nesting == 0 && node == *root && !self.actions.is_empty();
            }
        }
    }

    fn block(&mut self, block: &Do, nesting: usize) {
        if let Some(body) = block.plpgsql() {
            self.body(&body, nesting);
            return;
        }
        let language = block.do_language().map(|language| text(language.syntax()));
        let text = format!("DO {}", language.unwrap_or_default()).trim_end().to_owned();
        self.actions.push(Action::Unreadable { text });
    }

    fn body(&mut self, body: &Plpgsql, nesting: usize) {
        if nesting >= MAX_NESTING {
            self.unreadable(body.text());
            return;
        }
        let has_errors =
            !body.errors().is_empty() && !body.syntax().descendants().any(|node| node.kind() == SyntaxKind::ERROR);
        self.node(&body.syntax(), nesting + 1);
        if has_errors && may_destroy(&format!("do {}", body.text())) {
            self.unreadable(body.text());
        }
    }

    /// Adds the actions of a called function or procedure, if the script created it.
    fn call(&mut self, node: &SyntaxNode) {
        let called = if let Some(call) = Call::cast(node.clone()) {
            name(call.procedure_name_ref())
        } else if let Some(call) = CallExpr::cast(node.clone()) {
            call.expr().and_then(|function| dotted_name(function.syntax()))
        } else {
            None
        };
        if let Some(called) = called.filter(|called| !self.calls.contains(called)) {
            self.actions.extend(self.state.actions_of_call(&called));
            self.calls.push(called);
        }
    }

    fn execute(&mut self, query: &PlpgsqlExpr, nesting: usize) {
        match dynamic::text(query.syntax()) {
            Some(Dynamic::Constant(text)) if nesting < MAX_NESTING => self.text(&text, nesting + 1),
            Some(Dynamic::Template(text)) if nesting < MAX_NESTING && self.is_harmless(&text, nesting + 1) => {}
            _ => self.unreadable(&format!("EXECUTE {}", query.syntax().text())),
        }
    }

    /// Whether a template destroys no data. Its actions are not added, because they contain placeholders instead of names.
    fn is_harmless(&self, text: &str, nesting: usize) -> bool {
        let mut template = Self::new(self.state, self.runs_calls);
        template.text(text, nesting);
        !template.actions.iter().any(Action::may_lose_data)
    }

    fn text(&mut self, text: &str, nesting: usize) {
        match split(text) {
            Ok(statements) => statements.iter().for_each(|statement| self.sql(&statement.text, nesting.max(1))),
            Err(_) => self.unreadable(text),
        }
    }

    fn unreadable(&mut self, text: &str) {
        self.actions.push(Action::Unreadable { text: abridge(text) });
    }
}

/// The name of a function in a call: `f` or `schema.f`.
fn dotted_name(function: &SyntaxNode) -> Option<Name> {
    match function.kind() {
        SyntaxKind::NAME_REF => Name::read(function),
        SyntaxKind::FIELD_EXPR => {
            let mut names = function.children().map(|name| normalize_name_node(&name));
            Some(Name { schema: Some(names.next()?), name: names.next()? })
        }
        _ => None,
    }
}

/// Whether a statement calls the functions in its text. Definitions of views, policies, defaults and triggers do not.
fn runs_calls(tree: &Tree) -> bool {
    !matches!(
        tree.statement,
        Stmt::CreateView(_)
            | Stmt::CreateTable(_)
            | Stmt::CreatePolicy(_)
            | Stmt::AlterPolicy(_)
            | Stmt::CreateDomain(_)
            | Stmt::CreateTrigger(_)
    )
}

/// Whether a statement contains other statements that it does not run.
fn only_defines(node: &SyntaxNode) -> bool {
    CreateFunction::can_cast(node.kind())
        || CreateProcedure::can_cast(node.kind())
        || CreateRule::can_cast(node.kind())
        || Explain::cast(node.clone()).is_some_and(|explain| !analyzes(&explain))
}

/// The expression whose text a PL/pgSQL statement runs.
fn executed_text(node: &SyntaxNode) -> Option<PlpgsqlExpr> {
    let runs_text = PlpgsqlDynExecuteStmt::can_cast(node.kind())
        || PlpgsqlReturnQueryExecuteStmt::can_cast(node.kind())
        || PlpgsqlOpenExecute::can_cast(node.kind())
        || PlpgsqlForDynStmt::can_cast(node.kind());
    runs_text.then(|| node.children().find_map(PlpgsqlExpr::cast)).flatten()
}

/// A statement without the `INTO …` that PL/pgSQL allows after RETURNING, which is not SQL.
fn without_into(statement: &str) -> &str {
    let returning = words_with_offsets(statement).position(|(_, word)| word == "returning");
    let into = returning.and_then(|place| words_with_offsets(statement).skip(place).find(|(_, word)| word == "into"));
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

/// The table of an INSERT that overwrites nothing. Only the first characters of such a statement are parsed, because
/// scripts contain thousands of them. `None`: the statement must be read completely.
pub fn plain_insert(statement: &str, state: &ScriptState) -> Option<Option<Name>> {
    /// The number of characters that are parsed.
    const BEGINNING: usize = 400;
    if state.must_read_inserts() || !only_inserts(statement) {
        return None;
    }
    let end = statement.char_indices().nth(BEGINNING).map_or(statement.len(), |(end, _)| end);
    let tree = parse(statement.get(..end)?);
    Some(tree.and_then(|tree| match tree.statement {
        Stmt::Insert(insert) => name(insert.relation_name_ref()),
        _ => None,
    }))
}

/// Whether a statement is an INSERT that does not also update or delete rows.
fn only_inserts(statement: &str) -> bool {
    let mut words = words_with_offsets(statement).map(|(_, word)| word);
    words.next().is_some_and(|word| word == "insert")
        && words.all(|word| !["update", "delete", "merge"].contains(&word.as_str()))
}

/// Whether a statement that the parser does not understand completely may destroy data.
fn may_destroy(statement: &str) -> bool {
    let any = |list: &[&str]| words_with_offsets(statement).any(|(_, word)| list.contains(&word.as_str()));
    match leading_words(statement).first().map(String::as_str) {
        Some("drop" | "truncate" | "delete" | "update" | "merge" | "do" | "execute") => true,
        Some("alter") => any(&["drop"]),
        Some("with" | "insert" | "copy" | "explain" | "prepare" | "select") => any(&["delete", "update", "merge"]),
        Some("create") | None => false,
        Some(_) => any(&["drop", "truncate", "delete", "update", "merge", "execute"]),
    }
}

/// The first characters of a text, on one line.
fn abridge(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
