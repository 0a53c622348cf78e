//! `b`: the list of backups, and making one.

use std::path::PathBuf;
use std::time::Duration;

use super::harness::*;
use crate::engine::backup::{BackupEvent, BackupRecord, ChecksumState, ListedBackup};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::Task;
use crate::tui::app::{Effect, Generation, Msg, Start};

/// Whether the harness holds the answer of the effect until the test releases it.
pub fn waits(effect: &Effect) -> bool {
    let Effect::Run(_, task) = effect else { return false };
    !matches!(
        task,
        Task::Create(..)
            | Task::Merge(..)
            | Task::Stamp { .. }
            | Task::ListBackups
            | Task::ReadScript(..)
            | Task::Examine(..)
    )
}

/// The answers of the engine: two backups, and a new one.
pub fn answer(generation: Generation, task: &Task) -> Vec<Msg> {
    match task {
        Task::ListBackups => vec![backups_listed(generation, Ok(listed()))],
        Task::Backup => {
            let made = (PathBuf::from("/data/functions-20261122T100000Z.dump"), record(&["9f3b6c10a7d2"]));
            vec![backup_ended(generation, Ok(made))]
        }
        _ => Vec::new(),
    }
}

fn record(heads: &[&str]) -> BackupRecord {
    BackupRecord {
        database: "functions".into(),
        environment: None,
        server_version: "15.18".into(),
        program_version: "15.18".into(),
        heads: heads.iter().map(|head| (*head).to_owned()).collect(),
        at: "2026-11-22T10:00:00Z".into(),
        bytes: 41_000,
        sha256: "00".into(),
    }
}

fn listed() -> Vec<ListedBackup> {
    let one = ListedBackup {
        path: "/data/functions-20261122T090000Z.dump".into(),
        bytes: 41_000,
        checksum: ChecksumState::Recorded,
        age: Some(Duration::from_secs(7_300)),
        record: Some(record(&["7c1d5e02aa10"])),
    };
    let other = ListedBackup {
        path: "/data/odd name.dump".into(),
        checksum: ChecksumState::Missing,
        age: None,
        record: None,
        ..one.clone()
    };
    vec![one, other]
}

#[test]
fn the_list_shows_backups_and_the_command_that_restores_them() {
    let mut harness = Harness::new(120, 30);
    let screen = harness.press("b").screen();
    assert!(screen.contains("2 h ago  at 7c1d5e02aa10"), "{screen}");
    assert!(screen.contains("40 kB · checksum recorded"), "{screen}");
    assert!(screen.contains("restore with limbeck restore /data/functions-20261122T090000Z.dump"), "{screen}");
    assert!(
        screen.contains("limbeck restore '/data/odd name.dump'") && screen.contains("checksum missing"),
        "{screen}"
    );
    assert!(screen.contains("2 backups"), "{screen}");
    for (width, height) in [(80, 24), (40, 10)] {
        harness.resize(width, height);
        insta::assert_snapshot!(format!("backups_{width}x{height}"), harness.screen());
    }
    harness.press("<esc>");
    assert!(harness.model.list().is_none());
}

#[test]
fn a_backup_shows_its_progress_on_the_list() {
    let mut harness = Harness::new(120, 30);
    harness.hold = true;
    harness.press("bb");
    assert_eq!(harness.asked.last().unwrap(), "back up");
    let generation = harness.model.jobs.generation();
    let progress = BackupEvent::Working { tables: 2, of: 5, bytes: 20_480, elapsed: Duration::from_secs(1) };
    harness.send(backup_progress(generation, progress));
    assert!(harness.screen().contains("backing up: 2 of 5 tables, 20 kB written"), "{}", harness.screen());
    harness.press("<esc>b");
    assert!(harness.screen().contains("backing up: 2 of 5 tables"), "{}", harness.screen());
    harness.hold = false;
    harness.run();
    assert!(harness.screen().contains("backed up to functions-20261122T100000Z.dump"), "{}", harness.screen());
    assert_eq!(harness.asked.last().unwrap(), "list backups");
    assert!(harness.model.jobs.running().is_none());
}

#[test]
fn a_backup_is_cancelled_and_refused_if_read_only() {
    let mut harness = Harness::new(120, 30);
    harness.hold = true;
    harness.press("bb<^c>");
    assert_eq!(harness.asked.last().unwrap(), "cancel");
    assert!(harness.screen().contains("waiting for pg_dump to end"), "{}", harness.screen());
    let generation = harness.model.jobs.generation();
    let error = Error::of(ErrorKind::Interrupted, "cancelled; no backup was made");
    harness.send(backup_ended(generation, Err(error)));
    assert!(harness.screen().contains("cancelled; no backup was made"), "{}", harness.screen());
    assert!(harness.model.dialogs.is_empty() && harness.model.jobs.running().is_none());

    let options = Start { read_only: true, ..start(120, 30) };
    let mut harness = Harness::silent(120, 30, super::fixtures::sample(), &["7c1d5e02aa10"], options);
    harness.run();
    harness.press("bb");
    assert!(!harness.asked.contains(&String::from("back up")), "{:?}", harness.asked);
    assert!(harness.screen().contains("--read-only"), "{}", harness.screen());
}

#[test]
fn a_plan_can_be_backed_up_before_it_is_applied() {
    let mut harness = Harness::new(120, 30);
    harness.press("ub");
    assert!(harness.screen().contains("2 h ago  at 7c1d5e02aa10"), "{}", harness.screen());
    harness.press("b");
    assert!(harness.asked.contains(&String::from("back up")), "{:?}", harness.asked);
    assert!(harness.screen().contains("backed up to"), "{}", harness.screen());
    harness.press("<esc>");
    assert!(harness.model.list().is_none() && harness.model.plan().is_some());
    assert!(harness.screen().contains("Plan: upgrade"), "{}", harness.screen());
}
