//! The rules. Each has a source that breaks it, so that a rule that never fires is seen.

use super::source::Source;

/// What a rule finds: a 1-based line and what is wrong there.
type Found = Vec<(usize, String)>;

/// One rule.
pub struct Rule {
    pub name: &'static str,
    check: fn(&Source) -> Found,
    /// (path, text) of a file that breaks it once.
    broken: (&'static str, &'static str),
    /// (path, text) of one that looks like it and does not.
    kept: (&'static str, &'static str),
}

impl Rule {
    /// What breaks the rule in a file, as lines to show.
    pub fn offences(&self, source: &Source) -> Vec<String> {
        let found = (self.check)(source);
        found.into_iter().map(|(line, what)| format!("{}:{line}: {}: {what}", source.path, self.name)).collect()
    }
}

/// Rooms, and those that each may import.
const EDGES: [(&str, &[&str]); 4] = [
    ("core", &["core"]),
    ("engine", &["core", "engine"]),
    ("cli", &["core", "engine", "cli"]),
    ("tui", &["core", "engine", "tui"]),
];

/// Without IO, async and clock.
const PURE: [&str; 3] = ["src/core", "src/tui/app", "src/tui/view"];

/// What a pure file has not.
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

/// How long a file may be, in lines.
const LINES: usize = 400;

pub const RULES: [Rule; 6] = [
    Rule {
        name: "a room imports only what the map allows",
        check: edges,
        broken: ("src/core/a/b.rs", "//! .\nuse crate::{\n    core::graph,\n    engine::{Error, cli},\n};\n"),
        kept: ("src/cli/a.rs", "//! .\nuse crate::engine::{Error, tui};\nuse super::super::core::x;\n"),
    },
    Rule {
        name: "core, tui/app and tui/view have no IO, no async, no clock",
        check: |source| if source.is_in(&PURE) { words(source, &IMPURE) } else { Vec::new() },
        broken: ("src/tui/app/a.rs", "//! .\nfn a() -> Instant { Instant::now() }\n"),
        kept: ("src/core/a.rs", "//! .\nuse std::time::Instant;\n// tokio\n#[cfg(test)]\nmod tests { use std::fs; }\n"),
    },
    Rule {
        name: "only the command line prints",
        check: |source| match source.room() {
            Some("cli") => Vec::new(),
            _ => words(source, &["println!", "eprintln!", "print!", "eprint!", "dbg!"]),
        },
        broken: ("src/engine/a.rs", "//! .\nfn a() { eprintln!(\"x\"); }\n"),
        kept: ("src/cli/a.rs", "//! .\nfn a() { println!(\"x\"); }\n"),
    },
    Rule {
        name: "colours are the theme's",
        check: |source| {
            let theme = source.path.contains("/theme") || source.is_in(&["src/tui/print"]);
            if theme || source.room() != Some("tui") { Vec::new() } else { words(source, &["Color::"]) }
        },
        broken: ("src/tui/view/list.rs", "//! .\nconst A: Color = Color::Red;\n"),
        kept: ("src/tui/view/theme.rs", "//! .\nconst A: Color = Color::Red;\n"),
    },
    Rule {
        name: "a file is short",
        check: |source| {
            let lines = source.text.lines().count();
            if lines > LINES { vec![(lines, format!("{lines} lines, more than {LINES}"))] } else { Vec::new() }
        },
        broken: ("src/engine/a.rs", LONG),
        kept: ("src/engine/a.rs", "//! .\n"),
    },
    Rule {
        name: "a module opens with what it is for",
        check: |source| {
            let opens = source.text.starts_with("//! ");
            if opens { Vec::new() } else { vec![(1, "no `//!` sentence".to_owned())] }
        },
        broken: ("src/engine/a.rs", "use std::fs;\n//! late\n"),
        kept: ("src/engine/a.rs", "//! Early.\n"),
    },
];

const LONG: &str = {
    const NEWLINES: [u8; LINES + 1] = [b'\n'; LINES + 1];
    match std::str::from_utf8(&NEWLINES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

fn words(source: &Source, words: &[&str]) -> Found {
    let lines = |word: &&str| {
        source.lines_with(word).into_iter().map({
            let word = (*word).to_owned();
            move |line| (line, format!("`{word}`"))
        })
    };
    words.iter().flat_map(lines).collect()
}

fn edges(source: &Source) -> Found {
    let Some((room, allowed)) = EDGES.iter().find(|(room, _)| source.room() == Some(room)) else { return Vec::new() };
    let imported = roots(source).into_iter();
    let foreign =
        imported.filter(|(_, to)| EDGES.iter().any(|(room, _)| room == to) && !allowed.contains(&to.as_str()));
    foreign.map(|(line, to)| (line, format!("{room} imports {to}"))).collect()
}

/// What is named right below the crate's root: `crate::a`, `crate::{a, b}`, and as many `super::` as lead there.
fn roots(source: &Source) -> Vec<(usize, String)> {
    let depth = source.path.trim_end_matches(".rs").split('/').filter(|part| !["src", "mod"].contains(part)).count();
    let up = "super::".repeat(depth);
    ["crate::", up.as_str()]
        .into_iter()
        .flat_map(|prefix| source.code.match_indices(prefix).map(move |(at, _)| at + prefix.len()))
        .flat_map(|at| names(&source.code[at..]).into_iter().map(move |(offset, name)| (at + offset, name)))
        .map(|(at, name)| (source.code[..at].matches('\n').count() + 1, name))
        .collect()
}

/// The first names of a path or of a braced list of paths, with their places.
fn names(path: &str) -> Vec<(usize, String)> {
    if !path.starts_with('{') {
        return vec![(0, word(path))];
    }
    let (mut depth, mut expected, mut names) = (0, false, Vec::new());
    for (at, c) in path.char_indices() {
        match c {
            '{' => (depth, expected) = (depth + 1, depth == 0),
            '}' => depth -= 1,
            ',' => expected = depth == 1,
            c if expected && !c.is_whitespace() => {
                names.push((at, word(&path[at..])));
                expected = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn every_rule_fires_on_what_breaks_it_and_only_there() {
    for (number, rule) in RULES.iter().enumerate() {
        let of = |(path, text): (&str, &str)| Source::new(path, text);
        let found = rule.offences(&of(rule.broken));
        assert_eq!(found.len(), 1, "{}: {found:?}", rule.name);
        assert_eq!(rule.offences(&of(rule.kept)), [""; 0], "{number}: {}", rule.name);
    }
}

#[test]
fn imports_are_found_however_they_are_written() {
    let text = "//! .\nuse crate::{\n    core::{graph, sql},\n    tui,\n};\nfn a() { crate::cli::run() }\nuse super::super::core;\n";
    let found = roots(&Source::new("src/engine/a.rs", text));
    let found: Vec<(usize, &str)> = found.iter().map(|(line, name)| (*line, name.as_str())).collect();
    assert_eq!(found, [(3, "core"), (4, "tui"), (6, "cli"), (7, "core")]);
    assert_eq!(edges(&Source::new("src/engine/a.rs", text)).len(), 2);
}
