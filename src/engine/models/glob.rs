//! Finds the files that a glob pattern names.

use std::collections::BTreeSet;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use crate::engine::{Error, Result};

/// Characters that make a path a pattern.
const PATTERN_CHARACTERS: [char; 5] = ['*', '?', '[', '{', '\\'];

/// Returns the files that a pattern names, sorted, as paths relative to `root` with `/` as separator. Pattern syntax:
/// `*`, `?`, `**`, `[a-z]`, `{a,b}` and `\` as escape character; `?` and `[a-z]` match ASCII characters only. Hidden
/// files and folders match only a pattern component that starts with a dot. `**` does not follow symbolic links to folders.
///
/// # Errors
/// When the pattern is not valid or a folder cannot be read.
pub fn find_files(root: &Path, pattern: &str) -> Result<BTreeSet<String>> {
    let components: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let start = if pattern.starts_with('/') { "/" } else { "" };
    let fixed = components.iter().take_while(|part| !is_pattern(part)).count();
    let (folder, rest) = components.split_at(fixed);
    let base = folder.iter().fold(start.to_owned(), |path, part| join(&path, part));
    let mut files = BTreeSet::new();
    if rest.is_empty() {
        files.extend(Some(base).filter(|file| is_file(&root.join(file))));
        return Ok(files);
    }
    let matcher = compile(&format!("{start}{}", components.join("/")))?;
    GlobWalk { root, matcher, limits: Limits::of(rest) }.collect(&base, 0, &mut files)?;
    Ok(files)
}

/// Whether a path contains pattern characters.
#[must_use]
pub fn is_pattern(path: &str) -> bool {
    path.contains(PATTERN_CHARACTERS)
}

/// Whether a path is a file of any kind. A FIFO or a device is an error when it is read, and is not skipped here.
fn is_file(path: &Path) -> bool {
    path.exists() && !path.is_dir()
}

fn compile(pattern: &str) -> Result<GlobMatcher> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
        Error::new(format!("the pattern '{pattern}' in [models] sql is not valid"))
            .because(error.kind())
            .hint("close each [ and {; write [*], [?], [[] or [{] for the character itself")
    })?;
    Ok(glob.compile_matcher())
}

/// Which folders below the fixed part of a pattern can contain matching files.
struct Limits {
    /// The number of folder levels; `None`: not limited.
    depth: Option<usize>,
    /// The number of levels on which symbolic links to folders are followed.
    follow_links: usize,
    /// Whether hidden folders can match.
    hidden_folders: bool,
    /// Whether hidden files can match.
    hidden_files: bool,
}

impl Limits {
    /// The limits of the components after the fixed part.
    fn of(components: &[&str]) -> Self {
        let is_hidden = |part: &str| part.starts_with('.') || part.starts_with("{.") || part.starts_with("[.");
        let before_any_depth = components.iter().take_while(|part| !part.contains("**") && !part.contains('{')).count();
        let (last, folders) = components.split_last().map_or(("", [].as_slice()), |(last, folders)| (*last, folders));
        Self {
            depth: (before_any_depth == components.len()).then_some(folders.len()),
            follow_links: before_any_depth,
            hidden_folders: folders.iter().any(|part| is_hidden(part)),
            hidden_files: is_hidden(last),
        }
    }
}

struct GlobWalk<'a> {
    root: &'a Path,
    matcher: GlobMatcher,
    limits: Limits,
}

impl GlobWalk<'_> {
    /// Adds the matching files in `folder` and below it. `level` is the number of folders below the fixed part.
    fn collect(&self, folder: &str, level: usize, files: &mut BTreeSet<String>) -> Result<()> {
        for name in read_folder(self.root, folder)? {
            let path = join(folder, &name);
            let full_path = self.root.join(&path);
            let is_hidden = name.starts_with('.');
            if full_path.is_dir() {
                let is_in_limits = self.limits.depth.is_none_or(|depth| level < depth)
                    && (level < self.limits.follow_links || !full_path.is_symlink())
                    && (!is_hidden || self.limits.hidden_folders);
                if is_in_limits {
                    self.collect(&path, level + 1, files)?;
                }
            } else if (!is_hidden || self.limits.hidden_files) && self.matcher.is_match(&path) && full_path.exists() {
                files.insert(path);
            }
        }
        Ok(())
    }
}

/// Returns the names in a folder, without those that are not UTF-8. Empty when the folder does not exist.
fn read_folder(root: &Path, folder: &str) -> Result<Vec<String>> {
    let folder = root.join(folder);
    let failed = |error: std::io::Error| Error::new(format!("cannot read {}", folder.display())).because(error);
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(failed)?,
    };
    let names = entries.map(|entry| Ok(entry.map_err(failed)?.file_name().into_string().ok()));
    names.filter_map(Result::transpose).collect()
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() || folder.ends_with('/') { format!("{folder}{name}") } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make_files(names: &[&str]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for name in names {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        home
    }

    fn find(home: &tempfile::TempDir, pattern: &str) -> Vec<String> {
        find_files(home.path(), pattern).unwrap().into_iter().collect()
    }

    #[test]
    fn names_match_patterns() {
        for (pattern, name, expected) in [
            ("*.sql", "a.sql", true),
            ("*.sql", ".a.sql", false),
            (".*.sql", ".a.sql", true),
            ("*.sql", "a.sql.bak", false),
            ("a*c", "aßc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaybz", true),
            ("*a*b", "aab", true),
            ("*a*b", "aba", false),
            ("a", "a", true),
            ("{users,orders}.sql", "orders.sql", true),
            ("{users,orders}.sql", "items.sql", false),
            ("[0-9]*.sql", "1_users.sql", true),
            ("[!0-9]*.sql", "1_users.sql", false),
            ("a[*].sql", "a*.sql", true),
            ("a[*].sql", "ab.sql", false),
        ] {
            assert_eq!(!find(&make_files(&[name]), pattern).is_empty(), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn folders_are_searched_and_files_sorted() {
        let home =
            make_files(&["m/b.sql", "m/a.sql", "m/x/c.sql", "m/x/y/d.sql", "m/.git/e.sql", "m/note.txt", "f.sql"]);
        let found = |pattern: &str| find(&home, pattern);
        assert_eq!(found("m/**/*.sql"), ["m/a.sql", "m/b.sql", "m/x/c.sql", "m/x/y/d.sql"]);
        assert_eq!(found("m/**/**/*.sql").len(), 4);
        assert_eq!(found("m/*.sql"), ["m/a.sql", "m/b.sql"]);
        assert_eq!(found("m/?/*.sql"), ["m/x/c.sql"]);
        assert_eq!(found("./m/a.sql"), ["m/a.sql"]);
        assert_eq!(found("**/d.sql"), ["m/x/y/d.sql"]);
        assert_eq!(found("m/x/**"), ["m/x/c.sql", "m/x/y/d.sql"]);
        assert_eq!(found("m/.g*/*.sql"), ["m/.git/e.sql"]);
        assert_eq!(found("m/{x,x/y}/*.sql"), ["m/x/c.sql", "m/x/y/d.sql"]);
        assert!(found("m/x").is_empty() && found("none/**/*.sql").is_empty() && found("m/a.sql/*.sql").is_empty());
        let absolute = format!("{}/m/x/*.sql", home.path().display());
        assert_eq!(found(&absolute), [format!("{}/m/x/c.sql", home.path().display())]);
    }

    #[test]
    fn only_patterns_of_fixed_depth_follow_links_to_folders() {
        let home = make_files(&["real/a.sql"]);
        std::fs::create_dir(home.path().join("m")).unwrap();
        std::os::unix::fs::symlink(home.path().join("real"), home.path().join("m/link")).unwrap();
        assert_eq!(find(&home, "m/*/*.sql"), ["m/link/a.sql"]);
        assert_eq!(find(&home, "m/link/**/*.sql"), ["m/link/a.sql"]);
        assert_eq!(find(&home, "m/*/**/*.sql"), ["m/link/a.sql"]);
        assert!(find(&home, "m/**/*.sql").is_empty());
    }

    #[test]
    fn an_invalid_pattern_is_an_error_with_a_hint() {
        let home = make_files(&["a.sql"]);
        for pattern in ["[a.sql", "{a,b.sql", "a}.sql*"] {
            let error = find_files(home.path(), pattern).unwrap_err();
            assert!(error.message.contains(pattern) && error.hint.is_some(), "{error:?}");
        }
    }
}
