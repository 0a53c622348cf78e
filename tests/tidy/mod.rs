//! The code rules, checked on the source text: imports between layers, import cycles, purity, printing, file length.

mod cycles;
mod dependencies;
mod imports;
mod rules;
mod source;

use std::path::Path;

use crate::support::repository;
use rules::RULES;
use source::Source;

/// Returns every source file of the program, sorted by path.
fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&repository().join("src"), &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn collect(folder: &Path, files: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned();
            files.push(Source::new(&name, &text));
        }
    }
}

#[test]
fn every_file_follows_the_rules() {
    let sources = sources();
    assert!(sources.len() > 20, "only {} source files were found", sources.len());
    let violations: Vec<String> =
        RULES.iter().flat_map(|rule| sources.iter().flat_map(|source| rule.violations(source))).collect();
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}
