//! The parts of a statement that run when it runs: not the body of a function that it only defines, but the
//! body of a DO block, of a function that the script made above and that is called, the query of an EXPLAIN ANALYZE
//! and the text of a constant EXECUTE.

use squawk_syntax::ast::{
    AstNode, Call, CallExpr, CreateFunction, CreateProcedure, CreateRule, Do, Explain, PlpgsqlDynExecuteStmt,
    PlpgsqlExpr, PlpgsqlForDynStmt, PlpgsqlOpenExecute, PlpgsqlReturnQueryExecuteStmt, Stmt, normalize_name_node,
};
use squawk_syntax::plpgsql::Plpgsql;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Class;
use super::context::Context;
use super::dynamic::{self, Dynamic};
use super::name::Name;
use super::rules::RULES;
use crate::core::sql::tree::Tree;
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
            Self::Node(node) if N::can_cast(node.kind()) => N::cast(node.clone()),
            _ => None,
        }
    }
}

/// The parts of a statement, in the order of its text.
pub fn parts(statement: &str, tree: Option<&Tree>, context: &Context) -> Vec<Part> {
    let mut walk = Walk { context, calls: tree.is_none_or(runs_calls), called: Vec::new(), parts: Vec::new() };
    walk.tree(statement, tree, 0);
    walk.parts
}

/// One statement on the way down.
struct Walk<'a> {
    context: &'a Context,
    /// Whether the functions that it names are called when it runs.
    calls: bool,
    /// The functions that were gone into; each is read once.
    called: Vec<Name>,
    parts: Vec<Part>,
}

impl Walk<'_> {
    fn sql(&mut self, statement: &str, nesting: usize) {
        if !only_inserts(statement) || self.context.reads_inserts() {
            let tree = tree::parse(statement);
            self.tree(statement, tree.as_ref(), nesting);
        }
    }

    fn tree(&mut self, statement: &str, tree: Option<&Tree>, nesting: usize) {
        if let Some(tree) = tree {
            self.node(tree.statement.syntax(), nesting);
        }
        if !tree.is_some_and(|tree| tree.complete) && may_destroy(statement) {
            self.unreadable(statement);
        }
    }

    /// Walks down without recursion: chains of operators make trees thousands of nodes deep.
    fn node(&mut self, root: &SyntaxNode, nesting: usize) {
        let mut waiting = vec![root.clone()];
        while let Some(node) = waiting.pop() {
            if let Some(block) = Do::cast(node.clone()) {
                self.block(&block, nesting);
            } else if let Some(query) = executed_text(&node) {
                self.execute(&query, nesting);
                waiting.extend(node.children().filter(|child| child.kind() == SyntaxKind::PLPGSQL_BODY));
            } else if node.kind() == SyntaxKind::ERROR {
                self.text(without_targets(&node.text().to_string()), nesting);
            } else if !only_defines(&node) {
                let first_child = waiting.len();
                waiting.extend(node.children());
                waiting[first_child..].reverse();
                if self.calls && self.context.has_routines() {
                    self.call(&node, nesting);
                }
                self.parts.push(Part::Node(node));
            }
        }
    }

    fn block(&mut self, block: &Do, nesting: usize) {
        if let Some(body) = block.plpgsql() {
            self.body(&body, nesting);
            return;
        }
        let language = block.do_language().map(|language| language.syntax().text().to_string());
        let what = format!("DO {}", language.unwrap_or_default()).trim_end().to_owned();
        self.parts.push(Part::Unreadable(what));
    }

    fn body(&mut self, body: &Plpgsql, nesting: usize) {
        if nesting >= MAX_NESTING {
            self.unreadable(body.text());
            return;
        }
        let errors =
            !body.errors().is_empty() && !body.syntax().descendants().any(|node| node.kind() == SyntaxKind::ERROR);
        self.node(&body.syntax(), nesting + 1);
        if errors && may_destroy(&format!("do {}", body.text())) {
            self.unreadable(body.text());
        }
    }

    /// Goes into a function or procedure that was made above.
    fn call(&mut self, node: &SyntaxNode, nesting: usize) {
        let name = if let Some(call) = Call::cast(node.clone()) {
            call.procedure_name_ref().and_then(|name| Name::of(name.syntax()))
        } else if let Some(call) = CallExpr::cast(node.clone()) {
            call.expr().and_then(|function| dotted(function.syntax()))
        } else {
            None
        };
        let Some(name) = name.filter(|name| !self.called.contains(name)) else { return };
        let routines = self.context.routine(&name).to_vec();
        if !routines.is_empty() {
            self.called.push(name.clone());
        }
        for routine in routines {
            match routine_body(&routine) {
                Some(RoutineText::Plpgsql(body)) => self.body(&body, nesting),
                Some(RoutineText::Sql(text)) if nesting < MAX_NESTING => self.text(&text, nesting + 1),
                Some(RoutineText::Atomic(body)) if nesting < MAX_NESTING => self.node(&body, nesting + 1),
                _ => self.parts.push(Part::Unreadable(format!("{name}()"))),
            }
        }
    }

    fn execute(&mut self, query: &PlpgsqlExpr, nesting: usize) {
        match dynamic::text(query.syntax()) {
            Some(Dynamic::Constant(text)) if nesting < MAX_NESTING => self.text(&text, nesting + 1),
            Some(Dynamic::Template(text)) if nesting < MAX_NESTING && self.destroys_nothing(&text, nesting + 1) => {}
            _ => self.unreadable(&format!("EXECUTE {}", query.syntax().text())),
        }
    }

    /// Whether no rule finds lost data in a text. (What one finds has the names of placeholders, so it is of no use.)
    fn destroys_nothing(&self, text: &str, nesting: usize) -> bool {
        let mut inner = Walk { context: self.context, calls: self.calls, called: Vec::new(), parts: Vec::new() };
        inner.text(text, nesting);
        let mut losses = RULES.iter().filter(|rule| rule.class == Class::DataLoss);
        losses.all(|rule| inner.parts.iter().all(|part| rule.hazards(part, self.context).next().is_none()))
    }

    fn text(&mut self, text: &str, nesting: usize) {
        match split(text) {
            Ok(statements) => statements.iter().for_each(|statement| self.sql(&statement.text, nesting)),
            Err(_) => self.unreadable(text),
        }
    }

    fn unreadable(&mut self, text: &str) {
        self.parts.push(Part::Unreadable(abridged(text)));
    }
}

/// What a function or procedure runs when it is called.
enum RoutineText {
    Plpgsql(Plpgsql),
    Sql(String),
    Atomic(SyntaxNode),
}

fn routine_body(routine: &SyntaxNode) -> Option<RoutineText> {
    let (body, plpgsql, sql) = if let Some(function) = CreateFunction::cast(routine.clone()) {
        (function.body(), function.plpgsql(), function.sql_body())
    } else {
        let procedure = CreateProcedure::cast(routine.clone())?;
        (procedure.body(), procedure.plpgsql(), procedure.sql_body())
    };
    let written = body.map(|body| RoutineText::Atomic(body.syntax().clone()));
    written.or(plpgsql.map(RoutineText::Plpgsql)).or(sql.map(|sql| RoutineText::Sql(sql.text().to_owned())))
}

/// The name of a function in a call: `f` or `schema.f`.
fn dotted(function: &SyntaxNode) -> Option<Name> {
    match function.kind() {
        SyntaxKind::NAME_REF => Name::of(function),
        SyntaxKind::FIELD_EXPR => {
            let mut names = function.children().map(|name| normalize_name_node(&name));
            Some(Name { schema: Some(names.next()?), name: names.next()? })
        }
        _ => None,
    }
}

/// Views, policies and defaults only name the functions that they will call.
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

/// Whether a statement holds others that it does not run.
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
pub fn only_inserts(statement: &str) -> bool {
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
