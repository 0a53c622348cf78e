//! README.md: its tables are generated from the program, and the commands and pictures that it names exist.

use std::fmt::Write;

use limbeck::core::hazard::RULES;
use limbeck::tui::app::command;

use crate::support::{TestProject, repository};

/// The text between `<!-- name: … -->` and `<!-- /name -->`.
fn section<'a>(readme: &'a str, name: &str) -> &'a str {
    let start = readme.find(&format!("<!-- {name}:")).expect("the start marker exists");
    let start = start + readme[start..].find("-->\n").expect("the start marker has an end") + 4;
    let end = readme.find(&format!("<!-- /{name} -->")).expect("the end marker exists");
    &readme[start..end]
}

fn hazards() -> String {
    let mut table = String::from("| code | class | finds |\n|---|---|---|\n");
    for rule in RULES {
        writeln!(table, "| {} | {} | {} |", rule.code, rule.class().word(), rule.title).unwrap();
    }
    table
}

/// With `UPDATE_README=1` the test writes the tables; otherwise they must be up to date.
#[test]
fn generated_tables_are_up_to_date() {
    let path = repository().join("README.md");
    let mut readme = std::fs::read_to_string(&path).unwrap();
    for (name, table) in [("keys", command::markdown()), ("editor", command::editor_markdown()), ("hazards", hazards())]
    {
        let written = section(&readme, name);
        if std::env::var_os("UPDATE_README").is_some() {
            let place = written.as_ptr() as usize - readme.as_ptr() as usize;
            let range = place..place + written.len();
            readme.replace_range(range, &table);
        } else {
            assert!(written == table, "the table {name} is out of date: run the test with UPDATE_README=1");
        }
    }
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, readme).unwrap();
    }
}

#[test]
fn commands_and_pictures_in_readme_exist() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let project = TestProject::without_config();
    let help = project.run(&["--help"]).expect_status(0).stdout;
    let mut verbs = 0;
    for after in readme.split("`limbeck ").skip(1) {
        let verb: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        assert!(help.contains(&format!("\n  {verb} ")), "README names `limbeck {verb}`");
        verbs += 1;
    }
    assert!(verbs > 5);
    for after in readme.split("](").skip(1) {
        let target = after.split(')').next().unwrap();
        assert!(repository().join(target).exists(), "README shows {target}");
    }
}
