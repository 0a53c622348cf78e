//! A section of SQL as its single statements, each with its place.

use super::boundary::{Boundary, Step};
use super::lexer::{Lexer, Token, TokenKind, error_at, place};
use super::{SplitError, Statement};

/// Splits a section into its statements; empty ones vanish. `:variables` are left as they are.
///
/// # Errors
/// At a psql backslash command (named), an unterminated quote, comment or dollar quote, or COPY data without its end.
pub fn split(sql: &str) -> Result<Vec<Statement>, SplitError> {
    let mut lexer = Lexer::new(sql);
    let mut boundary = Boundary::default();
    let mut statements = Vec::new();
    let mut places = Places::new(sql);
    let mut span: Option<(usize, usize)> = None;
    while let Some(token) = lexer.next_token()? {
        if token.kind == TokenKind::BackslashCommand {
            return Err(backslash_command(sql, token));
        }
        match boundary.step(sql, token) {
            Step::Inside if token.kind.is_significant() => {
                span = Some((span.map_or(token.start, |(start, _)| start), token.end));
            }
            Step::Inside => {}
            Step::End => statements.extend(span.take().map(|span| places.statement(span, None))),
            Step::EndBeforeRows => {
                let rows = lexer.copy_data()?.to_owned();
                statements.extend(span.take().map(|span| places.statement(span, Some(rows))));
            }
        }
    }
    statements.extend(span.map(|span| places.statement(span, None)));
    Ok(statements)
}

/// The comment lines `-- limbeck: …` that stand directly above the given 1-based line of a section, top
/// down and without the dashes, e.g. `limbeck: allow DL102 because it is rebuilt`.
#[must_use]
pub fn notes_above(sql: &str, line: usize) -> Vec<&str> {
    let lines: Vec<&str> = sql.lines().take(line.saturating_sub(1)).collect();
    let comments = lines.iter().rev().map_while(|line| line.trim().strip_prefix("--"));
    let mut notes: Vec<&str> = comments.map(str::trim).filter(|note| note.starts_with("limbeck:")).collect();
    notes.reverse();
    notes
}

/// Turns byte offsets, which only grow, into lines and columns without starting over at every statement.
struct Places<'a> {
    sql: &'a str,
    line: usize,
    line_start: usize,
    offset: usize,
}

impl<'a> Places<'a> {
    const fn new(sql: &'a str) -> Self {
        Self { sql, line: 1, line_start: 0, offset: 0 }
    }

    fn statement(&mut self, (start, end): (usize, usize), copy_data: Option<String>) -> Statement {
        for (index, _) in self.sql.get(self.offset..start).unwrap_or_default().match_indices('\n') {
            self.line += 1;
            self.line_start = self.offset + index + 1;
        }
        self.offset = start;
        let column = self.sql.get(self.line_start..start).unwrap_or_default().chars().count() + 1;
        let text = self.sql.get(start..end).unwrap_or_default().to_owned();
        Statement { text, line: self.line, column, copy_data }
    }
}

fn backslash_command(sql: &str, token: Token) -> SplitError {
    let name = token.text(sql).split_whitespace().next().unwrap_or("\\");
    let hint = match name {
        "\\." => "it ends the rows of COPY … FROM stdin, and no such COPY stands above",
        "\\copy" => "write COPY … FROM stdin; with the rows below it and a closing line \\.",
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => "write that file's SQL here",
        "\\set" | "\\gset" | "\\if" | "\\elif" | "\\else" | "\\endif" => "use a DO block where a script has to decide",
        "\\connect" | "\\c" => "a revision runs on one connection; leave the line out",
        _ => "leave it out; a script holds only SQL that the server itself understands",
    };
    let (line, column) = place(sql, token.start);
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
    fn semicolons_split_only_where_the_server_would() {
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
    fn atomic_bodies_hold_their_semicolons() {
        let body = "CREATE OR REPLACE FUNCTION f(begin int) RETURNS int LANGUAGE sql BEGIN ATOMIC\n\
                    SELECT CASE WHEN a.end > 0 THEN 1 ELSE (CASE b WHEN 1 THEN 2 END) END AS end;\nSELECT 2;\nEND";
        assert_eq!(texts(&format!("{body}; SELECT 3")), [body, "SELECT 3"]);
        let procedure = "create procedure p() begin atomic insert into t values (1); end";
        assert_eq!(texts(&format!("{procedure};{procedure}")), [procedure, procedure]);
    }

    #[test]
    fn places_count_lines_and_characters() {
        let found = split("\n-- ü\n  SELECT 'é';ü;\n\n\tSELECT\n 2;").unwrap();
        let places: Vec<_> = found.iter().map(|statement| (statement.line, statement.column)).collect();
        assert_eq!(places, [(3, 3), (3, 14), (5, 2)]);
    }

    #[test]
    fn copy_takes_its_rows_along() {
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
    fn what_cannot_be_split_is_told_by_place() {
        for (sql, line, column, part) in [
            ("SELECT 1;\n\\connect other", 2, 1, "\\connect"),
            ("SELECT 1 \\gset x", 1, 10, "\\gset"),
            ("\\.\n", 1, 1, "\\."),
            ("SELECT 'a;\nb", 1, 8, "string"),
            ("DO $x$ BEGIN", 1, 4, "$x$"),
            ("COPY t FROM stdin;\n1\n", 1, 19, "no end"),
            ("COPY t FROM stdin; SELECT 1;\n1\n\\.\n", 1, 19, "line after"),
        ] {
            let error = split(sql).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{sql}");
            assert!(error.message.contains(part) && error.hint.is_some(), "{error:?}");
        }
    }

    #[test]
    fn notes_stand_directly_above_their_statement() {
        let sql =
            "-- limbeck: allow DL101 because old\n\n-- limbeck: allow DL102 because rebuilt\n-- more\nTRUNCATE t;";
        assert_eq!(notes_above(sql, split(sql).unwrap()[0].line), ["limbeck: allow DL102 because rebuilt"]);
        assert!(notes_above(sql, 2).len() == 1 && notes_above(sql, 1).is_empty());
    }
}
