//! Hostile text and hostile files: names, messages, notices, errors and queries with control characters and
//! bidirectional characters; FIFOs, devices, endless and huge files; random input.

mod blocking;
mod commands;
mod files;
mod fuzz;
mod fuzz_connection;
mod project;
mod random_input;
mod terminal;
mod ui;

use limbeck::core::escape::is_unsafe;

/// What a hostile text ends with: it erases the screen, rings, moves the cursor up, returns to the start of the line,
/// reverses the order of what follows, hides it, and deletes.
const EVIL: &str = "\x1b[2J\x07\u{9b}1A\r\u{202e}\u{2066}\u{2028}\x7f\x08";

/// Ends the line, so that the next word looks like a line of limbeck's own.
const FAKE_LINE: &str = "\nFAKE";

/// Fails if a text contains a character that a terminal would interpret, or a line that only looks like limbeck's.
#[track_caller]
fn assert_harmless(what: &str, text: &str) {
    for (number, line) in text.lines().enumerate() {
        let found = line.chars().find(|character| is_unsafe(*character) && *character != '\t');
        assert_eq!(found, None, "{what}, line {}: {line:?}\n{text}", number + 1);
        assert!(!line.starts_with("FAKE"), "{what}: a name starts line {}\n{text}", number + 1);
    }
}
