//! Splits a section of SQL into statements with their positions.

use super::boundary::{Boundary, TokenRole};
use super::lexer::{Lexer, Token, TokenKind, error_at, line_and_column};
use super::{SourceStatement, SplitError};

/// Splits a section into its statements. Empty statements are omitted. psql's `:variables` are not replaced.
///
/// # Errors
/// If the section contains a backslash command of psql, if a quote, block comment or dollar quote is not closed, or if COPY
/// data has no closing line.
pub fn split(sql: &str) -> Result<Vec<SourceStatement>, SplitError> {
    let mut lexer = Lexer::new(sql);
    let mut boundary = Boundary::default();
    let mut statements = Vec::new();
    let mut counter = LineCounter::new(sql);
    let mut notes = Notes::default();
    let mut span: Option<(usize, usize, Vec<String>)> = None;
    while let Some(token) = lexer.next_token()? {
        if token.kind == TokenKind::BackslashCommand {
            return Err(backslash_command(sql, token));
        }
        match boundary.advance(sql, token) {
            TokenRole::Inside if token.kind.is_significant() => {
                let start = match &span {
                    Some((start, ..)) => *start,
                    None => token.start,
                };
                let above = span.take().map_or_else(|| notes.take(sql, start), |(.., above)| above);
                span = Some((start, token.end, above));
            }
            TokenRole::Inside if token.kind == TokenKind::LineComment && span.is_none() => notes.add(sql, token),
            TokenRole::Inside => {}
            TokenRole::End => statements.extend(span.take().map(|span| counter.statement(span, None))),
            TokenRole::EndBeforeCopyData => {
                let rows = lexer.copy_data()?.to_owned();
                statements.extend(span.take().map(|span| counter.statement(span, Some(rows))));
            }
        }
    }
    statements.extend(span.map(|span| counter.statement(span, None)));
    Ok(statements)
}

/// The comments `-- limbeck: …` that may be directly above the next statement.
#[derive(Default)]
struct Notes {
    notes: Vec<String>,
    /// The byte offset of the end of the last comment.
    end: usize,
}

impl Notes {
    /// Adds a comment. A block of comment lines may also contain other comments. A blank line ends the block.
    fn add(&mut self, sql: &str, token: Token) {
        let comment = token.text(sql).trim_start_matches("--").trim();
        let line_start = sql.get(..token.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let is_alone = sql.get(line_start..token.start).is_some_and(|before| before.trim().is_empty());
        if !self.is_next_line(sql, token.start) || !is_alone {
            self.notes.clear();
        }
        if is_alone && comment.starts_with("limbeck:") {
            self.notes.push(comment.to_owned());
        }
        self.end = token.end;
    }

    /// Takes the notes; none if the statement does not start on the next line.
    fn take(&mut self, sql: &str, start: usize) -> Vec<String> {
        let notes = std::mem::take(&mut self.notes);
        if self.is_next_line(sql, start) { notes } else { Vec::new() }
    }

    fn is_next_line(&self, sql: &str, start: usize) -> bool {
        sql.get(self.end..start).is_some_and(|between| between.matches('\n').count() == 1)
    }
}

/// Converts ascending byte offsets to lines and columns. It continues at the last offset, so that the text is read only
/// once.
struct LineCounter<'a> {
    sql: &'a str,
    line: usize,
    line_start: usize,
    offset: usize,
}

impl<'a> LineCounter<'a> {
    const fn new(sql: &'a str) -> Self {
        Self { sql, line: 1, line_start: 0, offset: 0 }
    }

    fn statement(&mut self, span: (usize, usize, Vec<String>), copy_data: Option<String>) -> SourceStatement {
        let (start, end, notes) = span;
        for (index, _) in self.sql.get(self.offset..start).unwrap_or_default().match_indices('\n') {
            self.line += 1;
            self.line_start = self.offset + index + 1;
        }
        self.offset = start;
        let column = self.sql.get(self.line_start..start).unwrap_or_default().chars().count() + 1;
        let text = self.sql.get(start..end).unwrap_or_default().to_owned();
        SourceStatement { text, line: self.line, column, copy_data, notes }
    }
}

fn backslash_command(sql: &str, token: Token) -> SplitError {
    let name = token.text(sql).split_whitespace().next().unwrap_or("\\");
    let hint = match name {
        "\\." => "\\. ends the data of COPY … FROM stdin, but there is no such COPY before it",
        "\\copy" => "use COPY … FROM stdin; with the data below it and a closing line \\.",
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => "replace it with the SQL of the included file",
        "\\set" | "\\gset" | "\\if" | "\\elif" | "\\else" | "\\endif" => "use a DO block for conditions and variables",
        "\\connect" | "\\c" => "remove it; a revision runs on one connection",
        _ => "remove it; a script may contain only SQL that the server understands",
    };
    let (line, column) = line_and_column(sql, token.start);
    SplitError { line, column, ..error_at(sql, token.start, format!("{name} is a command of psql, not SQL")) }
        .with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<String> {
        split(sql).unwrap().into_iter().map(|statement| statement.text).collect()
    }

    #[test]
    fn statements_end_where_the_server_ends_them() {
        for (sql, expected) in [
            ("", vec![]),
            (" ;; -- nothing\n ; /* ; */", vec![]),
            ("SELECT 1", vec!["SELECT 1"]),
            ("SELECT 1; SELECT 2 -- done", vec!["SELECT 1", "SELECT 2"]),
            ("-- a; b\nSELECT ';' /* ; */ , $$;$$ ; ", vec!["SELECT ';' /* ; */ , $$;$$"]),
            ("SELECT E'\\';', \"a;b\", U&'x;' ; b", vec!["SELECT E'\\';', \"a;b\", U&'x;'", "b"]),
            (
                "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); x",
                vec!["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "x"],
            ),
            ("SELECT :a, :'b', :\"c\", 1::int; SELECT $1", vec!["SELECT :a, :'b', :\"c\", 1::int", "SELECT $1"]),
            ("DO $do$ BEGIN PERFORM 1; END $do$; x", vec!["DO $do$ BEGIN PERFORM 1; END $do$", "x"]),
            (
                "BEGIN; UPDATE t SET a = CASE WHEN b THEN 1 END; END; x",
                vec!["BEGIN", "UPDATE t SET a = CASE WHEN b THEN 1 END", "END", "x"],
            ),
        ] {
            assert_eq!(texts(sql), expected, "{sql}");
        }
    }

    #[test]
    fn semicolons_in_atomic_bodies_do_not_end_the_statement() {
        let body = "CREATE OR REPLACE FUNCTION f(begin int) RETURNS int LANGUAGE sql BEGIN ATOMIC\n\
                    SELECT CASE WHEN a.end > 0 THEN 1 ELSE (CASE b WHEN 1 THEN 2 END) END AS end;\nSELECT 2;\nEND";
        assert_eq!(texts(&format!("{body}; SELECT 3")), [body, "SELECT 3"]);
        let procedure = "create procedure p() begin atomic insert into t values (1); end";
        assert_eq!(texts(&format!("{procedure};{procedure}")), [procedure, procedure]);
    }

    #[test]
    fn positions_are_lines_and_characters() {
        let found = split("\n-- ü\n  SELECT 'é';ü;\n\n\tSELECT\n 2;").unwrap();
        let positions: Vec<_> = found.iter().map(|statement| (statement.line, statement.column)).collect();
        assert_eq!(positions, [(3, 3), (3, 14), (5, 2)]);
    }

    #[test]
    fn copy_from_stdin_includes_its_data() {
        let sql = "COPY t (a, b) FROM STDIN WITH (FORMAT csv); -- rows\n1,'\n\\N;\n\\.\nSELECT 1;";
        let found = split(sql).unwrap();
        assert_eq!(found[0].text, "COPY t (a, b) FROM STDIN WITH (FORMAT csv)");
        assert_eq!(found[0].copy_data.as_deref(), Some("1,'\n\\N;\n"));
        assert_eq!((found[1].text.as_str(), found[1].line), ("SELECT 1", 5));
        assert_eq!(split("copy t from stdin;\n\\.").unwrap()[0].copy_data.as_deref(), Some(""));
        assert_eq!(split("copy t from stdin;\r\n1\r\n\\.\r\n").unwrap()[0].copy_data.as_deref(), Some("1\r\n"));
        for other in ["COPY t FROM '/stdin'", "COPY (SELECT a FROM stdin) TO STDOUT", "SELECT a FROM stdin"] {
            assert_eq!(split(&format!("{other};")).unwrap()[0].copy_data, None, "{other}");
        }
    }

    #[test]
    fn errors_have_the_position_and_a_hint() {
        for (sql, line, column, part) in [
            ("SELECT 1;\n\\connect other", 2, 1, "\\connect"),
            ("SELECT 1 \\gset x", 1, 10, "\\gset"),
            ("\\.\n", 1, 1, "\\."),
            ("SELECT 'a;\nb", 1, 8, "string"),
            ("DO $x$ BEGIN", 1, 4, "$x$"),
            ("COPY t FROM stdin;\n1\n", 1, 19, "no closing line"),
            ("COPY t FROM stdin; SELECT 1;\n1\n\\.\n", 1, 19, "line after"),
        ] {
            let error = split(sql).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{sql}");
            assert!(error.message.contains(part) && error.hint.is_some(), "{error:?}");
        }
    }

    #[test]
    fn notes_must_be_directly_above_their_statement() {
        for (sql, expected) in [
            ("-- limbeck: allow A because b\nTRUNCATE t;", &["limbeck: allow A because b"][..]),
            ("-- limbeck: a\n  --limbeck: b \n\tTRUNCATE t;", &["limbeck: a", "limbeck: b"]),
            ("-- limbeck: a\n\n-- limbeck: b\nTRUNCATE t;", &["limbeck: b"]),
            ("-- limbeck: a\n-- more\nTRUNCATE t;", &["limbeck: a"]),
            ("-- limbeck: a\n\nTRUNCATE t;", &[]),
            ("-- limbeck: a\n\n-- more\nTRUNCATE t;", &[]),
            ("-- limbeck: a\n/* x */ TRUNCATE t;", &["limbeck: a"]),
            ("TRUNCATE t -- limbeck: a\n;", &[]),
            ("SELECT 1; -- limbeck: a\nTRUNCATE t;", &[]),
            ("SELECT '\n-- limbeck: a\n'; TRUNCATE t;", &[]),
        ] {
            assert_eq!(split(sql).unwrap().last().unwrap().notes, expected, "{sql}");
        }
    }
}
