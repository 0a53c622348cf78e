//! The shapes of scripts that public projects use.

use super::*;
use crate::core::python::ModuleText;

const HEAD: &str = "from alembic import op\nimport sqlalchemy as sa\n";
const BODY: &str = "def upgrade():\n    op.x()\n\ndef downgrade():\n    pass\n";

struct Constants;

impl Modules for Constants {
    fn find(&self, name: &str) -> Option<ModuleText> {
        (name == "app.ids").then(|| ModuleText { text: "FIRST = 'a1'\n".into(), is_package: false })
    }
}

fn parse(text: &str) -> ParsedScript {
    parse_script(text, "a1b2_file.py", &Constants)
}

/// Parents, labels and dependencies of a script with these assignments.
#[track_caller]
fn lists(assignments: &str) -> [String; 3] {
    let text = format!("'''m'''\n{HEAD}revision = 'r1'\n{assignments}\n{BODY}");
    let read = parse(&text);
    assert_eq!(read.error, None, "{assignments}");
    let script = read.script.unwrap();
    let parents: Vec<&str> = script.down_revisions.iter().map(RevisionId::as_str).collect();
    [parents.join(","), script.branch_labels.join(","), script.depends_on.join(",")]
}

#[test]
fn identifiers_have_many_shapes() {
    for (assignments, expected) in [
        ("down_revision = None", ["", "", ""]),
        ("down_revision = 'a1'\nbranch_labels = None\ndepends_on = None", ["a1", "", ""]),
        ("down_revision: Union[str, Sequence[str], None] = 'a1'", ["a1", "", ""]),
        ("down_revision: str | None = None", ["", "", ""]),
        ("down_revision = ('a1', 'b2')", ["a1,b2", "", ""]),
        ("down_revision = 'a1', 'b2'", ["a1,b2", "", ""]),
        ("down_revision = ['a1', 'b2']", ["a1,b2", "", ""]),
        ("down_revision = ('a1',)", ["a1", "", ""]),
        ("down_revision = ()", ["", "", ""]),
        ("down_revision = ''", ["", "", ""]),
        ("down_revision = (\n    'a1'\n)", ["a1", "", ""]),
        ("PARENT = 'a1'\ndown_revision = PARENT", ["a1", "", ""]),
        ("from app.ids import FIRST\ndown_revision = FIRST", ["a1", "", ""]),
        ("import app.ids\ndown_revision = app.ids.FIRST", ["a1", "", ""]),
        ("from app.ids import *\ndown_revision = (FIRST, 'b2')", ["a1,b2", "", ""]),
        ("down_revision = 'old'\ndown_revision = 'new'", ["new", "", ""]),
        ("revision, down_revision = 'r1', 'a1'", ["a1", "", ""]),
        ("down_revision = None; branch_labels = 'billing'", ["", "billing", ""]),
        ("down_revision = None\nbranch_labels = ('billing', 'two')\ndepends_on = 'c3'", ["", "billing,two", "c3"]),
        ("down_revision = None\nbranch_labels = {'billing'}\ndepends_on = ['c3', 'd4']", ["", "billing", "c3,d4"]),
        ("down_revision = None\ndepends_on = 'billing@head' if False else None", ["", "", ""]),
    ] {
        assert_eq!(lists(assignments), expected, "{assignments}");
    }
    let after = format!("{BODY}revision = 'r1'\ndown_revision = 'a1'\n");
    assert_eq!(parse(&after).script.unwrap().down_revisions.len(), 1, "assignments may be below the functions");
}

#[test]
fn the_docstring_is_what_alembic_shows() {
    let text = format!(
        "# Licence\n\"\"\"add users\nand more\n\nRevision ID: r1\nRevises: a1\nCreate Date: 2026-01-02 03:04:05.678\n\n\"\"\"\n\
         {HEAD}revision = 'r1'\ndown_revision = 'b2'\n\n{BODY}"
    );
    let script = parse(&text).script.unwrap();
    assert_eq!((script.message.as_str(), script.summary()), ("add users\nand more", "add users"));
    assert_eq!(script.create_date.as_deref(), Some("2026-01-02 03:04:05.678"));
    let code = script.python().unwrap();
    assert_eq!(code.first_paragraph(), "add users\nand more");
    assert_eq!(code.docstring_faults.len(), 1, "the code is authoritative");
    assert_eq!(code.docstring_faults[0].code, "b2");
    let upgrade = code.upgrade.unwrap();
    assert_eq!((upgrade.line, upgrade.is_empty), (15, false));
    assert!(code.downgrade.unwrap().is_empty);
    assert_eq!(text.get(upgrade.start..upgrade.end), Some("def upgrade():\n    op.x()"));
}

#[test]
fn everything_but_the_identifiers_may_be_missing() {
    let script = parse("revision = '20260102_email'\ndown_revision = None\n").script.unwrap();
    assert_eq!((script.message.as_str(), script.create_date.as_deref()), ("", None));
    assert_eq!(script.python(), Some(&PythonCode::default()));
    let legacy = parse_script("down_revision = None", "1a2b3c.py", &NoModules).script.unwrap();
    assert_eq!(legacy.revision.as_str(), "1a2b3c");
    let windows = "\u{feff}'''m\r\n\r\nRevision ID: r1\r\n'''\r\nrevision = 'r1'\r\ndown_revision = None\r\n";
    assert_eq!(parse(windows).script.unwrap().message, "m");
    let long = format!("revision = '{}'\ndown_revision = None", "x".repeat(40));
    assert_eq!(parse(&long).script.unwrap().revision.as_str().len(), 40);
}

#[test]
fn faults_have_their_line() {
    for (text, line, part) in [
        ("x = 1\n", None, "does not assign revision"),
        ("revision = 'a'\n", None, "does not assign down_revision"),
        (
            "revision = 'a'\ndown_revision = make()\n",
            Some(2),
            "down_revision is not a constant that limbeck can read without running the file: make()",
        ),
        ("\nrevision = 12\ndown_revision = None", Some(2), "revision is not a string"),
        ("revision = 'a-b'\ndown_revision = None", Some(1), "not a valid revision id"),
        ("revision = 'a'\ndown_revision = ('b', 3)", Some(2), "sequence of strings"),
        ("revision = 'a'\ndown_revision = None\ndef upgrade(:\n", Some(3), "Python syntax error"),
        ("revision = 'a'\n<<<<<<< HEAD\ndown_revision = None\n", Some(2), "Python syntax error"),
        ("\0", Some(1), "Python syntax error"),
        (&format!("revision = {}'a'\n", "-".repeat(100_000)), Some(1), "too deeply nested"),
    ] {
        let error = parse(text).error.unwrap_or_else(|| panic!("{text}"));
        assert_eq!(error.line, line, "{text}: {error:?}");
        assert!(error.message.contains(part) && error.hint.is_some(), "{text}: {error:?}");
    }
    let broken = parse("revision = 'a'\ndown_revision = None\ndef upgrade(:\n");
    assert!(broken.script.is_some(), "the identifiers of a broken file are used");
}

#[test]
fn only_scripts_are_read() {
    for (name, expected) in [
        ("a1_x.py", true),
        (".hidden.py", true),
        ("__init__.py", false),
        ("__init__x.py", false),
        (".#lock.py", false),
        ("a.py~", false),
        ("a.pyc", false),
        ("#a.py#", false),
        ("README", false),
    ] {
        assert_eq!(is_script_name(name), expected, "{name}");
    }
}

#[test]
fn the_editor_reads_texts_without_other_modules() {
    let own = "revision = 'a'\ndown_revision = None\n";
    assert!(parse_text(Language::Python, own).unwrap().is_some());
    let imported = "from x import P\nrevision = 'a'\ndown_revision = P\n";
    assert_eq!(parse_text(Language::Python, imported), Ok(None));
    for text in ["revision = 'a'\n", "revision = 'a'\ndown_revision = (\n"] {
        assert!(parse_text(Language::Python, text).is_err(), "{text}");
    }
    assert!(parse_text(Language::Sql, "-- Revision ID: a\n").unwrap().is_some());
}
