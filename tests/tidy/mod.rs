//! The house rules, checked on the source text: who may import whom, what is pure, who prints, how long a file is.

mod licences;
mod rules;
mod source;

use std::path::Path;

use crate::support::repository;
use rules::RULES;
use source::Source;

/// Every source file of the program.
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
fn the_house_rules_hold() {
    let sources = sources();
    assert!(sources.len() > 20, "the sources were found");
    let offences: Vec<String> =
        RULES.iter().flat_map(|rule| sources.iter().flat_map(|source| rule.offences(source))).collect();
    assert!(offences.is_empty(), "{} offences:\n{}", offences.len(), offences.join("\n"));
}
