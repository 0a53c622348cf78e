//! The rules about single files. Each rule has an example that breaks it, which proves that the rule works.

use super::imports::imports;
use super::source::Source;

/// What a rule finds: the 1-based line, and what is wrong there.
type Violations = Vec<(usize, String)>;

/// A rule about single files.
pub struct Rule {
    pub name: &'static str,
    check: fn(&Source) -> Violations,
    /// (path, text) of a file that breaks the rule once.
    bad: (&'static str, &'static str),
    /// (path, text) of a similar file that follows the rule.
    good: (&'static str, &'static str),
}

impl Rule {
    /// Returns one line of text for each violation in a file.
    pub fn violations(&self, source: &Source) -> Vec<String> {
        let found = (self.check)(source);
        found.into_iter().map(|(line, what)| format!("{}:{line}: {}: {what}", source.path, self.name)).collect()
    }
}

/// The layers, and the layers that each may import.
const LAYERS: [(&str, &[&str]); 4] = [
    ("core", &["core"]),
    ("engine", &["core", "engine"]),
    ("cli", &["core", "engine", "cli"]),
    ("tui", &["core", "engine", "tui"]),
];

/// Folders without IO, async code and clock.
const PURE: [&str; 3] = ["src/core", "src/tui/app", "src/tui/view"];

/// Words that a file in [`PURE`] must not contain.
const IMPURE: [&str; 17] = [
    ".await",
    "async fn",
    "async move",
    "tokio",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "fs::read",
    "fs::write",
    "File::open",
    "Command::new",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
];

/// The maximum length of a file, in lines.
const MAX_LINES: usize = 400;

/// How code would search the text of a statement.
const SEARCHES: [&str; 14] = [
    "sql.contains(",
    "sql.find(",
    "sql.split(",
    "sql.starts_with(",
    "sql().contains(",
    "sql().find(",
    "sql().split(",
    "sql().starts_with(",
    "statement.contains(",
    "statement.split(",
    "statement.starts_with(",
    ".text.contains(",
    ".text.split(",
    ".text.starts_with(",
];

pub const RULES: [Rule; 8] = [
    Rule {
        name: "a layer imports only the layers below it",
        check: forbidden_imports,
        bad: ("src/core/a/b.rs", "//! .\nuse crate::{\n    core::graph,\n    engine::{Error, cli},\n};\n"),
        good: ("src/cli/a.rs", "//! .\nuse crate::engine::{Error, tui};\nuse super::super::core::x;\n"),
    },
    Rule {
        name: "core, tui/app and tui/view contain no IO, no async code and no clock",
        check: |source| if source.is_in(&PURE) { words(source, &IMPURE) } else { Vec::new() },
        bad: ("src/tui/app/a.rs", "//! .\nfn a() -> Instant { Instant::now() }\n"),
        good: ("src/core/a.rs", "//! .\nuse std::time::Instant;\n// tokio\n#[cfg(test)]\nmod tests { use std::fs; }\n"),
    },
    Rule {
        name: "only core::statement uses the SQL parser",
        check: |source| {
            if source.is_in(&["src/core/statement"]) { Vec::new() } else { words(source, &["squawk_"]) }
        },
        bad: ("src/core/hazard/a.rs", "//! .\nuse squawk_syntax::ast;\n"),
        good: ("src/core/statement/a.rs", "//! .\nuse squawk_syntax::ast;\n"),
    },
    Rule {
        name: "the engine reads the facts of a statement, not its text",
        check: |source| match source.layer() {
            Some("engine") => words(source, &SEARCHES),
            _ => Vec::new(),
        },
        bad: ("src/engine/a.rs", "//! .\nfn a() -> bool { planned.sql().contains(\"rename\") }\n"),
        good: ("src/engine/a.rs", "//! .\nfn a() -> bool { planned.statement.cascades() }\n"),
    },
    Rule {
        name: "only cli prints",
        check: |source| match source.layer() {
            Some("cli") => Vec::new(),
            _ => words(source, &["println!", "eprintln!", "print!", "eprint!", "dbg!"]),
        },
        bad: ("src/engine/a.rs", "//! .\nfn a() { eprintln!(\"x\"); }\n"),
        good: ("src/cli/a.rs", "//! .\nfn a() { println!(\"x\"); }\n"),
    },
    Rule {
        name: "colours come from the theme",
        check: |source| {
            let theme = source.path.contains("/theme") || source.is_in(&["src/tui/print"]);
            if theme || source.layer() != Some("tui") { Vec::new() } else { words(source, &["Color::"]) }
        },
        bad: ("src/tui/view/list.rs", "//! .\nconst A: Color = Color::Red;\n"),
        good: ("src/tui/view/theme.rs", "//! .\nconst A: Color = Color::Red;\n"),
    },
    Rule {
        name: "a file has at most 400 lines",
        check: |source| {
            let lines = source.text.lines().count();
            if lines > MAX_LINES { vec![(lines, format!("{lines} lines, more than {MAX_LINES}"))] } else { Vec::new() }
        },
        bad: ("src/engine/a.rs", LONG),
        good: ("src/engine/a.rs", "//! .\n"),
    },
    Rule {
        name: "a module starts with a sentence about its purpose",
        check: |source| {
            let has_sentence = source.text.starts_with("//! ");
            if has_sentence { Vec::new() } else { vec![(1, "no `//!` sentence".to_owned())] }
        },
        bad: ("src/engine/a.rs", "use std::fs;\n//! late\n"),
        good: ("src/engine/a.rs", "//! Early.\n"),
    },
];

const LONG: &str = {
    const NEWLINES: [u8; MAX_LINES + 1] = [b'\n'; MAX_LINES + 1];
    match std::str::from_utf8(&NEWLINES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

fn words(source: &Source, words: &[&str]) -> Violations {
    let lines = |word: &&str| {
        source.lines_with(word).into_iter().map({
            let word = (*word).to_owned();
            move |line| (line, format!("`{word}`"))
        })
    };
    words.iter().flat_map(lines).collect()
}

fn forbidden_imports(source: &Source) -> Violations {
    let Some((layer, allowed)) = LAYERS.iter().find(|(layer, _)| source.layer() == Some(layer)) else {
        return Vec::new();
    };
    let is_layer = |name: &str| LAYERS.iter().any(|(layer, _)| *layer == name);
    let mut found: Violations = imports(source)
        .into_iter()
        .filter_map(|import| Some((import.line, import.path.into_iter().next()?)))
        .filter(|(_, to)| is_layer(to) && !allowed.contains(&to.as_str()))
        .map(|(line, to)| (line, format!("{layer} imports {to}")))
        .collect();
    found.dedup();
    found
}

#[test]
fn every_rule_reports_its_bad_example_and_only_that() {
    for rule in &RULES {
        let of = |(path, text): (&str, &str)| Source::new(path, text);
        let found = rule.violations(&of(rule.bad));
        assert_eq!(found.len(), 1, "{}: {found:?}", rule.name);
        assert_eq!(rule.violations(&of(rule.good)), [""; 0], "{}", rule.name);
    }
}
