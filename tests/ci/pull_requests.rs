//! `ci --since main` names the check and the line in each pull request.

use super::cases::CASES;
use super::{commit, document, errors, repository};
use crate::support::{TestDatabase, server};

fn scratch() -> TestDatabase<'static> {
    server().database()
}

#[test]
fn each_pull_request_has_exactly_its_errors() {
    let database = scratch();
    let mut wrong = Vec::new();
    for case in CASES {
        let project = repository(&database);
        (case.change)(&project);
        commit(&project);
        let output = project.run(&["ci", "--since", "main", "--deny", "data-loss", "--json"]);
        let expected_status = if case.errors.is_empty() { 0 } else { 4 };
        if output.status != Some(expected_status) {
            wrong.push(format!("{}: exit code {:?}\n{}\n{}", case.name, output.status, output.stdout, output.stderr));
            continue;
        }
        let found = document(&output);
        if errors(&found) != case.errors || found["passed"] != case.errors.is_empty() {
            wrong.push(format!("{}: {:?}\nexpected {:?}\n{}", case.name, errors(&found), case.errors, output.stdout));
        }
        if let Some(first) = case.errors.first() {
            let name = first.split(' ').next().unwrap();
            let expected = format!("error: the check `{name}` failed\n");
            if !output.stderr.contains(&expected) {
                wrong.push(format!("{}: {}", case.name, output.stderr));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
