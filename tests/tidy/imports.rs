//! The imports of a source file, as absolute module paths.

use super::source::Source;

/// A path that a file uses, in a `use` declaration or in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The 1-based line.
    pub line: usize,
    /// The path below the crate's root, e.g. `["core", "graph", "Graph"]`.
    pub path: Vec<String>,
}

/// Returns every path that starts with `crate::`, `super::` or `self::`, however it is written.
pub fn imports(source: &Source) -> Vec<Import> {
    let module = module_path(&source.path);
    let starts = ["crate::", "super::", "self::"].into_iter().flat_map(|start| source.code.match_indices(start));
    let mut found = Vec::new();
    for (at, _) in starts.filter(|(at, _)| starts_path(&source.code[..*at])) {
        let mut paths = Vec::new();
        expand(&source.code, at, &[], &mut paths);
        found.extend(paths.into_iter().filter_map(|(at, path)| {
            let line = source.code[..at].matches('\n').count() + 1;
            Some(Import { line, path: absolute(&module, &path)? })
        }));
    }
    found.sort_by_key(|import| import.line);
    found
}

/// The module of a file: `src/a/b.rs` and `src/a/b/mod.rs` are `["a", "b"]`.
pub fn module_path(file: &str) -> Vec<String> {
    let parts = file.trim_start_matches("src/").trim_end_matches(".rs").split('/');
    parts.filter(|part| !["mod", "lib", "main"].contains(part)).map(str::to_owned).collect()
}

/// Whether a path starts after this text: not in the middle of a path, and not in `pub(in crate::a)`.
fn starts_path(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') && !before.ends_with("(in ")
}

/// Adds the paths of the tree that starts at `at`, each with its place, e.g. `a::{b, c::d}` gives `a::b` and `a::c::d`.
/// Returns the place after the tree.
fn expand(code: &str, at: usize, prefix: &[String], paths: &mut Vec<(usize, Vec<String>)>) -> usize {
    let mut at = skip_space(code, at);
    if code[at..].starts_with('{') {
        at = skip_space(code, at + 1);
        while at < code.len() && !code[at..].starts_with('}') {
            let end = expand(code, at, prefix, paths);
            // Skips `as name`, the comma, and anything that is not part of a path.
            let next = code[end..].find([',', '}']).map_or(code.len(), |offset| end + offset);
            at = skip_space(code, if code[next..].starts_with(',') { next + 1 } else { next });
        }
        return (at + 1).min(code.len());
    }
    let word: String = code[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let end = at + word.len();
    let path: Vec<String> = prefix.iter().cloned().chain((!word.is_empty()).then_some(word)).collect();
    if code[end..].starts_with("::") {
        return expand(code, end + 2, &path, paths);
    }
    paths.push((at, path));
    end
}

fn skip_space(code: &str, at: usize) -> usize {
    at + code[at..].find(|c: char| !c.is_whitespace()).unwrap_or(code.len() - at)
}

/// Resolves `crate`, `self` and `super`; `None` if the path leaves the crate.
fn absolute(module: &[String], path: &[String]) -> Option<Vec<String>> {
    let mut base = module.to_vec();
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        match first.as_str() {
            "crate" => base.clear(),
            "super" => drop(base.pop()?),
            "self" => {}
            _ => break,
        }
        rest = after;
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "//! .\nuse crate::{\n    core::{graph, sql as s},\n    tui,\n};\nfn a() { crate::cli::run() }\n\
                use super::super::core::*;\nuse self::x;\npub(in crate::engine) use super::b;\n";
    let found: Vec<(usize, String)> = imports(&Source::new("src/engine/a.rs", text))
        .into_iter()
        .map(|import| (import.line, import.path.join("::")))
        .collect();
    let expected = [
        (3, "core::graph"),
        (3, "core::sql"),
        (4, "tui"),
        (6, "cli::run"),
        (7, "core"),
        (8, "engine::a::x"),
        (9, "engine::b"),
    ];
    assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
}
