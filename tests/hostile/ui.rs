//! Every screen of the UI on a hostile project and database.

use super::assert_harmless;
use super::project::{HostileDatabase, project};

/// Keys that open the screens.
const SCREENS: &[&str] = &[
    "",
    "jj",
    "gg2jj",
    "3jjlll",
    "/FAKE<enter>n",
    "?",
    ":up",
    "u",
    "us",
    "u<enter>",
    "e",
    "je<down><down>",
    "e/evil<enter>",
    "c",
    "s",
    "m",
    "x",
    "b",
    "v",
    "a",
    "@",
    "K",
    "d",
    "D",
];

#[test]
fn no_screen_contains_unsafe_characters() {
    let database = HostileDatabase::create("ui");
    let project = project(&database);
    project.run(&["upgrade", "aaaa00000002", "--allow", "all"]).expect_status(0);
    for keys in SCREENS {
        for size in ["120x40", "60x16"] {
            let output = project.run(&["--keys", keys, "--size", size, "--print", "text"]);
            assert_harmless(&format!("the screen after '{keys}'"), &output.stdout);
            assert_harmless(&format!("standard error after '{keys}'"), &output.stderr);
            assert!(!output.stdout.trim().is_empty(), "'{keys}' {}", output.stderr);
        }
    }
    for picture in ["ansi", "svg"] {
        let output = project.run(&["--keys", "j", "--print", picture]);
        let text = remove_colours(&output.stdout);
        assert_harmless(picture, &text);
        assert!(text.contains("\\x1B[2J") && text.contains("\\u202E"), "{text}");
    }
}

/// Removes limbeck's own colours: `ESC [ digits and semicolons m`.
fn remove_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(part.len());
        assert_eq!(part.get(end..=end), Some("m"), "{part:?}");
        plain.push_str(&part[end + 1..]);
    }
    plain
}
