//! `b`: the list of backups, and making one.

use std::path::PathBuf;
use std::time::Duration;

use crate::core::text::plural;
use crate::core::text::size;
use crate::engine::backup::{BackupEvent, BackupRecord, ChecksumState as Checksum, ListedBackup};
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::form::{FormLine, Piece};
use crate::tui::app::format::elapsed;
use crate::tui::app::job::{Job, JobSpec, OnCancel, ShownBy};
use crate::tui::app::list::{self, List, ListEntry};
use crate::tui::app::log::LogState;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::theme::Role;

/// The name of the job and of the read.
const NAME: &str = "backup";

/// The messages of the tasks.
#[derive(Debug, Clone)]
pub enum BackupMsg {
    Listed(Result<Vec<ListedBackup>, Error>),
    Progress(BackupEvent),
    Made(Result<(PathBuf, BackupRecord), Error>),
}

/// The list.
#[derive(Debug, Default)]
pub struct Backups {
    listed: Vec<ListedBackup>,
    /// Finished tables, all tables, written bytes.
    progress: Option<(usize, usize, u64)>,
    /// The result of the last backup, or the error of the last reading.
    end: Option<Result<PathBuf, Error>>,
    version: u64,
}

/// Decides `b`: opens the list; on the list, makes a backup.
pub(crate) fn decide(model: &Model) -> Decision {
    if !list::require_no_other::<Backups>(model)? {
        return act(|model| {
            model.states.ensure::<Backups>();
            list::open_at_top::<Backups>(model);
            read(model)
        });
    }
    if model.jobs.runs(NAME) {
        return refuse("a backup is being made");
    }
    model.require_writable()?;
    model.require_connected()?;
    act(start)
}

fn read(model: &mut Model) -> Vec<Effect> {
    vec![model.start_read(NAME, Task::ListBackups)]
}

fn start(model: &mut Model) -> Vec<Effect> {
    if let Some(backups) = model.states.get_mut::<Backups>() {
        (backups.progress, backups.end) = (None, None);
    }
    let spec = JobSpec {
        name: NAME,
        doing: String::from("backing up"),
        on_cancel: OnCancel::Stop,
        shown_by: ShownBy::List,
        writes: false,
        quit_warning: "A backup is being made. Cancelling it removes the unfinished file.",
    };
    model.start_job(spec, Task::Backup)
}

/// Takes a progress message.
pub(super) fn on_progress(model: &mut Model, message: BackupMsg) {
    let (BackupMsg::Progress(progress), Some(backups)) = (message, model.states.get_mut::<Backups>()) else { return };
    match progress {
        BackupEvent::Working { tables, of, bytes, .. } => backups.progress = Some((tables, of, bytes)),
        BackupEvent::Starting(line) | BackupEvent::Note(line) => model.log.note(model.now, LogState::Note, NAME, &line),
        BackupEvent::Verifying { .. } | BackupEvent::Cancelling => {}
    }
}

/// Takes the end of a task.
pub(super) fn on_end(model: &mut Model, message: BackupMsg) -> Vec<Effect> {
    let Some(backups) = model.states.get_mut::<Backups>() else { return Vec::new() };
    backups.version += 1;
    match message {
        BackupMsg::Listed(Ok(listed)) => backups.listed = listed,
        BackupMsg::Listed(Err(error)) => backups.end = Some(Err(error)),
        BackupMsg::Made(answer) => {
            let error = answer.as_ref().err().filter(|error| error.kind != ErrorKind::Interrupted).cloned();
            backups.end = Some(answer.map(|(path, _)| path));
            list::report_end::<Backups>(model, error);
            return read(model);
        }
        BackupMsg::Progress(_) => {}
    }
    Vec::new()
}

impl Backups {
    fn describe_progress(&self, model: &Model, job: &Job) -> Piece {
        if job.cancelling {
            return (String::from("cancelling: waiting for pg_dump to end …"), Role::Warning);
        }
        let progress = match self.progress {
            None => String::from("starting pg_dump"),
            Some((tables, of, bytes)) => format!("{tables} of {of} tables, {} written", size(bytes)),
        };
        (format!("backing up: {progress}, {} s", elapsed(job.started, model.now).as_secs()), Role::Current)
    }
}

impl List for Backups {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn title(&self) -> Vec<Piece> {
        vec![
            (String::from("Backups"), Role::BorderFocused),
            (String::from(" ─ of the whole database, by pg_dump"), Role::Muted),
        ]
    }

    fn status(&self, model: &Model) -> Piece {
        if let Some(job) = model.jobs.running().filter(|job| job.spec.name == NAME) {
            return self.describe_progress(model, job);
        }
        match &self.end {
            Some(Ok(path)) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                (format!("backed up to {name}"), Role::Good)
            }
            Some(Err(error)) if error.kind == ErrorKind::Interrupted => (error.message.clone(), Role::Warning),
            Some(Err(error)) => (error.message.clone(), Role::Danger),
            None if model.jobs.is_reading(NAME) => (String::from("reading the folder …"), Role::Muted),
            None if self.listed.is_empty() => (String::from("no backups yet; b makes one"), Role::Muted),
            None => (plural(self.listed.len() as u64, "backup"), Role::Muted),
        }
    }

    fn count(&self) -> usize {
        self.listed.len()
    }

    /// The age, the heads, the size, and the state of the checksum.
    fn entry(&self, _model: &Model, index: usize) -> ListEntry {
        let Some(listed) = self.listed.get(index) else { return ListEntry::default() };
        let age = listed.age.map_or_else(|| String::from("unknown age"), |age| format!("{} ago", format_age(age)));
        let heads = match &listed.record {
            None => String::from("at unknown heads"),
            Some(record) if record.heads.is_empty() => String::from("at base"),
            Some(record) => format!("at {}", record.heads.join(", ")),
        };
        let left = vec![(age, Role::Text), (format!("  {heads}"), Role::Id)];
        let role = if listed.checksum == Checksum::Recorded { Role::Good } else { Role::Danger };
        let checksum = (format!("checksum {} ", listed.checksum.words()), role);
        ListEntry { left, right: list::joined([(size(listed.bytes), Role::Muted), checksum]) }
    }

    /// The database, and the command that restores it.
    fn details(&self, index: usize) -> Vec<FormLine> {
        let Some(listed) = self.listed.get(index) else { return Vec::new() };
        let mut lines = Vec::new();
        if let Some(record) = &listed.record {
            let of = format!("database {} of PostgreSQL {}, {}", record.database, record.server_version, record.at);
            lines.push(FormLine::Text(vec![(of, Role::Muted)], 2));
        }
        let path = listed.path.display().to_string();
        let command = format!("limbeck restore {}", shell_words::quote(&path));
        lines.push(FormLine::Text(vec![(String::from("restore with "), Role::Muted), (command, Role::Text)], 2));
        lines
    }

    fn refresh(&self, model: &Model) -> Decision {
        model.require_idle()?;
        act(|model| {
            if let Some(backups) = model.states.get_mut::<Backups>() {
                backups.end = None;
            }
            read(model)
        })
    }
}

/// An age in one unit.
fn format_age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
