//! PostgreSQL's lexical rules: where quotes, comments, words and semicolons begin and end.
//!
//! Only what decides where a statement ends is told apart; operators come out character by character.

use super::SplitError;

/// What a stretch of SQL text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Blank,
    LineComment,
    BlockComment,
    /// `'…'`, `E'…'`, `U&'…'`, `B'…'`, … with everything that continues it on further lines.
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
    /// psql's: from the backslash to the end of the line.
    BackslashCommand,
    /// Any other single character.
    Other,
}

/// One stretch of the text, by byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

impl TokenKind {
    /// Whether the server's parser would see it.
    pub const fn is_significant(self) -> bool {
        !matches!(self, Self::Blank | Self::LineComment | Self::BlockComment)
    }
}

impl Token {
    /// The token as written; `source` is the text that was lexed.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether it is this keyword, written in any case.
    pub fn is_word(&self, source: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(source).eq_ignore_ascii_case(word)
    }
}

/// Reads tokens from a text, one after the other.
pub struct Lexer<'a> {
    source: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub const fn new(source: &'a str) -> Self {
        Self { source, position: 0 }
    }

    /// The next token; `None` at the end of the text.
    ///
    /// # Errors
    /// At a quote, dollar quote or block comment that nothing closes, with the place where it opens.
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

    /// After the semicolon of `COPY … FROM stdin`: the rows, from the next line to the line `\.`.
    ///
    /// # Errors
    /// When something else follows the semicolon on its line, or the closing line is missing.
    pub fn copy_data(&mut self) -> Result<&'a str, SplitError> {
        let here = self.position;
        let (same_line, below) = self.rest().split_once('\n').unwrap_or((self.rest(), ""));
        let same_line = same_line.trim();
        if !same_line.is_empty() && !same_line.starts_with("--") {
            return Err(error_at(
                self.source,
                here,
                "the rows of COPY … FROM stdin start on the line after its semicolon",
            )
            .with_hint("put what follows the semicolon on a line after the closing \\."));
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
        Err(error_at(self.source, here, "the rows of COPY … FROM stdin have no end")
            .with_hint("close them with a line that holds only \\."))
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

    /// A string whose opening quote is at the position, and the strings on further lines that continue it.
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
            .with_hint(format!("close it with {0}; a {0} inside is written {0}{0}", char::from(quote))))
    }

    /// A dollar quote, or a lone `$` as in `$1`.
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

    /// A word, or a string or quoted name with a prefix: `E'…'`, `U&'…'`, `U&"…"`.
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
    let (line, column) = place(source, offset);
    SplitError { line, column, message: message.into(), hint: None }
}

/// The 1-based line and column (in characters) of a byte offset.
pub fn place(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(line_start..).unwrap_or_default().chars().count() + 1)
}

impl SplitError {
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The blanks of PostgreSQL's own lexer, and the BOM that editors leave.
const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c' | '\u{feff}')
}

const fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

const fn is_word_character(c: char) -> bool {
    is_word_start(c) || c.is_ascii_digit() || c == '$'
}

/// Behind a closed string: how far the quote is that continues it on a further line (`'a'⏎'b'` is one
/// string, and a continued `E'…'` keeps its escapes). Comments may stand between, from the second line on.
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
    fn what_looks_like_a_quote_but_is_none() {
        use TokenKind::{LineComment, Number, Other, String, Word};
        assert_eq!(kinds("a$b$c"), [(Word, "a$b$c")]);
        assert_eq!(kinds("$1"), [(Other, "$"), (Number, "1")]);
        assert_eq!(kinds("'a' 'b'").len(), 2);
        assert_eq!(kinds("+-- c"), [(Other, "+"), (LineComment, "-- c")]);
        assert_eq!(kinds(":'v'"), [(Other, ":"), (String, "'v'")]);
        assert_eq!(kinds("-- one\rtwo"), [(LineComment, "-- one"), (Word, "two")]);
    }

    #[test]
    fn what_is_not_closed_is_told_where_it_opens() {
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
