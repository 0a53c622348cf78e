//! Qualifies the names in limbeck's own SQL with `pg_catalog`.
//!
//! A role that may create objects in a schema of the search path can create a function, operator or type that fits the
//! arguments of a call better than the one in `pg_catalog`. PostgreSQL then calls that function with the privileges of the
//! role that runs the migration. A qualified name never resolves to such an object, whatever the search path is.

use super::lexer::{Lexer, Token, TokenKind};

/// Words before a parenthesis that the grammar of SQL resolves itself.
const CONSTRUCTS: [&str; 4] = ["coalesce", "extract", "greatest", "least"];

/// Types whose names are keywords. They are always types of `pg_catalog`, and cannot be qualified.
const KEYWORD_TYPES: [&str; 16] = [
    "bigint",
    "bit",
    "boolean",
    "char",
    "character",
    "decimal",
    "double",
    "float",
    "int",
    "integer",
    "interval",
    "numeric",
    "real",
    "smallint",
    "time",
    "varchar",
];

/// The characters of operators.
const OPERATOR_CHARACTERS: &str = "+-*/<>=~!@#%^&|`?";

/// Returns limbeck's own SQL with every function, operator, type after `::` and catalog table (`pg_…` after `FROM` or
/// `JOIN`, and `'pg_…'::regclass`) qualified with `pg_catalog`. `IN` and `LIKE` become the operators that they stand for.
/// Names of other tables, columns and quoted names stay as they are.
///
/// The SQL must have keywords in upper case and functions in lower case, directly before their parenthesis. It must not
/// contain SQL of the user, and no constructs that find operators by name and cannot be qualified: `BETWEEN`, `NULLIF`,
/// `IS DISTINCT FROM`, `CASE x WHEN` and `USING` of a join. All qualified operators have the same precedence, so
/// arithmetic on the right of a comparison needs parentheses.
#[must_use]
pub fn qualify_names(sql: &str) -> String {
    let pieces = read_pieces(sql);
    let mut writer =
        NameQualifier { sql, pieces: &pieces, output: String::with_capacity(sql.len() * 2), lists: Vec::new() };
    let mut copied = 0;
    let mut index = 0;
    while let Some(piece) = pieces.get(index) {
        writer.output.push_str(sql.get(copied..piece.start).unwrap_or_default());
        index = writer.write(index);
        copied = pieces.get(index - 1).map_or(sql.len(), |last| last.end);
    }
    writer.output.push_str(sql.get(copied..).unwrap_or_default());
    writer.output
}

/// The significant tokens. The characters of an operator, and the two colons of a cast, are one token.
fn read_pieces(sql: &str) -> Vec<Token> {
    let mut lexer = Lexer::new(sql);
    let mut pieces: Vec<Token> = Vec::new();
    while let Ok(Some(token)) = lexer.next_token() {
        if !token.kind.is_significant() {
            continue;
        }
        match pieces.last_mut() {
            Some(last) if last.end == token.start && continues(last.text(sql), token.text(sql)) => last.end = token.end,
            _ => pieces.push(token),
        }
    }
    pieces
}

/// Whether two adjacent tokens are one operator or one cast.
fn continues(before: &str, after: &str) -> bool {
    (is_operator(before) && is_operator(after)) || (before == ":" && after == ":")
}

fn is_operator(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| OPERATOR_CHARACTERS.contains(character))
}

struct NameQualifier<'a> {
    sql: &'a str,
    pieces: &'a [Token],
    output: String,
    /// For each open parenthesis, whether it contains the list of an `IN`.
    lists: Vec<bool>,
}

impl<'a> NameQualifier<'a> {
    /// Writes a piece, and the pieces that belong to it. Returns the index of the next piece.
    fn write(&mut self, index: usize) -> usize {
        let text = self.text(index);
        match (text, self.text(index + 1)) {
            ("NOT", "IN") => return self.write_membership(index + 2, "<> ALL"),
            ("IN", _) => return self.write_membership(index + 1, "= ANY"),
            ("NOT", "LIKE") => {
                self.write_operator("!~~");
                return index + 2;
            }
            ("LIKE", _) => self.write_operator("~~"),
            ("(", _) => {
                self.lists.push(false);
                self.output.push('(');
            }
            (")", _) => {
                let is_list = self.lists.pop().unwrap_or_default();
                self.output.push_str(if is_list { "])" } else { ")" });
            }
            _ if is_operator(text) && self.is_resolved_by_name(index) => self.write_operator(text),
            _ => match text.strip_prefix("'pg_").filter(|_| self.text(index + 2) == "regclass") {
                Some(rest) => self.output.extend(["'pg_catalog.pg_", rest]),
                None if self.is_unqualified_name(index) => self.output.extend(["pg_catalog.", text]),
                None => self.output.push_str(text),
            },
        }
        index + 1
    }

    /// Writes `= ANY` or `<> ALL` for an `IN`, whose parenthesis is the piece at `index`.
    fn write_membership(&mut self, index: usize, operator: &str) -> usize {
        let (operator, quantifier) = operator.split_once(' ').unwrap_or((operator, ""));
        self.write_operator(operator);
        let is_list = self.text(index + 1) != "SELECT";
        self.lists.push(is_list);
        self.output.extend([" ", quantifier, if is_list { " (ARRAY[" } else { " (" }]);
        index + 1
    }

    fn write_operator(&mut self, operator: &str) {
        let is_separate = self.output.ends_with(|last: char| last.is_whitespace() || last == '(');
        self.output.extend([if is_separate { "" } else { " " }, "OPERATOR(pg_catalog.", operator, ")"]);
    }

    /// Whether an operator is not an assignment, the name of an argument, a `*` for all columns, or the sign of a number.
    fn is_resolved_by_name(&self, index: usize) -> bool {
        let (text, before) = (self.text(index), self.before(index, 1));
        let starts_expression = ["(", ",", "SELECT"].contains(&before) || is_operator(before);
        match text {
            "=>" => false,
            "*" => !starts_expression && before != ".",
            "-" | "+" => !starts_expression,
            "=" => !self.is_assignment(index),
            _ => true,
        }
    }

    /// Whether `=` follows a name at the start of a `SET` clause or after a comma in it.
    fn is_assignment(&self, index: usize) -> bool {
        let mut depth = 0;
        for place in (0..index.saturating_sub(1)).rev() {
            match self.text(place) {
                ")" => depth += 1,
                "(" if depth > 0 => depth -= 1,
                "SET" if depth == 0 => return place + 2 == index || self.before(index, 2) == ",",
                "(" | "WHERE" | "FROM" | "SELECT" | ";" if depth == 0 => return false,
                _ => {}
            }
        }
        false
    }

    /// Whether a piece is the name of a function, a type or a catalog table without a schema.
    fn is_unqualified_name(&self, index: usize) -> bool {
        let Some(piece) = self.pieces.get(index) else { return false };
        let (text, before) = (piece.text(self.sql), self.before(index, 1));
        if before == "::" {
            return !KEYWORD_TYPES.contains(&text) && self.text(index + 1) != ".";
        }
        if piece.kind != TokenKind::Word || [".", "AS"].contains(&before) || text.contains(char::is_uppercase) {
            return false;
        }
        let opens = self.pieces.get(index + 1).filter(|next| next.text(self.sql) == "(");
        match opens {
            Some(parenthesis) => parenthesis.start == piece.end && !CONSTRUCTS.contains(&text),
            None => text.starts_with("pg_") && ["FROM", "JOIN"].contains(&before) && self.text(index + 1) != ".",
        }
    }

    fn text(&self, index: usize) -> &'a str {
        self.pieces.get(index).map_or("", |piece| piece.text(self.sql))
    }

    fn before(&self, index: usize, count: usize) -> &'a str {
        index.checked_sub(count).map_or("", |index| self.text(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_qualified() {
        for (sql, expected) in [
            ("SELECT now()", "SELECT pg_catalog.now()"),
            ("SELECT count(*), -1, t.* FROM t", "SELECT pg_catalog.count(*), -1, t.* FROM t"),
            ("SELECT * FROM pg_class c", "SELECT * FROM pg_catalog.pg_class c"),
            ("SELECT FROM a JOIN pg_class ON TRUE", "SELECT FROM a JOIN pg_catalog.pg_class ON TRUE"),
            ("SELECT FROM pg_catalog.pg_class", "SELECT FROM pg_catalog.pg_class"),
            ("SELECT FROM unnest(a) AS x (b, c)", "SELECT FROM pg_catalog.unnest(a) AS x (b, c)"),
            ("SELECT FROM unnest(a) AS x(b)", "SELECT FROM pg_catalog.unnest(a) AS x(b)"),
            ("SELECT $1::text, b::\"char\"", "SELECT $1::pg_catalog.text, b::pg_catalog.\"char\""),
            ("SELECT 'pg_type'::regclass", "SELECT 'pg_catalog.pg_type'::pg_catalog.regclass"),
            ("SELECT a::public.mood, b::\"S\".t", "SELECT a::public.mood, b::\"S\".t"),
            ("SELECT a::bigint, b::text[]", "SELECT a::bigint, b::pg_catalog.text[]"),
            ("SELECT coalesce(a, lower(b))", "SELECT coalesce(a, pg_catalog.lower(b))"),
            ("SELECT pg_catalog.lower(\"f\")", "SELECT pg_catalog.lower(\"f\")"),
            ("SELECT 'now() = 1', \"x=y\"", "SELECT 'now() = 1', \"x=y\""),
        ] {
            assert_eq!(qualify_names(sql), expected);
        }
    }

    #[test]
    fn operators_are_qualified() {
        for (sql, expected) in [
            ("a = $1 AND b<>2", "a OPERATOR(pg_catalog.=) $1 AND b OPERATOR(pg_catalog.<>)2"),
            ("a = ANY ($1)", "a OPERATOR(pg_catalog.=) ANY ($1)"),
            ("a IN ('x', lower('y'))", "a OPERATOR(pg_catalog.=) ANY (ARRAY['x', pg_catalog.lower('y')])"),
            ("a NOT IN ('x')", "a OPERATOR(pg_catalog.<>) ALL (ARRAY['x'])"),
            ("a IN (SELECT b)", "a OPERATOR(pg_catalog.=) ANY (SELECT b)"),
            ("a NOT LIKE 'x'", "a OPERATOR(pg_catalog.!~~) 'x'"),
            ("a LIKE 'x' || b", "a OPERATOR(pg_catalog.~~) 'x' OPERATOR(pg_catalog.||) b"),
            ("a->>'b' ~* $1", "a OPERATOR(pg_catalog.->>)'b' OPERATOR(pg_catalog.~*) $1"),
            ("NOT (a - 1 > -1)", "NOT (a OPERATOR(pg_catalog.-) 1 OPERATOR(pg_catalog.>) -1)"),
            ("f(a => 1)", "pg_catalog.f(a => 1)"),
        ] {
            assert_eq!(qualify_names(sql), expected);
        }
    }

    #[test]
    fn assignments_stay() {
        for (sql, expected) in [
            (
                "UPDATE t SET a = $1, b = now() WHERE c = 1",
                "UPDATE t SET a = $1, b = pg_catalog.now() WHERE c OPERATOR(pg_catalog.=) 1",
            ),
            (
                "UPDATE t SET a = (b = 1), c = d = 2",
                "UPDATE t SET a = (b OPERATOR(pg_catalog.=) 1), c = d OPERATOR(pg_catalog.=) 2",
            ),
            ("SET lock_timeout = '5s'; SELECT a = 1", "SET lock_timeout = '5s'; SELECT a OPERATOR(pg_catalog.=) 1"),
        ] {
            assert_eq!(qualify_names(sql), expected);
        }
    }
}
