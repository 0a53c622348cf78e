//! README.md: its tables are made from the program's own, and the commands that it names exist.

use std::fmt::Write;

use limbeck::core::hazard::RULES;
use limbeck::tui::app::command;

use crate::support::{TestProject, repository};

/// What stands between `<!-- name: …` and `<!-- /name -->`.
fn part<'a>(readme: &'a str, name: &str) -> &'a str {
    let start = readme.find(&format!("<!-- {name}:")).expect("the part begins");
    let start = start + readme[start..].find("-->\n").expect("its marker ends") + 4;
    let end = readme.find(&format!("<!-- /{name} -->")).expect("the part ends");
    &readme[start..end]
}

fn hazards() -> String {
    let mut table = String::from("| code | class | finds |\n|---|---|---|\n");
    for rule in RULES {
        writeln!(table, "| {} | {} | {} |", rule.code, rule.class.word(), rule.title).unwrap();
    }
    table
}

/// With `UPDATE_README=1` the tables are written; else they must be as they are.
#[test]
fn tables_are_those_of_the_program() {
    let path = repository().join("README.md");
    let mut readme = std::fs::read_to_string(&path).unwrap();
    for (name, table) in [("keys", command::markdown()), ("editor", command::editor_markdown()), ("hazards", hazards())]
    {
        let written = part(&readme, name);
        if std::env::var_os("UPDATE_README").is_some() {
            let place = written.as_ptr() as usize - readme.as_ptr() as usize;
            let range = place..place + written.len();
            readme.replace_range(range, &table);
        } else {
            assert!(written == table, "the table of {name} has changed: run the test with UPDATE_README=1");
        }
    }
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, readme).unwrap();
    }
}

#[test]
fn verbs_and_pictures_that_it_names_exist() {
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
