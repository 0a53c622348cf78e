//! One report in every format.

use super::*;
use crate::core::finding::{CheckCode, CheckName, Severity};
use crate::core::hazard::Code;

fn report() -> CheckReport {
    let hazard = Finding {
        path: Some("/repo/db/versions/0002 drop.sql".into()),
        line: Some(9),
        code: Code::DropColumn.as_str(),
        class: Code::DropColumn.class().word(),
        message: "drops column users.\"a, <b>: 100%\"".to_owned(),
        severity: Severity::Error,
    };
    let note = Finding { severity: Severity::Note, line: Some(12), ..hazard.clone() };
    let upgrade = Finding::new(CheckCode::UpgradeFails, "relation \"x\" does not exist\nSQLSTATE 42P01");
    let heads = Finding::new(CheckCode::Heads, "two heads").with_severity(Severity::Warning);
    CheckReport {
        checks: vec![
            Check::with(CheckName::Scripts, Vec::new(), "3 scripts, 1 changed"),
            Check::with(CheckName::Heads, vec![heads], "2 heads"),
            Check::skipped(CheckName::Edited, "no database is configured"),
            Check::with(CheckName::Verify, vec![upgrade.at("/repo/db/versions/0003.sql", Some(8))], ""),
            Check::with(CheckName::Hazards, vec![note, hazard], "2 hazards"),
        ],
    }
}

fn render(report: &CheckReport, format: Format) -> String {
    let base = PathBase::new(["/repo".into()]);
    Document { command: "ci", report, base: &base }.render(format)
}

#[test]
fn text_names_each_check_and_its_errors_first() {
    let expected = "\
✓ scripts  3 scripts, 1 changed
✓ heads    2 heads
    CI201 warning: two heads
– edited   skipped: no database is configured
✗ verify   1 error
    db/versions/0003.sql:8  CI401 relation \"x\" does not exist SQLSTATE 42P01
✗ hazards  1 error
    db/versions/0002 drop.sql:9  DL103 drops column users.\"a, <b>: 100%\"
    db/versions/0002 drop.sql:12  DL103 note: drops column users.\"a, <b>: 100%\"

2 checks passed, 1 skipped, 2 failed: verify, hazards; `limbeck lint --explain CODE` explains a code
";
    assert_eq!(render(&report(), Format::Text), expected);
}

#[test]
fn a_long_check_shows_its_first_findings() {
    let finding = Finding::new(CheckCode::ModelsDiffer, "x".repeat(200));
    let report = CheckReport { checks: vec![Check::with(CheckName::Models, vec![finding; 7], "")] };
    let text = render(&report, Format::Text);
    assert!(text.starts_with("✗ models   7 errors\n"), "{text}");
    assert!(text.contains(&format!("{}…\n", "x".repeat(160))) && text.contains("    … and 2 more\n"), "{text}");
}

#[test]
fn json_has_the_keys_of_the_contract() {
    let document: serde_json::Value = serde_json::from_str(&render(&report(), Format::Json)).unwrap();
    assert_eq!(document["passed"], false);
    let check = &document["checks"][3];
    assert_eq!((&check["name"], &check["passed"]), (&"verify".into(), &false.into()));
    let finding = &check["findings"][0];
    assert_eq!(finding["path"], "db/versions/0003.sql");
    assert_eq!((&finding["line"], &finding["code"], &finding["class"]), (&8.into(), &"CI401".into(), &"verify".into()));
    assert!(document["checks"][1]["findings"][0]["path"].is_null());
    assert_eq!(document["checks"][2]["skipped"], "no database is configured");
    assert!(check.get("skipped").is_none());
}

#[test]
fn github_gets_one_command_for_each_finding() {
    let expected = "\
::warning title=CI201 several heads that commute::two heads%0Alimbeck lint --explain CI201
::error file=db/versions/0003.sql,line=8,title=CI401 the upgrade fails::relation \"x\" does not exist%0ASQLSTATE \
42P01%0Alimbeck lint --explain CI401
::notice file=db/versions/0002 drop.sql,line=12,title=DL103 drops column::drops column users.\"a, <b>: \
100%25\"%0Alimbeck lint --explain DL103
::error file=db/versions/0002 drop.sql,line=9,title=DL103 drops column::drops column users.\"a, <b>: \
100%25\"%0Alimbeck lint --explain DL103
";
    assert_eq!(render(&report(), Format::Github), expected);
}

#[test]
fn gitlab_gets_issues_with_stable_fingerprints() {
    let issues: Vec<serde_json::Value> = serde_json::from_str(&render(&report(), Format::Gitlab)).unwrap();
    let severities: Vec<&str> = issues.iter().map(|issue| issue["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["minor", "major", "info", "major"]);
    assert_eq!(issues[1]["location"]["path"], "db/versions/0003.sql");
    assert_eq!(issues[1]["location"]["lines"]["begin"], 8);
    assert_eq!(issues[1]["check_name"], "CI401");
    assert!(issues[1]["description"].as_str().unwrap().ends_with("(limbeck lint --explain CI401)"));
    let prints: std::collections::BTreeSet<&str> =
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), issues.len());
    let mut moved = report();
    moved.checks[3].findings[0].line = Some(80);
    let others: Vec<serde_json::Value> = serde_json::from_str(&render(&moved, Format::Gitlab)).unwrap();
    assert_eq!(others[1]["fingerprint"], issues[1]["fingerprint"]);
}

#[test]
fn sarif_has_one_rule_for_each_code() {
    let log: serde_json::Value = serde_json::from_str(&render(&report(), Format::Sarif)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["CI201", "CI401", "DL103"]);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
    }
    assert!(results[0].get("locations").is_none());
    let place = &results[3]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "db/versions/0002%20drop.sql");
    assert_eq!(place["region"]["startLine"], 9);
    assert_eq!((&results[3]["level"], &results[2]["level"]), (&"error".into(), &"note".into()));
}

#[test]
fn junit_has_a_failed_case_for_each_error() {
    let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"limbeck ci\" tests=\"5\" failures=\"2\">
  <testsuite name=\"scripts\" tests=\"1\" failures=\"0\" skipped=\"0\">
    <testcase classname=\"limbeck.scripts\" name=\"scripts\"/>
  </testsuite>
  <testsuite name=\"heads\" tests=\"1\" failures=\"0\" skipped=\"0\">
    <testcase classname=\"limbeck.heads\" name=\"heads\"/>
    <system-out>warning: CI201 two heads</system-out>
  </testsuite>
  <testsuite name=\"edited\" tests=\"1\" failures=\"0\" skipped=\"1\">
    <testcase classname=\"limbeck.edited\" name=\"edited\"><skipped message=\"no database is configured\"/></testcase>
  </testsuite>
  <testsuite name=\"verify\" tests=\"1\" failures=\"1\" skipped=\"0\">
    <testcase classname=\"limbeck.verify\" name=\"CI401 db/versions/0003.sql:8\" file=\"db/versions/0003.sql\" line=\"8\">
      <failure message=\"relation &quot;x&quot; does not exist&#10;SQLSTATE 42P01\" type=\"CI401\">\
db/versions/0003.sql:8: error: CI401 relation &quot;x&quot; does not exist&#10;SQLSTATE 42P01&#10;limbeck lint \
--explain CI401</failure>
    </testcase>
  </testsuite>
";
    let text = render(&report(), Format::Junit);
    assert!(text.starts_with(expected), "{text}");
    assert!(
        text.contains("line=\"9\">\n      <failure message=\"drops column users.&quot;a, &lt;b&gt;: 100%&quot;\""),
        "{text}"
    );
}

#[test]
fn paths_outside_the_base_stay_absolute() {
    let base = PathBase::new(["/link".into(), "/repo".into()]);
    for (path, expected) in [("/repo/a.sql", "a.sql"), ("/link/b/c.sql", "b/c.sql"), ("/other/a.sql", "/other/a.sql")] {
        assert_eq!(base.relative(Path::new(path)), expected);
    }
}
