//! `name=value` lists, as in WITH, SET and RESET.

use crate::core::sql::identifier::{literal, quote};

/// `SET (…)` and `RESET (…)` statements that turn one list into the other, each after the prefix.
pub(super) fn alter_statements(prefix: &str, old: &[String], new: &[String]) -> Vec<String> {
    let name = |option: &String| option.split_once('=').map_or(option.as_str(), |(name, _)| name).to_owned();
    let set: Vec<String> = new.iter().filter(|option| !old.contains(option)).map(|option| setting(option)).collect();
    let stays = |option: &&String| new.iter().any(|other| name(other) == name(option));
    let reset: Vec<String> = old.iter().filter(|option| !stays(option)).map(name).collect();
    let statement =
        |verb: &str, list: &[String]| (!list.is_empty()).then(|| format!("{prefix} {verb} ({})", list.join(", ")));
    [statement("RESET", &reset), statement("SET", &set)].into_iter().flatten().collect()
}

/// ` WITH (…)`, or nothing.
pub(super) fn with_clause(options: &[String]) -> String {
    if options.is_empty() {
        return String::new();
    }
    format!(" WITH ({})", options.iter().map(|option| setting(option)).collect::<Vec<_>>().join(", "))
}

/// `OPTIONS (…)` of foreign tables and columns: names with string literals.
pub(super) fn foreign_list(options: &[String]) -> String {
    options.iter().map(|option| foreign_setting(option)).collect::<Vec<_>>().join(", ")
}

/// The list after OPTIONS that turns one list into the other.
pub(super) fn foreign_changes(old: &[String], new: &[String]) -> String {
    let name = |option: &String| option.split_once('=').map_or(option.as_str(), |(name, _)| name).to_owned();
    let had = |option: &String| old.iter().any(|other| name(other) == name(option));
    let changed = new.iter().filter(|option| !old.contains(option)).map(|option| {
        let verb = if had(option) { "SET" } else { "ADD" };
        format!("{verb} {}", foreign_setting(option))
    });
    let dropped = old.iter().filter(|option| !new.iter().any(|other| name(other) == name(option)));
    changed.chain(dropped.map(|option| format!("DROP {}", quote(&name(option))))).collect::<Vec<_>>().join(", ")
}

fn foreign_setting(option: &str) -> String {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    format!("{} {}", quote(name), literal(value))
}

/// `name=value`. The value becomes a string literal unless it is a word or a number.
fn setting(option: &str) -> String {
    let Some((name, value)) = option.split_once('=') else { return option.to_owned() };
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_plain = !value.is_empty() && (is_word(value) || value.parse::<f64>().is_ok());
    if is_plain { option.to_owned() } else { format!("{name}={}", literal(value)) }
}
