//! A name as the user types it: `[kind] [schema.][table.]name`, with quotes where needed.

use super::named::Named;
use crate::core::schema::Kind;

/// One side of the `=` as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypedName {
    pub kinds: Vec<Kind>,
    /// Whether `value …` was typed, for an enum value.
    pub is_value: bool,
    /// At least one.
    pub parts: Vec<NamePart>,
    pub arguments: Option<String>,
}

/// One of the names between the dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamePart {
    pub text: String,
    pub quoting: Quoting,
}

/// How a name is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Unquoted,
    /// In double quotes: exactly this name.
    Quoted,
    /// In single quotes: an enum value.
    Literal,
}

/// Words before a name that give its kind. Longer ones come first.
const WORDS: [(&str, &[Kind]); 22] = [
    ("materialized view ", &[Kind::MaterializedView]),
    ("composite type ", &[Kind::CompositeType]),
    ("foreign-data wrapper ", &[Kind::ForeignDataWrapper]),
    ("foreign server ", &[Kind::ForeignServer]),
    ("event trigger ", &[Kind::EventTrigger]),
    ("range type ", &[Kind::RangeType]),
    ("publication ", &[Kind::Publication]),
    ("schema ", &[Kind::Schema]),
    ("collation ", &[Kind::Collation]),
    ("enum ", &[Kind::Enum]),
    ("domain ", &[Kind::Domain]),
    ("type ", &[Kind::Enum, Kind::Domain, Kind::CompositeType, Kind::RangeType]),
    ("sequence ", &[Kind::Sequence]),
    ("table ", &[Kind::Table]),
    ("column ", &[Kind::Column]),
    ("constraint ", &[Kind::Constraint]),
    ("index ", &[Kind::Index]),
    ("view ", &[Kind::View]),
    ("function ", &[Kind::Function]),
    ("procedure ", &[Kind::Procedure]),
    ("aggregate ", &[Kind::Aggregate]),
    ("value ", &[]),
];

impl TypedName {
    /// Reads one side up to the `=` or the end. Returns the rest as well.
    pub fn read(text: &str) -> Result<(Self, &str), String> {
        let mut rest = text.trim_start();
        let mut path = Self { kinds: Vec::new(), is_value: false, parts: Vec::new(), arguments: None };
        if let Some((word, kinds)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
            path.kinds = kinds.to_vec();
            path.is_value = kinds.is_empty();
            rest = rest.get(word.len()..).unwrap_or("").trim_start();
        }
        loop {
            let (part, after) = NamePart::read(rest)?;
            path.parts.push(part);
            rest = after.trim_start();
            if let Some(inside) = rest.strip_prefix('(') {
                let (arguments, after) = arguments(inside)?;
                path.arguments = Some(arguments.trim().to_owned());
                rest = after.trim_start();
            }
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None if rest.is_empty() || rest.starts_with('=') => return Ok((path, rest)),
                None => return Err(format!("unexpected \"{rest}\" after a name")),
            }
        }
    }

    /// Whether the typed name means this object. `fold`: names without quotes are compared in lower case, as in SQL.
    pub fn matches(&self, named: &Named, fold: bool) -> bool {
        let is_kind = match (self.is_value, self.kinds.is_empty()) {
            (true, _) => named.label.is_some(),
            (_, true) => true,
            _ => self.kinds.contains(&named.id.kind) && named.label.is_none(),
        };
        let last_is_literal = self.parts.last().is_some_and(|part| part.quoting == Quoting::Literal);
        let of_arguments = self.arguments.as_ref().is_none_or(|arguments| {
            let is_routine = matches!(named.id.kind, Kind::Function | Kind::Procedure | Kind::Aggregate);
            is_routine && same_arguments(arguments, &named.id.arguments)
        });
        is_kind
            && of_arguments
            && (!last_is_literal || named.label.is_some())
            && named.paths().iter().any(|path| self.is_path(path, fold))
    }

    fn is_path(&self, path: &[&str], fold: bool) -> bool {
        path.len() == self.parts.len() && self.parts.iter().zip(path).all(|(part, name)| part.is(name, fold))
    }
}

impl NamePart {
    fn read(text: &str) -> Result<(Self, &str), String> {
        let (quote, quoting) = match text.chars().next() {
            Some('"') => ('"', Quoting::Quoted),
            Some('\'') => ('\'', Quoting::Literal),
            _ => return Self::read_unquoted(text),
        };
        let mut name = String::new();
        let mut rest = text.get(1..).unwrap_or("");
        loop {
            let Some((inside, after)) = rest.split_once(quote) else {
                return Err(format!("the quote {quote} is not closed"));
            };
            name.push_str(inside);
            match after.strip_prefix(quote) {
                Some(after) => {
                    name.push(quote);
                    rest = after;
                }
                None => return Ok((Self { text: name, quoting }, after)),
            }
        }
    }

    fn read_unquoted(text: &str) -> Result<(Self, &str), String> {
        let end = text.find(['.', '=', '(']).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        match name.trim() {
            "" => Err("a name is missing".to_owned()),
            name => Ok((Self { text: name.to_owned(), quoting: Quoting::Unquoted }, rest)),
        }
    }

    /// Whether the part means this name.
    pub fn is(&self, name: &str, fold: bool) -> bool {
        self.text == name || fold && self.folded() == name
    }

    /// The name as SQL reads it.
    pub fn folded(&self) -> String {
        if self.quoting == Quoting::Unquoted { self.text.to_lowercase() } else { self.text.clone() }
    }
}

/// The text before the closing parenthesis, and the text after it.
fn arguments(text: &str) -> Result<(&str, &str), String> {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok((text.get(..at).unwrap_or(""), text.get(at + 1..).unwrap_or("")));
        }
    }
    Err("the parenthesis is not closed".to_owned())
}

/// Whether two argument lists are the same, ignoring spaces.
fn same_arguments(one: &str, other: &str) -> bool {
    let tidy = |text: &str| text.split(',').map(|part| part.trim().to_lowercase()).collect::<Vec<_>>();
    tidy(one) == tidy(other)
}
