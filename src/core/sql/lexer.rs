//! PostgreSQL's lexical rules: where quotes, comments, words and semicolons begin and end.
//!
//! It distinguishes only the tokens that matter for the end of a statement. Each character of an operator is a token.

use super::SplitError;
use crate::core::text::line_at;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Blank,
    LineComment,
    BlockComment,
    /// `'…'`, `E'…'`, `U&'…'`, `B'…'`, … including strings on the next lines that continue it.
    String,
    /// `$tag$…$tag$`.
    DollarString,
    /// `"…"` and `U&"…"`.
    QuotedName,
    /// A keyword or an unquoted name.
    Word,
    Number,
    Semicolon,
    OpenParenthesis,
    CloseParenthesis,
    /// A command of psql: from the backslash to the end of the line.
    BackslashCommand,
    /// Any other single character.
    Other,
}

/// A token, as a range of byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

impl TokenKind {
    /// Whether it is neither whitespace nor a comment.
    pub const fn is_significant(self) -> bool {
        !matches!(self, Self::Blank | Self::LineComment | Self::BlockComment)
    }
}

impl Token {
    /// The text of the token; `source` is the text that was lexed.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether it is this keyword, in upper or lower case.
    pub fn is_word(&self, source: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(source).eq_ignore_ascii_case(word)
    }
}

/// Reads the tokens of a text in order.
pub struct Lexer<'a> {
    source: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub const fn new(source: &'a str) -> Self {
        Self { source, position: 0 }
    }

    /// Reads the next token; `None` at the end of the text.
    ///
    /// # Errors
    /// If a quote, dollar quote or block comment is not closed. The position is where it opens.
    pub fn next_token(&mut self) -> Result<Option<Token>, SplitError> {
        let start = self.position;
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        let kind = match first {
            c if is_blank(c) => self.take_while(is_blank, TokenKind::Blank),
            '-' if self.rest().starts_with("--") => self.take_while(|c| c != '\n' && c != '\r', TokenKind::LineComment),
            '/' if self.rest().starts_with("/*") => self.block_comment()?,
            '\'' => self.string(false)?,
            '"' => self.quoted_name()?,
            '$' => self.dollar()?,
            '\\' => self.take_while(|c| c != '\n' && c != '\r', TokenKind::BackslashCommand),
            ';' => self.take(1, TokenKind::Semicolon),
            '(' => self.take(1, TokenKind::OpenParenthesis),
            ')' => self.take(1, TokenKind::CloseParenthesis),
            c if c.is_ascii_digit() => self.take_while(|c| is_word_character(c) || c == '.', TokenKind::Number),
            c if is_word_start(c) => self.word()?,
            c => self.take(c.len_utf8(), TokenKind::Other),
        };
        Ok(Some(Token { kind, start, end: self.position }))
    }

    /// Reads the data of `COPY … FROM stdin` after its semicolon: from the next line to the line `\.`.
    ///
    /// # Errors
    /// If the line of the semicolon contains more SQL, or if the closing line is missing.
    pub fn copy_data(&mut self) -> Result<&'a str, SplitError> {
        let here = self.position;
        let (same_line, below) = self.rest().split_once('\n').unwrap_or((self.rest(), ""));
        let same_line = same_line.trim();
        if !same_line.is_empty() && !same_line.starts_with("--") {
            return Err(error_at(
                self.source,
                here,
                "the data of COPY … FROM stdin must start on the line after its semicolon",
            )
            .with_hint("move the text after the semicolon to a line after the closing \\."));
        }
        let data_start = self.source.len() - below.len();
        let mut line_start = data_start;
        for line in below.split_inclusive('\n') {
            if line.trim_end_matches(['\n', '\r']) == "\\." {
                self.position = line_start + line.len();
                return Ok(self.source.get(data_start..line_start).unwrap_or_default());
            }
            line_start += line.len();
        }
        Err(error_at(self.source, here, "the data of COPY … FROM stdin has no closing line")
            .with_hint("add a line that contains only \\. after the data"))
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.position..).unwrap_or_default()
    }

    fn take(&mut self, bytes: usize, kind: TokenKind) -> TokenKind {
        self.position += bytes;
        kind
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool, kind: TokenKind) -> TokenKind {
        let rest = self.rest();
        self.position += rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        kind
    }

    fn block_comment(&mut self) -> Result<TokenKind, SplitError> {
        let (start, bytes) = (self.position, self.source.as_bytes());
        let mut depth = 0_usize;
        while let Some(pair) = bytes.get(self.position..self.position + 2) {
            match pair {
                b"/*" => depth += 1,
                b"*/" => depth -= 1,
                _ => {
                    self.position += 1;
                    continue;
                }
            }
            self.position += 2;
            if depth == 0 {
                return Ok(TokenKind::BlockComment);
            }
        }
        Err(error_at(self.source, start, "this block comment is not closed")
            .with_hint("close it with */; block comments nest"))
    }

    /// Reads a string from its opening quote, including strings on the next lines that continue it. `escapes`: whether
    /// backslash escapes are allowed.
    fn string(&mut self, escapes: bool) -> Result<TokenKind, SplitError> {
        loop {
            self.quoted(b'\'', escapes, "this string is not closed")?;
            let Some(next_quote) = continuation(self.rest()) else { return Ok(TokenKind::String) };
            self.position += next_quote;
        }
    }

    fn quoted_name(&mut self) -> Result<TokenKind, SplitError> {
        self.quoted(b'"', false, "this quoted name is not closed")?;
        Ok(TokenKind::QuotedName)
    }

    fn quoted(&mut self, quote: u8, escapes: bool, message: &str) -> Result<(), SplitError> {
        let (start, bytes) = (self.position, self.source.as_bytes());
        let mut at = start + 1;
        while let Some(&byte) = bytes.get(at) {
            if byte == b'\\' && escapes {
                at += 2;
            } else if byte != quote {
                at += 1;
            } else if bytes.get(at + 1) == Some(&quote) {
                at += 2;
            } else {
                self.position = at + 1;
                return Ok(());
            }
        }
        Err(error_at(self.source, start, message)
            .with_hint(format!("close it with {0}; inside it, write {0} as {0}{0}", char::from(quote))))
    }

    /// Reads a dollar-quoted string, or a single `$` as in `$1`.
    fn dollar(&mut self) -> Result<TokenKind, SplitError> {
        let (start, rest) = (self.position, self.rest());
        let inner = rest.get(1..).unwrap_or_default();
        let tag = inner.find(|c| c == '$' || !is_word_character(c)).map_or(inner, |end| &inner[..end]);
        let opens = inner.get(tag.len()..).is_some_and(|after| after.starts_with('$'));
        if !opens || tag.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(self.take(1, TokenKind::Other));
        }
        let delimiter = rest.get(..tag.len() + 2).unwrap_or_default();
        match rest.get(delimiter.len()..).and_then(|body| body.find(delimiter)) {
            Some(length) => Ok(self.take(length + 2 * delimiter.len(), TokenKind::DollarString)),
            None => Err(error_at(self.source, start, format!("this dollar quote {delimiter} is not closed"))
                .with_hint(format!("close it with {delimiter}"))),
        }
    }

    /// Reads a word, or a string or quoted name with a prefix: `E'…'`, `U&'…'`, `U&"…"`.
    fn word(&mut self) -> Result<TokenKind, SplitError> {
        let rest = self.rest();
        self.take_while(is_word_character, TokenKind::Word);
        let word = rest.get(..rest.len() - self.rest().len()).unwrap_or_default();
        if word.eq_ignore_ascii_case("e") && self.rest().starts_with('\'') {
            return self.string(true);
        }
        if ["b", "x", "n"].iter().any(|prefix| word.eq_ignore_ascii_case(prefix)) && self.rest().starts_with('\'') {
            return self.string(false);
        }
        if word.eq_ignore_ascii_case("u") && self.rest().starts_with("&'") {
            self.position += 1;
            return self.string(false);
        }
        if word.eq_ignore_ascii_case("u") && self.rest().starts_with("&\"") {
            self.position += 1;
            return self.quoted_name();
        }
        Ok(TokenKind::Word)
    }
}

/// An error at a byte offset of a text.
pub fn error_at(source: &str, offset: usize, message: impl Into<String>) -> SplitError {
    let (line, column) = line_and_column(source, offset);
    SplitError { line, column, message: message.into(), hint: None }
}

/// The 1-based line and column (in characters) of a byte offset.
pub fn line_and_column(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line_at(before, before.len()), before.get(line_start..).unwrap_or_default().chars().count() + 1)
}

impl SplitError {
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Whether PostgreSQL's lexer treats a character as whitespace. A byte order mark of an editor counts as whitespace.
const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c' | '\u{feff}')
}

const fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

const fn is_word_character(c: char) -> bool {
    is_word_start(c) || c.is_ascii_digit() || c == '$'
}

/// The offset of the quote that continues a string on a later line; `rest` is the text after the closing quote. (`'a'⏎'b'`
/// is one string, and escapes also work in the continuation of `E'…'`.) From the second line on, comments may precede it.
fn continuation(rest: &str) -> Option<usize> {
    let mut at = 0;
    let mut newline = false;
    loop {
        let remaining = rest.get(at..)?;
        match remaining.chars().next()? {
            '\'' => return newline.then_some(at),
            '-' if newline && remaining.starts_with("--") => {
                at += remaining.find(['\n', '\r']).unwrap_or(remaining.len());
            }
            c if is_blank(c) => {
                newline |= c == '\n' || c == '\r';
                at += c.len_utf8();
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(sql: &str) -> Vec<(TokenKind, &str)> {
        let mut lexer = Lexer::new(sql);
        std::iter::from_fn(|| lexer.next_token().unwrap())
            .filter(|token| token.kind != TokenKind::Blank)
            .map(|token| (token.kind, token.text(sql)))
            .collect()
    }

    #[test]
    fn every_kind_of_quote_is_one_token() {
        use TokenKind::{BlockComment, DollarString, LineComment, QuotedName, String};
        for (sql, kind) in [
            ("'it''s; fine'", String),
            (r"'back\'", String),
            (r"E'back\';'", String),
            (r"e'\\'", String),
            ("E'a'\n  'b\\';c'", String),
            ("E'a' \n -- why\n 'b\\';c'", String),
            (r"U&'d\0061t;'", String),
            ("b'01'", String),
            ("X'1F'", String),
            ("U&\"a;\"\"b\"", QuotedName),
            ("\"a;b\"\"c\"", QuotedName),
            ("$$a;$1'$$", DollarString),
            ("$fn$ $$;$$ $other$ $fn$", DollarString),
            ("$ü_1$;$ü_1$", DollarString),
            ("/* a /* b; */ ' c */", BlockComment),
            ("-- it's; /* fine", LineComment),
        ] {
            assert_eq!(kinds(sql), [(kind, sql)], "{sql}");
        }
    }

    #[test]
    fn other_tokens_are_not_mistaken_for_quotes() {
        use TokenKind::{LineComment, Number, Other, String, Word};
        assert_eq!(kinds("a$b$c"), [(Word, "a$b$c")]);
        assert_eq!(kinds("$1"), [(Other, "$"), (Number, "1")]);
        assert_eq!(kinds("'a' 'b'").len(), 2);
        assert_eq!(kinds("+-- c"), [(Other, "+"), (LineComment, "-- c")]);
        assert_eq!(kinds(":'v'"), [(Other, ":"), (String, "'v'")]);
        assert_eq!(kinds("-- one\rtwo"), [(LineComment, "-- one"), (Word, "two")]);
    }

    #[test]
    fn an_unclosed_token_is_reported_at_its_start() {
        for (sql, line, column, word) in [
            ("a\n 'b", 2, 2, "string"),
            ("ü \"b", 1, 3, "quoted name"),
            ("\n\n$x$ $y$", 3, 1, "$x$"),
            ("/* /* */", 1, 1, "block comment"),
            (r"E'\'", 1, 2, "string"),
        ] {
            let mut lexer = Lexer::new(sql);
            let error = loop {
                match lexer.next_token() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{sql} was read"),
                    Err(error) => break error,
                }
            };
            assert_eq!((error.line, error.column), (line, column), "{sql}");
            assert!(error.message.contains(word) && error.hint.is_some(), "{error:?}");
        }
    }
}
