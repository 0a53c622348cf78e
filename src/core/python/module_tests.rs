//! The values of names, and the places of functions.

use super::*;

struct Files(&'static [(&'static str, bool, &'static str)]);

impl Modules for Files {
    fn find(&self, name: &str) -> Option<ModuleText> {
        let (_, is_package, text) = self.0.iter().find(|(known, ..)| *known == name)?;
        Some(ModuleText { text: (*text).into(), is_package: *is_package })
    }
}

/// The value of `x` after the text, as Python writes it.
fn x(text: &str) -> Option<String> {
    let files = Files(&[
        ("app", true, "from .ids import *\nfrom .ids import FIRST as ONE\nLOOP = 1\n"),
        ("app.ids", false, "FIRST = 'a1'\nBOTH = (FIRST, 'b2')\n"),
        ("loop", false, "from loop import x\n"),
    ]);
    Module::read(text, &files).value_of("x").ok().map(|value| value.to_repr())
}

#[test]
fn values_are_read_as_python_computes_them() {
    for (text, expected) in [
        ("x = 'a'", "'a'"),
        ("x: str = \"a\" 'b'", "'ab'"),
        ("x = ('a'\n  'b')", "'ab'"),
        ("x = r'\\n'", "'\\\\n'"),
        ("x = '\\x41\\u00e9'", "'Aé'"),
        ("x = 'a', 'b'", "('a', 'b')"),
        ("x = ['a', *('b',)]", "['a', 'b']"),
        ("x = y = 'a'", "'a'"),
        ("y, x = None, 'a'", "'a'"),
        ("x = 'a'\nx = 'b'", "'b'"),
        ("y = 'a'\nx = y\ny = 'b'", "'a'"),
        ("x = 'a'\nx += 'b'", "'ab'"),
        ("y = 1\nx = f'rev_{y}'", "'rev_1'"),
        ("x = '%s_%03d' % ('a', 7)", "'a_007'"),
        ("x = 'A'.lower() + '-'.join(['b', 'c'])", "'ab-c'"),
        ("if True:\n    x = 'a'\nelse:\n    x = 'b'", "'a'"),
        ("if TYPE_CHECKING:\n    x = 'a'\nelse:\n    x = 'b'", "'b'"),
        ("x = 'a'\nif __name__ == '__main__':\n    x = 'b'", "'a'"),
        ("try:\n    x = 'a'\nexcept ImportError:\n    x = 'b'", "'a'"),
        ("def f():\n    x = 'b'\nx = 'a'", "'a'"),
        ("from app.ids import FIRST\nx = FIRST", "'a1'"),
        ("from app import ONE as x", "'a1'"),
        ("from app import BOTH as x", "('a1', 'b2')"),
        ("from app.ids import *\nx = BOTH[-1]", "'b2'"),
        ("import app.ids\nx = app.ids.FIRST", "'a1'"),
        ("import app.ids as ids\nx = ids.FIRST", "'a1'"),
        ("from app import ids\nx = ids.FIRST", "'a1'"),
        ("x = {'a': 'b'}['a']", "'b'"),
        ("x = None if not 'a' else 'c'", "'c'"),
        ("'doc'\n# comment\nx = (  # comment\n  'a',  # one\n)", "('a',)"),
    ] {
        assert_eq!(x(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_not_constant_is_not_guessed() {
    for text in [
        "x = compute()",
        "import os\nx = os.environ['X']",
        "if y:\n    x = 'a'",
        "for x in ('a', 'b'):\n    x = x",
        "from elsewhere import x",
        "from loop import x",
        "x = 'a'\ndel x",
        "x = 'a'\ndef x(): pass",
        "y = 'a'",
        "from . import x",
        "x = 'a'\nfor x in ('b', 'c'):\n    pass",
        "x = 'a'\nfor y in z():\n    pass\nelse:\n    x = 'b'",
        "x = 'a'\nif y:\n    import x",
        "x = 'a'\nif y:\n    from z import y as x",
        "x = 'a'\nif y:\n    class x:\n        pass",
        "x = 'a'\nif y:\n    del x",
        "x = 'a'\nif y:\n    try:\n        pass\n    except E as x:\n        pass",
        "x = 'a'\nif y:\n    try:\n        pass\n    finally:\n        x = 'b'",
        "x = 'a'\nwith y() as x:\n    pass",
        "x = 'a'\nwhile y:\n    x, z = 'b', 'c'",
        "x = 'a'\nmatch y:\n    case [*x]:\n        pass",
        "x = 'a'\nif (x := y()):\n    pass",
    ] {
        assert_eq!(x(text), None, "{text}");
    }
}

#[test]
fn functions_have_their_place() {
    let text = "@decorated\ndef upgrade():\n    '''doc'''\n    pass\n\nasync def downgrade():\n    op.x()\n";
    let module = Module::read(text, &NoModules);
    let upgrade = module.function("upgrade").unwrap();
    assert_eq!(&text[upgrade.start..upgrade.end], "@decorated\ndef upgrade():\n    '''doc'''\n    pass");
    assert!(upgrade.is_empty);
    let downgrade = module.function("downgrade").unwrap();
    assert!(text[downgrade.start..downgrade.end].ends_with("op.x()"));
    assert!(!downgrade.is_empty);
}

#[test]
fn functions_that_use_results_are_recognised() {
    for (body, expected) in [
        ("while True:\n        break", true),
        ("if bind.execute(x).rowcount:\n        pass", true),
        ("for row in rows:\n        op.execute(row)", false),
        ("op.execute('x')", false),
    ] {
        let module_text = format!("def upgrade():\n    {body}\n");
        let module = Module::read(&module_text, &NoModules);
        assert_eq!(module.function("upgrade").unwrap().uses_results, expected, "{body}");
    }
}

#[test]
fn syntax_errors_have_their_place_and_the_rest_is_read() {
    let text = "x = 'a'\ndef upgrade(:\n    pass\n";
    let module = Module::read(text, &NoModules);
    assert_eq!(crate::core::text::line_at(text, module.errors[0].offset), 2);
    assert_eq!(module.value_of("x"), Ok(Value::Text("a".into())));
}
