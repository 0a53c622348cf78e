//! Every format names the file, the line and the code; also for the other commands.

use serde_json::Value;

use super::{MODELS, NEW, SECOND, commit, repository};
use crate::support::{TestProject, server};

/// A pull request with an error in `verify` (line 12), in `hazards` (line 8) and in `models` (line 3 of the models).
fn broken(scratch: &crate::support::TestDatabase<'_>) -> TestProject {
    let project = repository(scratch);
    project.script(NEW, SECOND, "ALTER TABLE users DROP name;", "SELECT 1;\nALTER TABLE users ADD name nonsense;");
    commit(&project);
    project
}

fn ci(project: &TestProject, format: &str) -> String {
    project.run(&["ci", "--since", "main", "--deny", "data-loss", "--format", format]).expect_status(4).stdout
}

#[test]
fn every_format_of_ci_names_the_same_places() {
    let scratch = server().database();
    let project = broken(&scratch);
    let script = format!("versions/{NEW}_script.sql");
    let places = [(script.as_str(), 12, "CI402"), (script.as_str(), 8, "DL103"), ("models/users.sql", 3, "CI501")];

    let text = ci(&project, "text");
    for (path, line, code) in places {
        assert!(text.contains(&format!("    {path}:{line}  {code} ")), "{text}");
    }
    let github = ci(&project, "github");
    for (path, line, code) in places {
        assert!(github.contains(&format!("::error file={path},line={line},title={code} ")), "{github}");
    }
    let junit = ci(&project, "junit");
    for (path, line, code) in places {
        assert!(junit.contains(&format!("name=\"{code} {path}:{line}\" file=\"{path}\" line=\"{line}\"")), "{junit}");
    }
    let gitlab: Vec<Value> = serde_json::from_str(&ci(&project, "gitlab")).unwrap();
    let found: Vec<_> = gitlab
        .iter()
        .filter(|issue| issue["severity"] == "major")
        .map(|issue| {
            let place = &issue["location"];
            (
                place["path"].as_str().unwrap(),
                place["lines"]["begin"].as_i64().unwrap(),
                issue["check_name"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(found, places);
    let sarif: Value = serde_json::from_str(&ci(&project, "sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let found: Vec<_> = results
        .iter()
        .filter(|result| result["level"] == "error")
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let path = place["artifactLocation"]["uri"].as_str().unwrap();
            (path, place["region"]["startLine"].as_i64().unwrap(), result["ruleId"].as_str().unwrap())
        })
        .collect();
    assert_eq!(found, places);
}

#[test]
fn the_other_commands_have_the_formats_too() {
    let (scratch, database) = (server().database(), server().database());
    let project = broken(&scratch);
    project.write("limbeck.toml", &format!("[database]\nurl = \"{}\"\n", database.url()));
    let script = format!("versions/{NEW}_script.sql");
    let github = |line: &str, status: i32| {
        let mut words: Vec<&str> = line.split(' ').collect();
        words.extend(["--format", "github"]);
        project.run(&words).expect_status(status).stdout
    };
    let lint = github("lint --since main --deny data-loss", 1);
    assert!(lint.contains(&format!("::error file={script},line=8,title=DL103 drops column::")), "{lint}");
    assert!(lint.contains(&format!("::warning file={script},line=8,title=BR606 ")), "{lint}");
    let verify = github(&format!("verify {NEW}"), 1);
    assert!(
        verify.starts_with(&format!("::error file={script},line=12,title=CI402 the downgrade fails::")),
        "{verify}"
    );
    project.run(&["upgrade", "head", "--allow", "all"]).expect_status(0);
    let check = github("check", 4);
    assert!(check.starts_with("::error file=models/users.sql,line=3,title=CI501 "), "{check}");
    assert_eq!(github("conflicts", 0), "");
    project.script("0004aaaa0000", SECOND, "ALTER TABLE users ADD x int;\nALTER TABLE users DROP name;", "");
    let conflicts = github("conflicts", 4);
    assert!(conflicts.contains("::error file=versions/0004aaaa0000_script.sql,line=9,title=CI203 "), "{conflicts}");
    assert!(conflicts.contains(&format!("::error file={script},line=8,title=CI203 ")), "{conflicts}");
    project.write("models/users.sql", MODELS);
}

#[test]
fn pages_of_checks_are_explained() {
    let project = TestProject::without_config();
    let output = project.run(&["lint", "--explain", "ci402"]).expect_status(0);
    assert!(output.stdout.starts_with("CI402 the downgrade fails\n\n"), "{}", output.stdout);
    let output = project.run(&["lint", "--explain", "CI501", "--json"]).expect_status(0);
    let page: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&page["code"], &page["class"]), (&"CI501".into(), &"models".into()));
}
