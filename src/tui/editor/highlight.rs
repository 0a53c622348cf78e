//! Highlighting: a grammar for each language, read line by line, whose scopes become token kinds.

use std::ops::Range;
use std::sync::LazyLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxDefinition, SyntaxSet, SyntaxSetBuilder};

use super::LineCache;
use crate::core::script::Language;

/// The kind of a piece of a script, for highlighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    Keyword,
    Type,
    Function,
    String,
    Number,
    Comment,
    /// `-- @upgrade`, `-- @downgrade` and the keys of the header. In Python: `upgrade`, `downgrade` and the identifiers.
    Marker,
    Operator,
    Quoted,
}

/// The tokens of a text. Each line has byte ranges into that line with their kinds, in order, without overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Highlighted {
    pub lines: Vec<Vec<(Range<usize>, TokenKind)>>,
}

/// The tokens of a line: byte ranges with their kinds, in order, without overlap.
pub(super) type Tokens = Vec<(Range<usize>, TokenKind)>;

/// The tokens of every line of `text`, as `str::lines` splits it.
#[must_use]
pub fn highlight(language: Language, text: &str) -> Highlighted {
    let mut cache = LineCache::new(language);
    cache.update(text.lines());
    cache.highlighted()
}

static SQL: LazyLock<SyntaxSet> =
    LazyLock::new(|| load_grammar(include_str!("../../../assets/grammar/postgresql.sublime-syntax")));
static PYTHON: LazyLock<SyntaxSet> =
    LazyLock::new(|| load_grammar(include_str!("../../../assets/grammar/python.sublime-syntax")));

/// The grammar of a language, loaded at the first use. Its expressions are compiled when they are needed.
fn grammar(language: Language) -> &'static SyntaxSet {
    match language {
        Language::Sql => &SQL,
        Language::Python => &PYTHON,
    }
}

fn load_grammar(source: &str) -> SyntaxSet {
    let mut builder = SyntaxSetBuilder::new();
    if let Ok(definition) = SyntaxDefinition::load_from_str(source, true, None) {
        builder.add(definition);
    }
    builder.build()
}

static KINDS: LazyLock<Vec<(Scope, TokenKind)>> = LazyLock::new(|| {
    [
        ("markup.marker", TokenKind::Marker),
        ("comment", TokenKind::Comment),
        ("string", TokenKind::String),
        ("variable.other.quoted", TokenKind::Quoted),
        ("constant.numeric", TokenKind::Number),
        ("keyword.operator", TokenKind::Operator),
        ("keyword", TokenKind::Keyword),
        ("storage.type", TokenKind::Type),
        ("support.function", TokenKind::Function),
    ]
    .into_iter()
    .filter_map(|(scope, kind)| Some((Scope::new(scope).ok()?, kind)))
    .collect()
});

/// The parser state between two lines.
#[derive(Debug, Clone)]
pub(super) struct LineState {
    grammar: &'static SyntaxSet,
    parse: ParseState,
    scopes: ScopeStack,
    /// The tags of the open dollar quotes, with `$`.
    tags: Vec<String>,
}

/// `ParseState` compares captures by address, so two states inside a dollar quote are never equal. Scopes and tags
/// compare by value.
impl PartialEq for LineState {
    fn eq(&self, other: &Self) -> bool {
        self.scopes == other.scopes && self.tags == other.tags
    }
}

impl LineState {
    /// The state before the first line; `None` if the grammar could not be loaded.
    pub(super) fn initial(language: Language) -> Option<Self> {
        let grammar = grammar(language);
        let syntax = grammar.syntaxes().iter().find(|syntax| !syntax.hidden)?;
        let mut state = Self { grammar, parse: ParseState::new(syntax), scopes: ScopeStack::new(), tags: Vec::new() };
        // The first line opens the outermost scope. After an empty line all lines are treated alike.
        state.read("");
        Some(state)
    }

    /// Reads a line without its newline and advances the state.
    pub(super) fn read(&mut self, line: &str) -> Tokens {
        let mut with_newline = String::with_capacity(line.len() + 1);
        with_newline.push_str(line);
        with_newline.push('\n');
        let Ok(operations) = self.parse.parse_line(&with_newline, self.grammar) else {
            return Vec::new();
        };
        let mut tokens = Tokens::new();
        let mut start = 0;
        for (at, operation) in operations {
            let range = start..at.min(line.len());
            self.follow_quotes(line.get(range.clone()).unwrap_or_default());
            push(&mut tokens, range, &self.scopes);
            start = at;
            // It fails only on a pop from an empty stack, which changes nothing.
            let _ = self.scopes.apply(&operation);
        }
        push(&mut tokens, start..line.len(), &self.scopes);
        tokens
    }

    /// Updates `tags` if `text` is the tag of a dollar quote.
    fn follow_quotes(&mut self, text: &str) {
        let Some(scope) = self.scopes.as_slice().last().filter(|_| !text.is_empty()) else {
            return;
        };
        if QUOTE_BEGINS.is_some_and(|begins| begins.is_prefix_of(*scope)) {
            self.tags.push(text.to_owned());
        } else if QUOTE_ENDS.is_some_and(|ends| ends.is_prefix_of(*scope)) {
            // The end of an outer quote also ends the quotes that its body left open.
            while self.tags.pop().is_some_and(|tag| tag != text) {}
        }
    }
}

static QUOTE_BEGINS: LazyLock<Option<Scope>> = LazyLock::new(|| Scope::new("string.quoted.dollar.begin").ok());
static QUOTE_ENDS: LazyLock<Option<Scope>> = LazyLock::new(|| Scope::new("string.quoted.dollar.end").ok());

fn push(tokens: &mut Tokens, range: Range<usize>, scopes: &ScopeStack) {
    let Some(kind) = kind(scopes) else {
        return;
    };
    if range.is_empty() {
        return;
    }
    match tokens.last_mut() {
        Some((last, last_kind)) if *last_kind == kind && last.end == range.start => last.end = range.end,
        _ => tokens.push((range, kind)),
    }
}

/// The kind of the innermost scope that has one.
fn kind(scopes: &ScopeStack) -> Option<TokenKind> {
    scopes
        .as_slice()
        .iter()
        .rev()
        .find_map(|scope| KINDS.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, kind)| *kind))
}

#[cfg(test)]
#[path = "highlight_tests.rs"]
mod tests;
