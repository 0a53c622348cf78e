//! `script.py.mako`: the part of Mako's language that templates of scripts use. Python expressions are read, not run.

mod parse;
mod render;

pub use render::TemplateValues;

/// Why a template cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MakoError {
    /// 1-based.
    pub line: usize,
    pub message: String,
    pub hint: Option<String>,
}

/// Renders a template. `option` returns the value of an option of `alembic.ini`.
///
/// # Errors
/// If the template contains anything other than text, `${…}` with constants and the values, `% if`, `% for`, and
/// blocks with imports and assignments.
pub fn render(
    template: &str,
    values: &TemplateValues<'_>,
    option: &dyn Fn(&str) -> Option<String>,
) -> Result<String, MakoError> {
    render::render(&parse::parse(template)?, values, option)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::python::Date;

    const GENERIC: &str = "\"\"\"${message}\n\nRevision ID: ${up_revision}\nRevises: ${down_revision | comma,n}\n\
        Create Date: ${create_date}\n\n\"\"\"\nfrom alembic import op\n${imports if imports else \"\"}\n\n\
        revision: str = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n\
        branch_labels = ${repr(branch_labels)}\ndepends_on = ${repr(depends_on)}\n\n\n\
        def upgrade() -> None:\n    ${upgrades if upgrades else \"pass\"}\n";

    fn values<'a>(parents: &'a [String], labels: &'a [String], depends_on: &'a [String]) -> TemplateValues<'a> {
        let time = jiff::civil::date(2026, 1, 2).at(3, 4, 5, 0);
        TemplateValues {
            message: "add it's",
            revision: "1a2b",
            parents,
            branch_labels: labels,
            depends_on,
            create_date: Date { time, offset: None },
        }
    }

    fn render_with(template: &str) -> Result<String, MakoError> {
        render(template, &values(&["a1".into()], &[], &[]), &|name| {
            (name == "databases").then(|| "one, two".to_owned())
        })
    }

    #[test]
    fn the_generic_template() {
        let text = render_with(GENERIC).unwrap();
        assert_eq!(
            text,
            "\"\"\"add it's\n\nRevision ID: 1a2b\nRevises: a1\nCreate Date: 2026-01-02 03:04:05\n\n\"\"\"\n\
             from alembic import op\n\n\nrevision: str = '1a2b'\ndown_revision = 'a1'\nbranch_labels = None\n\
             depends_on = None\n\n\ndef upgrade() -> None:\n    pass\n"
        );
        let both = ["a1".to_owned(), "b2".to_owned()];
        let merge = render(GENERIC, &values(&both, &both[..1], &both), &|_| None).unwrap();
        for part in
            ["Revises: a1, b2\n", "= ('a1', 'b2')\n", "branch_labels = ('a1',)\n", "depends_on = ['a1', 'b2']\n"]
        {
            assert!(merge.contains(part), "{part} in {merge}");
        }
        let base = render(GENERIC, &values(&[], &[], &both[..1]), &|_| None).unwrap();
        for part in ["Revises: \n", "down_revision = None\n", "depends_on = 'a1'\n"] {
            assert!(base.contains(part), "{part} in {base}");
        }
    }

    #[test]
    fn constructs() {
        for (template, expected) in [
            ("a\n% if down_revision:\nhas ${down_revision}\n% else:\nbase\n% endif\nb", "a\nhas a1\nb"),
            ("% if branch_labels:\nx\n% elif message == \"add it's\":\ny\n% endif\n", "y\n"),
            ("% for x in ['a', 'b']:\n${x}\n% endfor\n", "a\nb\n"),
            ("<%!\nimport re\n%>${up_revision}", "1a2b"),
            ("<% x = 'y' %>${x}", "y"),
            (
                "<%\n    names = config.get_main_option(\"databases\")\n%>\n% for n in re.split(r',\\s*', names):\n${n}\n% endfor\n",
                "\none\ntwo\n",
            ),
            ("## comment\ntext ## not\n", "text ## not\n"),
            ("%% literal\n", "% literal\n"),
            ("one \\\nline", "one line"),
            ("<%doc>gone</%doc>x", "x"),
            ("${ {'a': '}'}['a'] }", "}"),
            ("${'a|b' | n}", "a|b"),
            ("${message.upper()} ${create_date.strftime('%Y')} ${create_date.year}", "ADD IT'S 2026 2026"),
            ("${context.get('one_upgrades', 'pass')}", "pass"),
            ("100% sure $x {y}", "100% sure $x {y}"),
            ("${f'{up_revision}!'}", "1a2b!"),
            ("가 ${message}", "가 add it's"),
            ("a\r\n% if True:\r\nb\r\n% endif\r\n", "a\r\nb\r\n"),
        ] {
            assert_eq!(render_with(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn unknown_constructs_are_named_with_their_line() {
        for (template, line, part) in [
            ("a\n${unknown}", 2, "unknown"),
            ("a\n\n${message.encode('x')}", 3, "message.encode"),
            ("<%include file='x'/>", 1, "<%include"),
            ("a\n% while True:\n% endwhile\n", 2, "while"),
            ("% if x\n", 1, "if x"),
            ("% if True:\na\n", 1, "endif"),
            ("a\n% endif\n", 2, "endif"),
            ("${message", 1, "'}'"),
            ("${message | h}", 1, "filter 'h'"),
            ("<% print('x') %>", 1, "assignments"),
            ("<%! x = 1", 1, "%>"),
            ("<%doc>", 1, "</%doc>"),
        ] {
            let error = render_with(template).unwrap_err();
            assert_eq!(error.line, line, "{template}: {error:?}");
            assert!(error.message.contains(part), "{template}: {error:?}");
        }
    }
}
