//! The text of a template → its parts.

use super::MakoError;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// `${expression | filters}`.
    Expression {
        line: usize,
        code: String,
        filters: Vec<String>,
    },
    /// `<% %>` and `<%! %>`.
    Block {
        line: usize,
        code: String,
    },
    /// `% if`: conditions with their parts. The condition of `else` is `None`.
    If {
        branches: Vec<Branch>,
    },
    /// `% for names in items:`.
    For {
        line: usize,
        name: String,
        items: String,
        body: Vec<Part>,
    },
}

/// A branch of an `if`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branch {
    pub line: usize,
    pub condition: Option<String>,
    pub body: Vec<Part>,
}

/// A control structure that is not closed yet.
enum Open {
    If { line: usize, branches: Vec<Branch> },
    For { line: usize, name: String, items: String, body: Vec<Part> },
}

pub(super) fn error(line: usize, message: impl Into<String>) -> MakoError {
    MakoError {
        line,
        message: message.into(),
        hint: Some(
            "limbeck reads the constructs of Alembic's own templates; `alembic revision` uses all of Mako".into(),
        ),
    }
}

/// Parses a template.
///
/// # Errors
/// If it contains an unknown construct, or one without end.
pub(super) fn parse(template: &str) -> Result<Vec<Part>, MakoError> {
    let mut parser = Parser { rest: template, line: 1, parts: Vec::new(), open: Vec::new() };
    let mut at_line_start = true;
    while !parser.rest.is_empty() {
        at_line_start = parser.step(at_line_start)?;
    }
    match parser.open.last() {
        None => Ok(parser.parts),
        Some(Open::If { line, .. }) => Err(error(*line, "`% if` has no `% endif`")),
        Some(Open::For { line, .. }) => Err(error(*line, "`% for` has no `% endfor`")),
    }
}

struct Parser<'a> {
    rest: &'a str,
    /// The 1-based line of `rest`.
    line: usize,
    parts: Vec<Part>,
    open: Vec<Open>,
}

impl<'a> Parser<'a> {
    /// Reads one part. Returns whether the rest begins a line.
    fn step(&mut self, at_line_start: bool) -> Result<bool, MakoError> {
        if at_line_start && self.control_line()? {
            return Ok(true);
        }
        if let Some(rest) = self.rest.strip_prefix("${") {
            self.expression(rest)?;
        } else if self.rest.starts_with("<%doc>") {
            self.take_until("</%doc>")?;
        } else if let Some(rest) = self.rest.strip_prefix("<%") {
            self.block(rest)?;
        } else if let Some(rest) = self.rest.strip_prefix("\\\n").or_else(|| self.rest.strip_prefix("\\\r\n")) {
            self.advance(rest);
            return Ok(true);
        } else {
            return Ok(self.text());
        }
        Ok(false)
    }

    fn push(&mut self, part: Part) {
        let parts = match self.open.last_mut() {
            Some(Open::For { body, .. }) => body,
            Some(Open::If { branches, .. }) => match branches.last_mut() {
                Some(branch) => &mut branch.body,
                None => return,
            },
            None => &mut self.parts,
        };
        match (parts.last_mut(), part) {
            (Some(Part::Text(text)), Part::Text(more)) => text.push_str(&more),
            (_, part) => parts.push(part),
        }
    }

    /// Continues with `rest`, which is the end of the current rest.
    fn advance(&mut self, rest: &'a str) {
        let consumed = self.rest.get(..self.rest.len() - rest.len()).unwrap_or_default();
        self.line += consumed.matches('\n').count();
        self.rest = rest;
    }

    /// Reads text up to the next construct or the end of the line. Returns whether the line ended.
    fn text(&mut self) -> bool {
        let mut end = self.rest.len();
        let mut ends_line = false;
        for (at, character) in self.rest.char_indices() {
            let rest = self.rest.get(at..).unwrap_or_default();
            if character == '\n' {
                (end, ends_line) = (at + 1, true);
                break;
            }
            let begins = ["${", "<%", "\\\n", "\\\r\n"].iter().any(|start| rest.starts_with(start));
            if at > 0 && begins {
                end = at;
                break;
            }
        }
        let (text, rest) = self.rest.split_at(end);
        self.push(Part::Text(text.to_owned()));
        self.advance(rest);
        ends_line
    }

    /// Reads a line that begins with `%` or `##`, if there is one.
    fn control_line(&mut self) -> Result<bool, MakoError> {
        let end = self.rest.find('\n').map_or(self.rest.len(), |newline| newline + 1);
        let (whole, rest) = self.rest.split_at(end);
        let line = whole.trim();
        if line.starts_with("%%") {
            self.push(Part::Text(whole.replacen("%%", "%", 1)));
        } else if let Some(code) = line.strip_prefix('%') {
            self.control(code.trim())?;
        } else if !line.starts_with("##") {
            return Ok(false);
        }
        self.advance(rest);
        Ok(true)
    }

    fn control(&mut self, code: &str) -> Result<(), MakoError> {
        let line = self.line;
        let unknown = || error(line, format!("limbeck does not know the control line `% {code}`"));
        let (word, rest) = code.split_once(|c: char| c.is_whitespace() || c == ':').unwrap_or((code, ""));
        let head = || code.strip_prefix(word)?.trim().strip_suffix(':').map(str::trim);
        match word {
            "if" => {
                let condition = Some(head().ok_or_else(unknown)?.to_owned());
                self.open.push(Open::If { line, branches: vec![Branch { line, condition, body: Vec::new() }] });
            }
            "elif" | "else" => {
                let condition = head().ok_or_else(unknown)?;
                let condition = (word == "elif").then(|| condition.to_owned());
                let Some(Open::If { branches, .. }) = self.open.last_mut() else {
                    return Err(error(line, format!("`% {word}` has no `% if`")));
                };
                branches.push(Branch { line, condition, body: Vec::new() });
            }
            "for" => {
                let (name, items) = head().and_then(|head| head.split_once(" in ")).ok_or_else(unknown)?;
                let (name, items) = (name.trim().to_owned(), items.trim().to_owned());
                self.open.push(Open::For { line, name, items, body: Vec::new() });
            }
            "endif" | "endfor" if rest.is_empty() => {
                let part = match (word, self.open.pop()) {
                    ("endif", Some(Open::If { branches, .. })) => Part::If { branches },
                    ("endfor", Some(Open::For { line, name, items, body })) => Part::For { line, name, items, body },
                    _ => return Err(error(line, format!("`% {word}` closes nothing"))),
                };
                self.push(part);
            }
            _ => return Err(unknown()),
        }
        Ok(())
    }

    /// Reads the rest of `${`.
    fn expression(&mut self, rest: &'a str) -> Result<(), MakoError> {
        let ends = expression_ends(rest).ok_or_else(|| error(self.line, "`${` has no closing '}'"))?;
        let code = rest.get(..ends.code).unwrap_or_default().trim().to_owned();
        let filters = rest.get(ends.code..ends.whole).unwrap_or_default().trim_start_matches('|');
        let filters = filters.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        self.push(Part::Expression { line: self.line, code, filters });
        self.advance(rest.get(ends.whole + 1..).unwrap_or_default());
        Ok(())
    }

    /// Reads the rest of `<%`: a block of Python.
    fn block(&mut self, rest: &'a str) -> Result<(), MakoError> {
        let line = self.line;
        let code = rest.strip_prefix('!').unwrap_or(rest);
        if code.starts_with(|c: char| c.is_alphabetic() || c == '/') {
            let tag: String = code.chars().take_while(|c| c.is_alphanumeric() || "/:_".contains(*c)).collect();
            return Err(error(line, format!("limbeck does not know the tag `<%{tag}`")));
        }
        let end = code.find("%>").ok_or_else(|| error(line, "`<%` has no closing `%>`"))?;
        let text = code.get(..end).unwrap_or_default().to_owned();
        self.push(Part::Block { line, code: text });
        self.advance(code.get(end + 2..).unwrap_or_default());
        Ok(())
    }

    fn take_until(&mut self, end: &str) -> Result<(), MakoError> {
        let at = self.rest.find(end).ok_or_else(|| error(self.line, format!("`{end}` is missing")))?;
        self.advance(self.rest.get(at + end.len()..).unwrap_or_default());
        Ok(())
    }
}

/// The ends of an expression: of its code, and of its filters, which is where the brace is.
struct ExpressionEnds {
    code: usize,
    whole: usize,
}

/// Finds the closing brace. Braces and bars in strings and brackets do not count.
fn expression_ends(text: &str) -> Option<ExpressionEnds> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut code = None;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(ExpressionEnds { code: code.unwrap_or(at), whole: at }),
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, '|') if depth == 0 && code.is_none() => code = Some(at),
            _ => {}
        }
    }
    None
}
