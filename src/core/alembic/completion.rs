//! Adds statements to the functions of a Python script, as `op.execute`.

use std::ops::Range;

use crate::core::script::{CodeSpan, PythonCode};

/// The comment above the statements.
const REMARK: &str = "# Added by limbeck: Alembic does not write this.";

/// The statements that a script lacks.
#[derive(Debug, Default)]
pub struct MissingStatements<'a> {
    /// At the end of the upgrade.
    pub up: Vec<&'a str>,
    /// At the start of the downgrade, which undoes the upgrade in reverse.
    pub down: Vec<&'a str>,
    /// At the end of the downgrade: what it leaves behind.
    pub undo: Vec<&'a str>,
    /// The number of statements at the start of `up` that must be committed before the others run.
    pub committed_first: usize,
}

/// A place in the text, and what is written there.
type Edit = (Range<usize>, String);

/// Adds statements to `upgrade()` and `downgrade()`. `None` if a function is missing.
#[must_use]
pub fn add_statements(text: &str, code: &PythonCode, missing: &MissingStatements<'_>) -> Option<String> {
    let mut edits = edit(text, code.upgrade?, &[], &missing.up, missing.committed_first)?;
    edits.extend(edit(text, code.downgrade?, &missing.down, &missing.undo, 0)?);
    // The places of the other edits must not change.
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    let mut text = text.to_owned();
    for (place, lines) in edits {
        text.replace_range(place, &lines);
    }
    Some(text)
}

/// Adds statements at the start and at the end of a function. An empty function gets both in place of `pass`.
/// `committed_first`: how many of the statements are committed before the others run.
fn edit(text: &str, span: CodeSpan, first: &[&str], last: &[&str], committed_first: usize) -> Option<Vec<Edit>> {
    let body = Body::of(text, span)?;
    let write = |statements: &[&str]| lines(statements, &body.indent, committed_first);
    if let Some(pass) = body.pass.clone().filter(|_| span.is_empty && first.len() + last.len() > 0) {
        return Some(vec![(pass, write(&[first, last].concat()))]);
    }
    // The last line of a file may have no end.
    let is_ended = body.end == 0 || text.get(..body.end)?.ends_with('\n');
    let after = if is_ended || last.is_empty() { write(last) } else { format!("\n{}", write(last)) };
    Some(vec![(body.start..body.start, write(first)), (body.end..body.end, after)])
}

/// The lines of statements.
fn lines(statements: &[&str], indent: &str, committed_first: usize) -> String {
    if statements.is_empty() {
        return String::new();
    }
    let (committed, others) = statements.split_at(committed_first.min(statements.len()));
    let call = |indent: &str, sql: &&str| format!("{indent}op.execute({})\n", literal(sql));
    let mut text = format!("{indent}{REMARK}\n");
    if !committed.is_empty() {
        text.extend([indent, "with op.get_context().autocommit_block():\n"]);
        text.extend(committed.iter().map(|sql| call(&format!("{indent}    "), sql)));
    }
    text.extend(others.iter().map(|sql| call(indent, sql)));
    text
}

/// The lines of a function below its head and its docstring, as places in the text.
struct Body {
    start: usize,
    end: usize,
    /// The line `pass`.
    pass: Option<Range<usize>>,
    indent: String,
}

impl Body {
    fn of(text: &str, span: CodeSpan) -> Option<Self> {
        let mut body: Option<Self> = None;
        let mut is_below_head = false;
        let mut docstring: Option<&str> = None;
        let mut at = span.start;
        for line in text.get(span.start..)?.split_inclusive('\n') {
            let range = at..at + line.len();
            at = range.end;
            let code = line.trim();
            if !is_below_head {
                is_below_head = code.split('#').next().unwrap_or_default().trim_end().ends_with(':');
                continue;
            }
            if let Some(quotes) = docstring {
                docstring = Some(quotes).filter(|_| !code.ends_with(quotes));
                body = body.map(|body| Self { start: range.end, end: range.end, ..body });
                continue;
            }
            let indent: String = line.chars().take_while(|letter| letter.is_whitespace() && *letter != '\n').collect();
            let is_remark = code.starts_with('#') && !indent.is_empty();
            if range.start >= span.end && !is_remark {
                break;
            }
            if code.is_empty() {
                continue;
            }
            let known = body.get_or_insert(Self { start: range.start, end: range.start, pass: None, indent });
            let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| code.starts_with(quotes));
            if let Some(quotes) = quotes.filter(|_| known.start == range.start) {
                let is_one_line = code.len() >= 6 && code.ends_with(quotes);
                docstring = Some(quotes).filter(|_| !is_one_line);
                (known.start, known.end) = (range.end, range.end);
                continue;
            }
            known.end = range.end;
            if code == "pass" {
                known.pass = Some(range);
            }
        }
        body
    }
}

/// The statement as a literal of Python, for `op.execute`.
fn literal(sql: &str) -> String {
    let sql = escape_parameters(sql).replace('\\', "\\\\");
    match (sql.contains('\n'), sql.contains('"')) {
        (false, false) => format!("\"{sql}\""),
        (false, true) if !sql.contains('\'') => format!("'{sql}'"),
        _ => {
            // A quote at the end, or three of them, would end the literal.
            let ends_literal = sql.ends_with('"') || sql.contains("\"\"\"");
            let sql = if ends_literal { sql.replace('"', "\\\"") } else { sql };
            format!("\"\"\"{sql}\"\"\"")
        }
    }
}

/// Protects what SQLAlchemy would read as a parameter: `:name`.
fn escape_parameters(sql: &str) -> String {
    let mut escaped = String::with_capacity(sql.len());
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut before = ' ';
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = letter == ':' && !is_word(before) && !":\\".contains(before);
        if begins && letters.peek().is_some_and(|next| is_word(*next)) {
            escaped.push('\\');
        }
        escaped.push(letter);
        before = letter;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::alembic::parse_text;
    use crate::core::script::Language;

    const HEAD: &str = "revision = 'a'\ndown_revision = None\n";

    #[test]
    fn statements_are_added_at_the_end_of_the_upgrade_and_the_start_of_the_downgrade() {
        let remark = format!("    {REMARK}\n");
        let missing =
            MissingStatements { up: vec!["SELECT 1"], down: vec!["SELECT 2"], ..MissingStatements::default() };
        let (up, down) =
            (format!("{remark}    op.execute(\"SELECT 1\")\n"), format!("{remark}    op.execute(\"SELECT 2\")\n"));
        for (functions, expected) in [
            (
                "def upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n",
                format!("def upgrade() -> None:\n{up}\n\ndef downgrade() -> None:\n{down}"),
            ),
            (
                "def upgrade():\n    \"\"\"Up.\"\"\"\n    a()\n    # ### end\n\n\ndef downgrade():\n    \"\"\"Down.\n    \"\"\"\n    # ###\n    b()\n",
                format!(
                    "def upgrade():\n    \"\"\"Up.\"\"\"\n    a()\n    # ### end\n{up}\n\n\
                     def downgrade():\n    \"\"\"Down.\n    \"\"\"\n{down}    # ###\n    b()\n"
                ),
            ),
            (
                "def upgrade():\n    a(\n        1,\n    )\n\ndef downgrade():\n    b()",
                format!("def upgrade():\n    a(\n        1,\n    )\n{up}\ndef downgrade():\n{down}    b()"),
            ),
        ] {
            let text = format!("{HEAD}{functions}");
            let script = parse_text(Language::Python, &text).unwrap().unwrap();
            let added = add_statements(&text, script.python().unwrap(), &missing).unwrap();
            assert_eq!(added, format!("{HEAD}{expected}"));
            assert!(parse_text(Language::Python, &added).unwrap().is_some());
        }
    }

    #[test]
    fn only_new_enum_values_leave_the_transaction() {
        let text = format!("{HEAD}def upgrade():\n    pass\n\ndef downgrade():\n    pass\n");
        let script = parse_text(Language::Python, &text).unwrap().unwrap();
        let up = vec!["ALTER TYPE t ADD VALUE 'a'", "SELECT 1"];
        let missing = MissingStatements { up, committed_first: 1, ..MissingStatements::default() };
        let added = add_statements(&text, script.python().unwrap(), &missing).unwrap();
        let lines = "    with op.get_context().autocommit_block():\n        \
                     op.execute(\"ALTER TYPE t ADD VALUE 'a'\")\n    op.execute(\"SELECT 1\")\n";
        assert!(added.contains(&format!("{REMARK}\n{lines}")), "{added}");
    }

    #[test]
    fn what_a_downgrade_leaves_behind_is_removed_at_its_end() {
        let text = format!("{HEAD}def upgrade():\n    a()\n\ndef downgrade():\n    b()");
        let script = parse_text(Language::Python, &text).unwrap().unwrap();
        let missing = MissingStatements { undo: vec!["DROP TYPE t"], ..MissingStatements::default() };
        let added = add_statements(&text, script.python().unwrap(), &missing).unwrap();
        assert_eq!(added, format!("{text}\n    {REMARK}\n    op.execute(\"DROP TYPE t\")\n"));
    }

    #[test]
    fn a_statement_is_a_literal_of_python() {
        for (sql, expected) in [
            ("SELECT 'a'", r#""SELECT 'a'""#),
            (r#"DROP TABLE "A""#, r#"'DROP TABLE "A"'"#),
            ("SELECT\n1", "\"\"\"SELECT\n1\"\"\""),
            (r#"SELECT 'a' AS "A""#, r#""""SELECT 'a' AS \"A\"""""#),
            (r#"SELECT 'a' AS "A\""#, r#""""SELECT 'a' AS \"A\\\"""""#),
            ("SELECT \"A\"\n, 'a'", "\"\"\"SELECT \"A\"\n, 'a'\"\"\""),
            (r"SELECT E'\n'", r#""SELECT E'\\n'""#),
            ("SELECT 1::int, ':a', 12:30", r#""SELECT 1::int, '\\:a', 12:30""#),
        ] {
            assert_eq!(literal(sql), expected, "{sql}");
        }
    }
}
