//! `b`: the backups of the project, and how far the one is that is being made.

use std::path::PathBuf;
use std::time::Duration;

use super::verify::elapsed;
use super::{connected, idle, writable};
use crate::core::text::size;
use crate::engine::backup::{BackupEvent, BackupRecord, ChecksumState as Checksum, ListedBackup};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::{Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::log::State;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::sheet::{self, Entry, Kind, SEPARATOR};
use crate::tui::app::theme::Role;
use crate::tui::app::{Effect, Generation, Msg};

/// What is known of the backups.
#[derive(Debug, Clone, Default)]
pub struct Backups {
    /// The reading that is waited for.
    reading: Option<Generation>,
    listed: Vec<ListedBackup>,
    started: Option<jiff::civil::Time>,
    /// Tables done, tables in all, bytes written.
    at: Option<(usize, usize, u64)>,
    /// What came of the last reading or backup.
    end: Option<Result<PathBuf, Error>>,
    /// Counts what changes the list.
    pub version: u64,
}

/// Decides `b`: shows the list; on the list, makes a backup.
pub(crate) fn decide(model: &Model) -> Decision {
    let shown = model.sheet.as_ref().map(|sheet| sheet.kind);
    if shown.is_some_and(|kind| kind != Kind::Backups) {
        return no("leave this list first");
    }
    if shown.is_none() {
        return Ok(|model| {
            let mut effects = sheet::open(model, Kind::Backups);
            // The newest stands first.
            if let Some(sheet) = &mut model.sheet {
                sheet.point(0);
            }
            effects.extend(read(model));
            effects
        });
    }
    if matches!(model.job, Some(Job::BackingUp(_))) {
        return no("a backup is being made");
    }
    writable(model)?;
    connected(model)?;
    Ok(start)
}

/// `R`: the list once more.
pub(crate) fn again(model: &Model) -> Decision {
    idle(model)?;
    Ok(|model| {
        model.backups.end = None;
        read(model)
    })
}

fn read(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    model.backups.reading = Some(generation);
    model.backups.version += 1;
    vec![Effect::ListBackups(generation)]
}

fn start(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    let backups = &mut model.backups;
    backups.started = Some(model.now);
    backups.at = None;
    backups.end = None;
    backups.version += 1;
    model.job = Some(Job::BackingUp(generation));
    model.cancelling = false;
    vec![Effect::Backup(generation)]
}

/// Takes a message of its own.
pub fn on_message(model: &mut Model, message: Msg) -> Vec<Effect> {
    model.backups.version += 1;
    match message {
        Msg::BackupsListed(generation, answer) if model.backups.reading == Some(generation) => {
            model.backups.reading = None;
            match answer {
                Ok(listed) => model.backups.listed = listed,
                Err(error) => model.backups.end = Some(Err(error)),
            }
            Vec::new()
        }
        Msg::BackupTold(generation, told) if model.job == Some(Job::BackingUp(generation)) => {
            on_told(model, told);
            Vec::new()
        }
        Msg::BackedUp(generation, answer) if model.job == Some(Job::BackingUp(generation)) => on_end(model, answer),
        _ => Vec::new(),
    }
}

fn on_told(model: &mut Model, told: BackupEvent) {
    match told {
        BackupEvent::Working { tables, of, bytes, .. } => model.backups.at = Some((tables, of, bytes)),
        BackupEvent::Starting(line) | BackupEvent::Note(line) => {
            model.log.note(model.now, State::Note, "backup", &line);
        }
        BackupEvent::Verifying { .. } | BackupEvent::Cancelling => {}
    }
}

fn on_end(model: &mut Model, answer: Result<(PathBuf, BackupRecord), Error>) -> Vec<Effect> {
    model.job = None;
    model.cancelling = false;
    let failed = answer.as_ref().err().filter(|error| error.kind != ErrorKind::Interrupted).cloned();
    model.backups.end = Some(answer.map(|(path, _)| path));
    let (words, role) = status(model);
    let state = match role {
        Role::Good => State::Done,
        Role::Danger => State::Failed,
        _ => State::Warning,
    };
    model.log.note(model.now, state, "backup", &words);
    if model.quitting {
        return vec![Effect::Quit];
    }
    model.dialogs.retain(|dialog| !matches!(dialog, Dialog::Leaving(_)));
    match failed {
        Some(error) => model.show_error(error),
        None if model.sheet.is_none() => model.say(format!("backup: {words}")),
        None => {}
    }
    read(model)
}

/// How many entries there are.
pub(crate) fn count(model: &Model) -> usize {
    model.backups.listed.len()
}

/// When it was made, of which heads, how large it is, and what is known of its checksum.
pub(crate) fn entry(model: &Model, index: usize) -> Entry {
    let Some(listed) = model.backups.listed.get(index) else { return Entry::default() };
    let age = listed.age.map_or_else(|| String::from("of unknown age"), |age| format!("{} ago", long(age)));
    let heads = match &listed.record {
        None => String::from("at unknown heads"),
        Some(record) if record.heads.is_empty() => String::from("at base"),
        Some(record) => format!("at {}", record.heads.join(", ")),
    };
    let left = vec![(age, Role::Text), (format!("  {heads}"), Role::Id)];
    let role = if listed.checksum == Checksum::Recorded { Role::Good } else { Role::Danger };
    let checksum = (format!("checksum {} ", listed.checksum.words()), role);
    Entry { left, right: vec![(size(listed.bytes), Role::Muted), (SEPARATOR.into(), Role::Muted), checksum] }
}

/// What it is of, and the command that brings it back.
pub(crate) fn details(model: &Model, index: usize) -> Vec<FormLine> {
    let Some(listed) = model.backups.listed.get(index) else { return Vec::new() };
    let mut lines = Vec::new();
    if let Some(record) = &listed.record {
        let of = format!("database {} of PostgreSQL {}, {}", record.database, record.server_version, record.at);
        lines.push(FormLine::Text(vec![(of, Role::Muted)], 2));
    }
    let path = listed.path.display().to_string();
    let command = format!("limbeck restore {}", shell_words::quote(&path));
    lines.push(FormLine::Text(vec![(String::from("bring it back with "), Role::Muted), (command, Role::Text)], 2));
    lines
}

/// The title.
pub(crate) fn title() -> Vec<Piece> {
    vec![
        (String::from("Backups"), Role::BorderFocused),
        (String::from(" ─ of the whole database, by pg_dump"), Role::Muted),
    ]
}

/// How far it is, or what came of it.
pub(crate) fn status(model: &Model) -> Piece {
    let backups = &model.backups;
    match (&model.job, &backups.end) {
        (Some(Job::BackingUp(_)), _) if model.cancelling => {
            (String::from("cancelling: waiting for pg_dump to end …"), Role::Warning)
        }
        (Some(Job::BackingUp(_)), _) => {
            let seconds = backups.started.map_or(0, |since| elapsed(since, model.now).as_secs());
            let far = match backups.at {
                None => String::from("starting pg_dump"),
                Some((tables, of, bytes)) => format!("{tables} of {of} tables, {} written", size(bytes)),
            };
            (format!("backing up: {far}, {seconds} s"), Role::Current)
        }
        (_, Some(Ok(path))) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (format!("backed up to {name}"), Role::Good)
        }
        (_, Some(Err(error))) if error.kind == ErrorKind::Interrupted => (error.message.clone(), Role::Warning),
        (_, Some(Err(error))) => (error.message.clone(), Role::Danger),
        (_, None) if backups.reading.is_some() => (String::from("reading the folder …"), Role::Muted),
        (_, None) if backups.listed.is_empty() => (String::from("no backups yet; b makes one"), Role::Muted),
        (_, None) => (super::plan_rows::count(backups.listed.len() as u64, "backup"), Role::Muted),
    }
}

/// A long time in one unit.
fn long(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
