//! The sections of the SQL scripts: recorded statements, a condition before them, or a stub that refuses to run.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::core::graph::Direction;
use crate::core::plan::{RecordedStatement, RecordedStep};
use crate::core::script::Section;
use crate::core::sql::{identifier, split, terminate_statement};
use crate::core::text::one_line;

/// The most lines of statements that a stub shows.
const SHOWN_LINES: usize = 400;

/// The section of a script, for its texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct SectionPlace<'a> {
    pub direction: Direction,
    /// The path of the Python script, for people.
    pub source: &'a str,
}

/// The statements as SQL. `is_first`: nothing has run before them, so they follow what `env.py` creates. `guard`: a
/// statement to run before those of the script, with the search path and the role that `env.py` sets.
///
/// # Errors
/// Why they cannot be written in a SQL script.
pub(super) fn write_statements(
    recorded: &RecordedStep,
    is_first: bool,
    guard: Option<&str>,
) -> Result<Section, String> {
    let mut sql = String::new();
    let mut is_long = false;
    let statements = with_preparation(recorded, is_first, guard);
    for statement in &statements {
        let text = write_statement(statement)?;
        let is_next_long = text.trim_end().contains('\n');
        if !sql.is_empty() {
            sql.push_str(if is_long || is_next_long { "\n\n" } else { "\n" });
        }
        sql.push_str(&text);
        is_long = is_next_long;
    }
    expect_same_statements(&sql, &statements)?;
    Ok(Section { sql, transactional: !recorded.leaves_transaction, line: 0 })
}

/// The statements after those of `env.py`, which does not run when limbeck runs them.
fn with_preparation(recorded: &RecordedStep, is_first: bool, guard: Option<&str>) -> Vec<RecordedStatement> {
    let needs_settings = guard.is_some() || !recorded.statements.is_empty();
    let setup = recorded.setup.iter().filter(|_| is_first);
    let settings = recorded.settings.iter().filter(|_| needs_settings);
    let before = setup.chain(settings).map(String::as_str).chain(guard);
    let before = before.map(|sql| RecordedStatement { sql: sql.to_owned(), ..RecordedStatement::default() });
    before.chain(recorded.statements.iter().cloned()).collect()
}

fn write_statement(statement: &RecordedStatement) -> Result<String, String> {
    let mut text = terminate_statement(&statement.sql).map_err(|error| format!("a statement is not valid: {error}"))?;
    if let Some(data) = &statement.copy_data {
        let data = data.strip_suffix("\\.\n").unwrap_or(data);
        let line_end = if data.is_empty() || data.ends_with('\n') { "" } else { "\n" };
        let _ = write!(text, "\n{data}{line_end}\\.");
    }
    Ok(text)
}

/// Checks that limbeck reads the section as the same statements.
fn expect_same_statements(sql: &str, recorded: &[RecordedStatement]) -> Result<(), String> {
    let read = split(sql).map_err(|error| format!("limbeck cannot read its statements: {error}"))?;
    let is_same = read.len() == recorded.len()
        && read.iter().zip(recorded).all(|(read, recorded)| read.copy_data.is_some() == recorded.copy_data.is_some());
    if is_same { Ok(()) } else { Err("its statements cannot be separated by semicolons".to_owned()) }
}

/// A statement that fails if the tables have rows, without its semicolon.
pub(super) fn write_guard(place: SectionPlace<'_>, relations: &BTreeSet<String>) -> String {
    let names = relations.iter().map(String::as_str).collect::<Vec<_>>();
    let mut sql = format!(
        "-- The Python script {} reads {}. These statements are correct only while these tables are empty.\nDO $limbeck$\nBEGIN\n",
        one_line(place.source),
        one_line(&names.join(", "))
    );
    for name in names {
        let message = format!("this {} depends on the rows of {name}", place.direction.word());
        let _ = write!(sql, "  IF EXISTS (SELECT FROM {name}) THEN\n    {}\n  END IF;\n", raise(&message, place));
    }
    sql + "END\n$limbeck$"
}

/// A section that refuses to run. `recorded` is what the script sent on an empty database.
pub(super) fn write_stub(place: SectionPlace<'_>, reason: &str, recorded: Option<&RecordedStep>) -> Section {
    let reason = one_line(reason);
    let mut sql =
        format!("-- This section is not converted: {reason}.\n-- The Python script is {}.\n", one_line(place.source));
    if let Some(recorded) = recorded.filter(|recorded| !recorded.statements.is_empty()) {
        let outside = if recorded.leaves_transaction { ", partly outside its transaction" } else { "" };
        let _ = write!(sql, "-- On a database without rows, it sends{outside}:\n--\n");
        sql.push_str(&comment_statements(&recorded.statements));
        sql.push_str("--\n");
    }
    let message = format!("this {} is not converted to SQL: {reason}", place.direction.word());
    let _ = write!(sql, "DO $limbeck$\nBEGIN\n  {}\nEND\n$limbeck$;", raise(&message, place));
    Section { sql, transactional: true, line: 0 }
}

fn raise(message: &str, place: SectionPlace<'_>) -> String {
    let hint = match place.direction {
        Direction::Upgrade => "write the SQL for this database in the script, or run the Python script with Alembic",
        Direction::Downgrade => "write the SQL of the downgrade in the script",
    };
    let literal = |text: &str| identifier::literal(&one_line(text).replace("$limbeck$", "limbeck"));
    format!("RAISE EXCEPTION USING MESSAGE = {}, HINT = {};", literal(message), literal(hint))
}

/// The statements as comment lines, up to [`SHOWN_LINES`].
fn comment_statements(statements: &[RecordedStatement]) -> String {
    let texts = statements.iter().filter_map(|statement| write_statement(statement).ok());
    let lines: Vec<String> = texts.flat_map(|text| text.lines().map(comment_line).collect::<Vec<_>>()).collect();
    let mut comment: String = lines.iter().take(SHOWN_LINES).map(String::as_str).collect();
    if lines.len() > SHOWN_LINES {
        let _ = writeln!(comment, "--   and {} more lines", lines.len() - SHOWN_LINES);
    }
    comment
}

fn comment_line(line: &str) -> String {
    let line = line.trim_end();
    // A comment that begins with @ would look like a marker.
    let bar = if line.trim_start().starts_with('@') { "| " } else { "" };
    format!("--   {bar}{}", line.replace('\r', " ")).trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::graph::RevisionId;
    use crate::core::script::{Script, ScriptCode, SqlCode};

    fn recorded(statements: &[(&str, Option<&str>)]) -> RecordedStep {
        let statement = |(sql, data): &(&str, Option<&str>)| RecordedStatement {
            line: 1,
            sql: (*sql).to_owned(),
            copy_data: data.map(str::to_owned),
        };
        RecordedStep { statements: statements.iter().map(statement).collect(), ..RecordedStep::default() }
    }

    fn script(upgrade: Section) -> Script {
        Script {
            message: "m".into(),
            revision: RevisionId::parse("a1").unwrap(),
            down_revisions: Vec::new(),
            branch_labels: Vec::new(),
            depends_on: Vec::new(),
            create_date: None,
            code: ScriptCode::Sql(SqlCode { upgrade, ..SqlCode::default() }),
        }
    }

    #[test]
    fn statements_become_a_section() {
        for (statements, expected) in [
            (&[][..], ""),
            (&[("SELECT 1", None), ("SELECT 2 -- two", None)], "SELECT 1;\n\nSELECT 2 -- two\n;"),
            (&[("A", None), ("B", None), ("C (\n x \n)", None), ("D", None)], "A;\nB;\n\nC (\n x\n);\n\nD;"),
            (&[("COPY t FROM STDIN", Some("1\n2\n")), ("A", None)], "COPY t FROM STDIN;\n1\n2\n\\.\n\nA;"),
            (&[("COPY t FROM STDIN", Some(""))], "COPY t FROM STDIN;\n\\."),
        ] {
            assert_eq!(write_statements(&recorded(statements), true, None).unwrap().sql, expected);
        }
        for statements in [&[("SELECT 1; SELECT 2", None)][..], &[("COPY t FROM STDIN", None)], &[("\\d", None)]] {
            assert!(write_statements(&recorded(statements), true, None).is_err(), "{statements:?}");
        }
    }

    #[test]
    fn stubs_are_one_statement_and_show_what_was_sent() {
        let place = SectionPlace { direction: Direction::Upgrade, source: "v/a'1.py" };
        let sent = recorded(&[("SELECT '\n@upgrade\n'", None), ("COPY t FROM STDIN", Some("-- @downgrade\n"))]);
        for sent in [None, Some(&sent)] {
            let stub = write_stub(place, "it reads \"a'\n$limbeck$\"", sent);
            assert_eq!(split(&stub.sql).unwrap().len(), 1, "{}", stub.sql);
            let read = Script::parse(&script(stub.clone()).render().unwrap()).unwrap();
            assert_eq!(read.sql().unwrap().upgrade.sql, stub.sql);
            assert_eq!(stub.sql.contains("--   COPY t FROM STDIN;"), sent.is_some());
        }
        let guard = write_guard(place, &BTreeSet::from(["\"T\"".to_owned()]));
        let guarded = write_statements(&sent, true, Some(&guard)).unwrap();
        assert_eq!(split(&guarded.sql).unwrap().len(), 3);
        assert!(guarded.sql.contains("IF EXISTS (SELECT FROM \"T\") THEN"));
    }

    #[test]
    fn the_guard_runs_after_the_settings_of_env_py() {
        let place = SectionPlace { direction: Direction::Upgrade, source: "a.py" };
        let guard = write_guard(place, &BTreeSet::from(["t".to_owned()]));
        for statements in [&[][..], &[("SELECT 1", None)]] {
            let step = RecordedStep {
                setup: vec!["CREATE SCHEMA IF NOT EXISTS app".to_owned()],
                settings: vec!["SET search_path = app".to_owned()],
                ..recorded(statements)
            };
            for (is_first, start) in [(true, "CREATE SCHEMA IF NOT EXISTS app;\nSET"), (false, "SET")] {
                let section = write_statements(&step, is_first, Some(&guard)).unwrap();
                let expected = format!("{start} search_path = app;\n\n-- The Python script a.py reads t.");
                assert!(section.sql.starts_with(&expected), "{}", section.sql);
                assert_eq!(split(&section.sql).unwrap().len(), 2 + statements.len() + usize::from(is_first));
            }
        }
    }
}
