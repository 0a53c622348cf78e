//! The sample's scripts have the format that limbeck writes, and only the last one loses data.

use limbeck::core::graph::Direction;
use limbeck::core::hazard::{Class, examine_sql};
use limbeck::core::script::Script;
use limbeck::core::statement::Transaction;

fn scripts() -> Vec<(String, Script)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/versions");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut read: Vec<(String, Script)> = paths
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let script = Script::parse(&text).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
            (text, script)
        })
        .collect();
    read.sort_by(|(_, one), (_, other)| one.create_date.cmp(&other.create_date));
    read
}

fn losses(script: &Script, direction: Direction) -> Vec<String> {
    let statements = examine_sql(&script.sql().unwrap().section(direction).sql, true).unwrap().statements;
    assert!(statements.iter().all(|examined| examined.statement.transaction == Transaction::Allowed));
    let hazards = statements.into_iter().flat_map(|examined| examined.hazards);
    hazards.filter(|hazard| hazard.class == Class::DataLoss).map(|hazard| hazard.object).collect()
}

#[test]
fn every_script_is_in_canonical_form() {
    let scripts = scripts();
    assert!(scripts.len() >= 9);
    for (text, script) in &scripts {
        assert_eq!(script.render().as_ref(), Some(text));
    }
    assert!(scripts.iter().any(|(_, script)| script.down_revisions.len() == 2));
}

#[test]
fn only_the_last_upgrade_loses_data() {
    let mut scripts = scripts();
    let (_, last) = scripts.pop().unwrap();
    assert_eq!(losses(&last, Direction::Upgrade), ["functions.legacy_code"]);
    for (_, script) in &scripts {
        assert!(losses(script, Direction::Upgrade).is_empty(), "{}", script.revision);
    }
}

#[test]
fn on_the_first_start_two_revisions_are_pending() {
    let config = include_str!("../../migrations/limbeck.toml");
    let scripts = scripts();
    let (_, third_last) = &scripts[scripts.len() - 3];
    assert!(config.contains(&format!("embedded_at = \"{}\"", third_last.revision)));
}
