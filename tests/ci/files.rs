//! The files for pre-commit, GitHub and GitLab: they are valid YAML, and the commands that they run work.

use std::process::{Command, Output};

use yaml_rust::{Yaml, YamlLoader};

use super::{NEW, SECOND, repository};
use crate::support::{self, TestProject, server};

fn load(name: &str) -> Yaml {
    let text = std::fs::read_to_string(support::repository().join(name)).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

/// A pull request whose downgrade fails on line 11.
fn broken(scratch: &support::TestDatabase<'_>) -> TestProject {
    let project = repository(scratch);
    project.script(NEW, SECOND, "SELECT 1;", "SELECT nothing;");
    project
}

/// Runs a shell in the project, with limbeck on the path.
fn shell(project: &TestProject, script: &str, variables: &[(&str, &str)]) -> Output {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_limbeck"));
    let path = format!("{}:{}", program.parent().unwrap().display(), project.environment()["PATH"]);
    let mut command = Command::new("bash");
    command.args(["-e", "-o", "pipefail", "-c", script]).current_dir(project.root());
    command.env_clear().envs(project.environment()).env("PATH", path).envs(variables.iter().copied());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_commands_of_the_hooks_run() {
    let scratch = server().database();
    let project = broken(&scratch);
    let hooks = load(".pre-commit-hooks.yaml");
    let mut entries = Vec::new();
    for hook in hooks.as_vec().unwrap() {
        for key in ["id", "name", "description", "entry", "language", "files"] {
            assert!(hook[key].as_str().is_some_and(|value| !value.is_empty()), "{key} of {hook:?}");
        }
        assert_eq!(hook["pass_filenames"].as_bool(), Some(false));
        entries.push(hook["entry"].as_str().unwrap());
    }
    assert_eq!(entries.len(), 2);
    let lint = shell(&project, entries[0], &[]);
    assert_eq!(lint.status.code(), Some(0), "{}", text(&lint.stderr));
    let ci = shell(&project, entries[1], &[]);
    assert_eq!(ci.status.code(), Some(4), "{}", text(&ci.stderr));
    assert!(text(&ci.stdout).contains(&format!("    versions/{NEW}_script.sql:11  CI402 ")), "{}", text(&ci.stdout));
}

#[test]
fn the_steps_of_the_github_action_run() {
    let scratch = server().database();
    let project = broken(&scratch);
    let action = load(".github/action.yml");
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    let steps = action["runs"]["steps"].as_vec().unwrap();
    for step in steps {
        assert_eq!(step["shell"].as_str(), Some("bash"));
        for (_, value) in step["env"].as_hash().unwrap() {
            let name = value.as_str().unwrap().trim_start_matches("${{ inputs.").trim_end_matches(" }}");
            assert!(name.contains("github.") || !action["inputs"][name].is_badvalue(), "no input {name}");
        }
    }
    // limbeck is on the path, so nothing is installed.
    let install = shell(&project, steps[0]["run"].as_str().unwrap(), &[("ACTION", "/nonexistent")]);
    assert!(install.status.success(), "{}", text(&install.stderr));
    let run = steps[1]["run"].as_str().unwrap();
    let checked = shell(&project, run, &[("SINCE", "main"), ("DENY", "data-loss,lock")]);
    assert_eq!(checked.status.code(), Some(4), "{}", text(&checked.stderr));
    let expected = format!("::error file=versions/{NEW}_script.sql,line=11,title=CI402 ");
    assert!(text(&checked.stdout).contains(&expected), "{}", text(&checked.stdout));
    let whole = shell(&project, run, &[("SINCE", ""), ("DENY", "")]);
    assert!(text(&whole.stdout).contains(&expected), "{}", text(&whole.stdout));
}

#[test]
fn the_script_of_the_gitlab_job_writes_the_report() {
    let scratch = server().database();
    let project = broken(&scratch);
    let job = &load(".github/limbeck.gitlab-ci.yml")["limbeck"];
    let report = job["artifacts"]["reports"]["codequality"].as_str().unwrap();
    for line in job["script"].as_vec().unwrap() {
        let output = shell(&project, line.as_str().unwrap(), &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", "main")]);
        assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    }
    let issues: Vec<serde_json::Value> = serde_json::from_str(&project.read(report)).unwrap();
    assert!(issues.iter().any(|issue| issue["check_name"] == "CI402" && issue["location"]["lines"]["begin"] == 11));
}
