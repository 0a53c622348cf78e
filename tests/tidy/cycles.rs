//! The children of a folder must not import each other in a cycle. A child is a file or a folder with all its files.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{imports, module_path};
use super::source::Source;
use super::sources;

/// Imports between the children of one folder: from, to, and one place for each.
pub type Edges = BTreeMap<String, BTreeMap<String, String>>;

/// Returns the folders of the files, without test folders.
fn folders(sources: &[Source]) -> BTreeSet<String> {
    let folders = sources.iter().flat_map(|source| {
        let parts: Vec<&str> = source.path.split('/').collect();
        (1..parts.len()).map(|length| parts[..length].join("/")).collect::<Vec<_>>()
    });
    folders.filter(|folder| !folder.split('/').any(|part| part == "tests")).collect()
}

/// Returns the imports between the children of a folder. Test modules and test folders are ignored.
pub fn edges(folder: &str, sources: &[Source]) -> Edges {
    let module = module_path(folder);
    let child = |path: &[String]| path.strip_prefix(module.as_slice())?.first().cloned();
    let inside = |source: &&Source| source.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let inside: Vec<&Source> = sources.iter().filter(inside).collect();
    let children: BTreeSet<String> = inside.iter().filter_map(|source| child(&module_path(&source.path))).collect();
    let mut edges = Edges::new();
    for source in inside {
        let path = module_path(&source.path);
        let Some(from) = child(&path) else { continue };
        if path.iter().any(|part| part == "tests") {
            continue;
        }
        for import in imports(source) {
            let to = child(&import.path).filter(|to| *to != from && children.contains(to));
            let place = || format!("{}:{}", source.path, import.line);
            to.map(|to| edges.entry(from.clone()).or_default().entry(to).or_insert_with(place));
        }
    }
    edges
}

/// Returns the children that are reachable from a child.
fn reachable<'a>(edges: &'a Edges, from: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(next) = open.pop() {
        let targets = edges.get(next).into_iter().flat_map(BTreeMap::keys);
        open.extend(targets.filter(|to| found.insert(to.as_str())).map(String::as_str));
    }
    found
}

/// Returns the cycles of a folder: one line per import between two members of a cycle.
fn cycles(folder: &str, sources: &[Source]) -> Vec<String> {
    let edges = edges(folder, sources);
    let reachable: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|from| (from.as_str(), reachable(&edges, from))).collect();
    let all = edges.iter().flat_map(|(from, targets)| targets.iter().map(move |(to, place)| (from, to, place)));
    all.filter(|(from, to, _)| reachable.get(to.as_str()).is_some_and(|reached| reached.contains(from.as_str())))
        .map(|(from, to, place)| format!("{folder}: {from} -> {to} ({place})"))
        .collect()
}

#[test]
fn no_folder_has_an_import_cycle() {
    let sources = sources();
    let violations: Vec<String> = folders(&sources).iter().flat_map(|folder| cycles(folder, &sources)).collect();
    assert!(violations.is_empty(), "import cycles between the children of a folder:\n{}", violations.join("\n"));
}

#[test]
fn a_cycle_is_reported_with_its_members() {
    let sources = [
        Source::new("src/engine/mod.rs", "//! .\nuse self::apply::run;\n"),
        Source::new("src/engine/apply/run.rs", "//! .\nuse crate::engine::{copies::Copy, project::Project};\n"),
        Source::new("src/engine/copies.rs", "//! .\nfn a() { super::gate::check() }\n"),
        Source::new("src/engine/gate.rs", "//! .\nuse super::apply::run::step;\n"),
        Source::new(
            "src/engine/project.rs",
            "//! .\nuse super::Error;\n#[cfg(test)]\nmod tests { use super::super::gate; }\n",
        ),
    ];
    let expected = [
        "src/engine: apply -> copies (src/engine/apply/run.rs:2)",
        "src/engine: copies -> gate (src/engine/copies.rs:2)",
        "src/engine: gate -> apply (src/engine/gate.rs:2)",
    ];
    assert_eq!(cycles("src/engine", &sources), expected);
    assert_eq!(cycles("src/engine/apply", &sources), [""; 0]);
}
