//! The files that patterns name: `*` and `?` within a folder or file name, `**` for any number of folders.

use std::collections::BTreeSet;
use std::path::Path;

use crate::engine::{Error, Result};

/// The files below `root` that a pattern names, as paths relative to it with `/` between, sorted. Hidden ones are
/// found only by a pattern that names their dot; links to folders are not followed by `**`.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(root: &Path, pattern: &str) -> Result<BTreeSet<String>> {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let start = if pattern.starts_with('/') { "/" } else { "" };
    let mut found = BTreeSet::new();
    walk(root, start, &parts, &mut found)?;
    Ok(found)
}

/// Whether a text names more than itself.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn walk(root: &Path, at: &str, parts: &[&str], found: &mut BTreeSet<String>) -> Result<()> {
    let Some((part, rest)) = parts.split_first() else { return Ok(()) };
    if *part == "**" {
        return deep(root, at, parts, found);
    }
    if !is_pattern(part) {
        let below = join(at, part);
        let path = root.join(&below);
        return match rest.is_empty() {
            true if path.is_file() => {
                found.insert(below);
                Ok(())
            }
            false if path.is_dir() => walk(root, &below, rest, found),
            _ => Ok(()),
        };
    }
    for entry in entries(root, at)?.iter().filter(|entry| matches(part, &entry.name)) {
        let below = join(at, &entry.name);
        if rest.is_empty() {
            if root.join(&below).is_file() {
                found.insert(below);
            }
        } else if root.join(&below).is_dir() {
            walk(root, &below, rest, found)?;
        }
    }
    Ok(())
}

/// `**` and what follows it, here and in every folder below; each is read once.
fn deep(root: &Path, at: &str, parts: &[&str], found: &mut BTreeSet<String>) -> Result<()> {
    let rest: Vec<&str> = parts.iter().copied().skip_while(|part| *part == "**").collect();
    let rest = if rest.is_empty() { vec!["*"] } else { rest };
    walk(root, at, &rest, found)?;
    for entry in entries(root, at)?.iter().filter(|entry| entry.is_folder && !entry.name.starts_with('.')) {
        deep(root, &join(at, &entry.name), parts, found)?;
    }
    Ok(())
}

struct Entry {
    name: String,
    is_folder: bool,
}

/// What a folder holds; none where there is no such folder. Names that are no text cannot be named by a pattern.
fn entries(root: &Path, at: &str) -> Result<Vec<Entry>> {
    let folder = root.join(at);
    let failed = |error: std::io::Error| Error::new(format!("cannot read {}", folder.display())).because(error);
    let read = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in read {
        let entry = entry.map_err(failed)?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push(Entry { name, is_folder: entry.file_type().is_ok_and(|kind| kind.is_dir()) });
        }
    }
    Ok(found)
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() || at.ends_with('/') { format!("{at}{name}") } else { format!("{at}/{name}") }
}

/// Whether a name is what a pattern describes; `*` and `?` stand for no leading dot.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // The last star, and the place up to which it has taken characters.
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(c) if *c == '?' || Some(c) == name.get(seen) => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                seen = taken + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, name, expected) in [
            ("*.sql", "a.sql", true),
            ("*.sql", ".a.sql", false),
            (".*.sql", ".a.sql", true),
            ("*.sql", "a.sql.bak", false),
            ("a?c", "aßc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaybz", true),
            ("*a*b", "aab", true),
            ("*a*b", "aba", false),
            ("a", "a", true),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn folders_are_walked_in_order() {
        let home = tempfile::tempdir().unwrap();
        for file in ["m/b.sql", "m/a.sql", "m/x/c.sql", "m/x/y/d.sql", "m/.git/e.sql", "m/note.txt", "f.sql"] {
            let path = home.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = |pattern: &str| files(home.path(), pattern).unwrap().into_iter().collect::<Vec<_>>();
        assert_eq!(found("m/**/*.sql"), ["m/a.sql", "m/b.sql", "m/x/c.sql", "m/x/y/d.sql"]);
        assert_eq!(found("m/**/**/*.sql").len(), 4);
        assert_eq!(found("m/*.sql"), ["m/a.sql", "m/b.sql"]);
        assert_eq!(found("m/?/*.sql"), ["m/x/c.sql"]);
        assert_eq!(found("./m/a.sql"), ["m/a.sql"]);
        assert_eq!(found("**/d.sql"), ["m/x/y/d.sql"]);
        assert_eq!(found("m/x/**"), ["m/x/c.sql", "m/x/y/d.sql"]);
        assert!(found("m/x").is_empty() && found("none/**/*.sql").is_empty() && found("m/a.sql/*.sql").is_empty());
        let absolute = format!("{}/m/x/*.sql", home.path().display());
        assert_eq!(found(&absolute), [format!("{}/m/x/c.sql", home.path().display())]);
    }
}
