//! Parsing and rendering: cases by table, and round trips of random scripts.

use proptest::prelude::*;

use super::*;

/// The built-in template of a new script.
const DEFAULT_TEMPLATE: &str = include_str!("../../../assets/script.sql.j2");

const CANONICAL: &str = "\
-- Add user table
--
-- and what the \"quoted\" words need
--
-- Revision ID: 1975ea83b712
-- Revises: 27c6a30d7c24
-- Branch Labels: billing
-- Depends On: ae1027a6acf0
-- Create Date: 2026-11-22 10:00:00+00:00
-- Reviewed-By: nobody yet

-- @upgrade transaction=off
CREATE TABLE users (id bigint PRIMARY KEY);

-- @downgrade
DROP TABLE users;
";

fn parsed(text: &str) -> Script {
    Script::parse(text).unwrap_or_else(|error| panic!("{error:?} in {text}"))
}

/// The script without the line numbers that only a parsed text has.
fn without_lines(mut script: Script) -> Script {
    if let ScriptCode::Sql(code) = &mut script.code {
        code.upgrade.line = 0;
        code.downgrade.line = 0;
    }
    script
}

/// The code of a parsed SQL script.
fn code(script: &Script) -> &SqlCode {
    script.sql().unwrap()
}

#[test]
fn every_part_of_a_script_is_parsed() {
    let script = parsed(CANONICAL);
    assert_eq!(script.message, "Add user table\n\nand what the \"quoted\" words need");
    assert_eq!(script.summary(), "Add user table");
    assert_eq!(script.revision.as_str(), "1975ea83b712");
    assert_eq!(script.down_revisions, [RevisionId::parse("27c6a30d7c24").unwrap()]);
    assert_eq!(script.branch_labels, ["billing"]);
    assert_eq!(script.depends_on, ["ae1027a6acf0"]);
    assert_eq!(script.create_date.as_deref(), Some("2026-11-22 10:00:00+00:00"));
    assert_eq!(code(&script).other_header, ["Reviewed-By: nobody yet"]);
    let upgrade = Section { sql: "CREATE TABLE users (id bigint PRIMARY KEY);".into(), transactional: false, line: 13 };
    assert_eq!(*code(&script).section(Direction::Upgrade), upgrade);
    let downgrade = Section { sql: "DROP TABLE users;".into(), transactional: true, line: 16 };
    assert_eq!(*code(&script).section(Direction::Downgrade), downgrade);
    assert_eq!(script.render().unwrap(), CANONICAL);
}

#[test]
fn parsing_accepts_whitespace_of_editors() {
    let windows = format!("\u{feff}{}\r\n\r\n", CANONICAL.replace('\n', "  \r\n"));
    let script = without_lines(parsed(&windows));
    assert_eq!(script, without_lines(parsed(CANONICAL)));
    let blank_above = CANONICAL.replace("-- @downgrade\n", "-- @downgrade\n\n  \n");
    assert_eq!(code(&parsed(&blank_above)).downgrade.line, 18);
    assert_eq!(parsed(&blank_above).render().unwrap(), CANONICAL);
}

#[test]
fn lists_may_be_empty_absent_or_long() {
    let script = parsed("-- Revision ID: a\n-- Revises:\n-- Branch Labels: \n-- Depends On:");
    assert!(script.down_revisions.is_empty() && script.branch_labels.is_empty() && script.depends_on.is_empty());
    assert_eq!(script.render().unwrap(), "-- Revision ID: a\n-- Revises:\n\n-- @upgrade\n\n-- @downgrade\n");
    let merge = parsed("--revision id: m\n--REVISES: a,b ,  가나");
    let parents: Vec<&str> = merge.down_revisions.iter().map(RevisionId::as_str).collect();
    assert_eq!(parents, ["a", "b", "가나"]);
    assert!(merge.render().unwrap().contains("-- Revises: a, b, 가나\n"));
}

#[test]
fn markers_count_only_as_sql_comments_on_their_own_line() {
    let body = "SELECT '\n-- @downgrade\n', $$\n-- @upgrade\n$$ -- @downgrade\n/*\n-- @downgrade\n*/;\n\
                COPY t FROM stdin;\n-- @downgrade\n\\.\n-- @downgraded is a word of its own";
    let script = parsed(&format!("-- m\n-- Revision ID: a\n\n-- @upgrade\n{body}\n\n  --  @downgrade \nSELECT 1;\n"));
    assert_eq!(code(&script).upgrade.sql, body);
    assert_eq!(code(&script).downgrade, Section { sql: "SELECT 1;".into(), transactional: true, line: 19 });
}

#[test]
fn a_doubled_carriage_return_is_a_line_end() {
    let script = parsed("-- m\r\r\n-- Revision ID: a\r\r\n\r\r\n-- @upgrade\r\r\nSELECT 1,\r\r\n 2;\r");
    assert_eq!(code(&script).upgrade.sql, "SELECT 1,\n 2;");
    assert_eq!(code(&parsed(&script.render().unwrap())).upgrade.sql, code(&script).upgrade.sql);
}

#[test]
fn an_open_statement_ends_at_a_marker() {
    let script = parsed("-- Revision ID: a\n-- @upgrade\nSELECT (\n-- @downgrade\nCOPY t FROM stdin;\n1\n\\.\n");
    assert_eq!(
        (code(&script).upgrade.sql.as_str(), code(&script).downgrade.sql.as_str()),
        ("SELECT (", "COPY t FROM stdin;\n1\n\\.")
    );
}

#[test]
fn sections_may_be_in_any_order_and_absent() {
    let script = parsed("-- Revision ID: a\n-- @downgrade\nD;\n-- @upgrade\nU;");
    assert_eq!((code(&script).upgrade.sql.as_str(), code(&script).downgrade.sql.as_str()), ("U;", "D;"));
    let upgrade_only = parsed("-- Revision ID: a\n-- @upgrade\nU;");
    assert_eq!(code(&upgrade_only).downgrade, Section::default());
    assert!(code(&upgrade_only).downgrade.transactional);
}

#[test]
fn invalid_scripts_are_reported_with_their_line() {
    for (text, line, part) in [
        ("", None, "no Revision ID"),
        ("-- only a comment\n", None, "no Revision ID"),
        ("-- m\nSELECT 1;\n-- Revision ID: a", Some(2), "no Revision ID"),
        ("-- m\n-- Revision ID:\n", Some(2), "cannot be empty"),
        ("-- Revision ID: a b", Some(1), "not allowed"),
        ("-- Revision ID: head", Some(1), "symbol"),
        ("-- Revision ID: a\n-- Revises: b, c+1", Some(2), "Revises is not a valid revision id"),
        ("-- Revision ID: a\n-- Revision ID: b", Some(2), "present twice"),
        ("-- Revision ID: a\n\nSELECT 1;\n-- @upgrade", Some(3), "above the first marker"),
        ("-- Revision ID: a\n-- @upgrade\nA;\n-- @upgrade\nB;", Some(4), "@upgrade is present twice"),
        ("-- Revision ID: a\n-- @upgrade transaction=of\n", Some(2), "has no option transaction=of"),
        ("-- Revision ID: a\n\n-- @upgrade\nSELECT 'a;\n-- @downgrade\n", Some(4), "string is not closed"),
        ("-- Revision ID: a\n-- @upgrade\nCOPY t FROM stdin;\n1\n-- @downgrade\n", Some(3), "no closing line"),
    ] {
        let error = Script::parse(text).unwrap_err();
        assert_eq!(error.line, line, "{text}");
        assert!(error.message.contains(part) && error.hint.is_some(), "{text}: {error:?}");
    }
}

#[test]
fn a_message_cannot_end_its_own_header() {
    let mut script = parsed(CANONICAL);
    script.message = "one\r\nRevision ID: other\n@upgrade\n\n  indented".into();
    let read = parsed(&script.render().unwrap());
    assert_eq!(read.revision, script.revision);
    assert_eq!(read.message, "one\n Revision ID: other\n@upgrade\n\n  indented");
}

#[test]
fn the_default_template_writes_a_canonical_script() {
    let environment = minijinja::Environment::new();
    for (parents, labels, sql) in
        [(vec!["27c6a30d7c24"], vec!["billing"], "SELECT 1;"), (vec![], vec![], ""), (vec!["a", "b"], vec![], "")]
    {
        let text = environment
            .render_str(
                DEFAULT_TEMPLATE,
                minijinja::context! { message => "사용자 표\nand more", revision => "1975ea83b712", down_revisions => parents.clone(),
                    branch_labels => labels.clone(), depends_on => labels, create_date => "2026-11-22 10:00:00+00:00",
                    upgrade_sql => sql, downgrade_sql => sql, slug => "user" },
            )
            .unwrap();
        assert_eq!(format!("{text}\n").trim_end(), parsed(&text).render().unwrap().trim_end());
        assert_eq!(code(&parsed(&text)).upgrade.sql, sql);
    }
}

#[test]
fn the_sample_project_has_the_default_template() {
    assert_eq!(include_str!("../../../migrations/script.sql.j2"), DEFAULT_TEMPLATE);
}

/// Complete lines of SQL. Some of them contain text that looks like a marker.
fn sql() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("SELECT 1;".to_owned()),
        Just("  -- a comment; 'open".to_owned()),
        Just(String::new()),
        Just("INSERT INTO t VALUES ('it''s\n-- @upgrade\n');".to_owned()),
        Just("DO $x$\n-- @downgrade transaction=off\n$x$;".to_owned()),
        Just("/* /* \n-- @upgrade\n*/ */".to_owned()),
        Just("COPY t FROM stdin;\n-- @upgrade\n'\n\\.".to_owned()),
        Just("SELECT E'\\'\n' -- @upgrade\n;".to_owned()),
        "[a-z가-힣 ,.=+*]{0,20}".prop_map(|text| text + ";"),
    ];
    prop::collection::vec(line, 0..6).prop_map(|lines| sections::trimmed(&lines.join("\n")).0.to_owned())
}

fn message() -> impl Strategy<Value = String> {
    prop::collection::vec("(  )?[^\\s\\pC][^\\pC\u{2028}\u{2029}]{0,20}|", 0..4).prop_map(|lines| {
        let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        lines.join("\n").trim_matches('\n').to_owned()
    })
}

#[test]
fn a_misspelled_marker_is_an_error_with_the_nearest_marker() {
    for (line, meant) in [
        ("-- @downgrad", Some("downgrade")),
        ("-- @Downgrade", Some("downgrade")),
        ("--@downgarde", Some("downgrade")),
        ("-- @dowgrade transaction=off", Some("downgrade")),
        ("  -- @upgrde  ", Some("upgrade")),
        ("-- @UPGRADE", Some("upgrade")),
        ("-- @upgrade:", Some("upgrade")),
        ("-- @down", Some("downgrade")),
        ("-- @up", Some("upgrade")),
        ("-- @update the rows", None),
        ("-- @author me", None),
        ("-- @grade", None),
        ("-- downgrad", None),
        ("SELECT 1; -- @downgrad", None),
        ("/*\n-- @downgrad\n*/", None),
        ("SELECT '\n-- @downgrad\n'", None),
    ] {
        let text = format!("-- m\n--\n-- Revision ID: a\n\n-- @upgrade\nSELECT 1;\n{line}\nSELECT 2;\n");
        let error = Script::parse(&text).err();
        let found = error.as_ref().map(|error| (error.line, error.hint.clone().unwrap()));
        let expected = meant.map(|meant| (Some(7), format!("did you mean `-- @{meant}`?")));
        assert_eq!(found, expected, "{line}: {error:?}");
    }
    let first = Script::parse("-- m\n-- Revision ID: a\n\n-- @upgrad\nSELECT 1;\n").unwrap_err();
    assert_eq!((first.line, first.message.as_str()), (Some(4), "@upgrad is not a marker"));
}

#[test]
fn a_section_has_parts_inside_and_outside_a_transaction() {
    let read = |body: &str| Script::parse(&format!("-- m\n--\n-- Revision ID: a\n\n{body}"));
    for (body, parts, downgrade) in [
        ("-- @upgrade\nA;\n", vec![(1, true)], ""),
        ("-- @upgrade transaction=off\nA;\n\n-- @upgrade\nB;\n", vec![(1, false), (3, true)], ""),
        (
            "-- @upgrade\n-- @upgrade transaction=off\nA;\n-- @upgrade\nB;\n-- @downgrade\nC;\n",
            vec![(1, false), (2, true)],
            "C;",
        ),
        ("-- @upgrade transaction=off\nSELECT '\n-- @upgrade\n';\n", vec![(1, false)], ""),
    ] {
        let script = read(body).unwrap();
        let code = code(&script);
        let found: Vec<_> = code.upgrade.parts().iter().map(|part| (part.first_line, part.transactional)).collect();
        assert_eq!(found, parts, "{body}");
        assert_eq!(code.downgrade.sql, downgrade, "{body}");
        let rendered = script.render().unwrap();
        assert_eq!(Script::parse(&rendered).unwrap().render().unwrap(), rendered, "{body}");
    }
    for (body, line, message) in [
        ("-- @upgrade\nA;\n-- @upgrade\nB;\n", 7, "@upgrade is present twice"),
        ("-- @upgrade\nA;\n-- @downgrade\nB;\n-- @upgrade transaction=off\nC;\n", 9, "@upgrade is present twice"),
        ("-- @upgrade transaction=off\nA\n-- @upgrade\nB;\n", 7, "no semicolon"),
    ] {
        let error = read(body).unwrap_err();
        assert_eq!(error.line, Some(line), "{body}: {error:?}");
        assert!(error.message.contains(message), "{body}: {error:?}");
    }
}

#[test]
fn parts_are_joined_with_markers_only_where_the_transaction_changes() {
    let part = |sql: &str, transactional: bool| (sql.to_owned(), transactional);
    for (parts, expected) in [
        (vec![], ""),
        (vec![part("A;", true), part("", false), part("B;", true)], "A;\n\nB;"),
        (
            vec![part("", true), part("A;", false), part("B;", true)],
            "-- @upgrade transaction=off\nA;\n\n-- @upgrade\nB;",
        ),
        (
            vec![part("A;", true), part("B;", false), part("C;", true)],
            "A;\n\n-- @upgrade transaction=off\nB;\n\n-- @upgrade\nC;",
        ),
    ] {
        assert_eq!(join_parts(Direction::Upgrade, &parts), expected);
    }
}

fn script() -> impl Strategy<Value = Script> {
    let id = || "[a-z0-9가-힣_]{5,32}".prop_map(|id| RevisionId::parse(&id).unwrap());
    let words = || prop::collection::vec("[a-z0-9@_]{1,12}", 0..3);
    let section = || (sql(), any::<bool>()).prop_map(|(sql, transactional)| Section { sql, transactional, line: 0 });
    let lists = (prop::collection::vec(id(), 0..3), words(), words());
    let date = prop::option::of("20[0-9]{2}-0[1-9]-1[0-9] 10:00:00");
    (message(), id(), lists, date, prop::collection::vec("X-[A-Z]{1,4}: [a-z]{1,9}", 0..2), section(), section())
        .prop_map(
            |(
                message,
                revision,
                (down_revisions, branch_labels, depends_on),
                create_date,
                other_header,
                upgrade,
                downgrade,
            )| {
                Script {
                    message,
                    revision,
                    down_revisions,
                    branch_labels,
                    depends_on,
                    create_date,
                    code: ScriptCode::Sql(SqlCode { other_header, upgrade, downgrade }),
                }
            },
        )
}

proptest! {
    #[test]
    fn parsing_reverses_rendering(script in script()) {
        let read = Script::parse(&script.render().unwrap()).unwrap();
        prop_assert_eq!(&without_lines(read.clone()), &script);
        prop_assert_eq!(read.render().unwrap(), script.render().unwrap());
        prop_assert_eq!(Script::parse(&read.render().unwrap()).unwrap(), read);
    }

    #[test]
    fn no_text_makes_parsing_panic(text in "(-- Revision ID: a\n|-- @upgrade\n|-- @downgrade x\n|['\"$\\\\/*;\r\n]|COPY t FROM stdin|--|\\PC){0,40}") {
        if let Ok(script) = Script::parse(&text) {
            prop_assert_eq!(without_lines(Script::parse(&script.render().unwrap()).unwrap()), without_lines(script));
        }
        let _ = crate::core::sql::split(&text);
    }
}
