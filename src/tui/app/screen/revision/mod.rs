//! Creating and stamping revisions: two dialogs. Each starts a short job. The answer to a merge comes here too.

pub mod create;
pub mod stamp;

use crate::core::graph::Path;
use crate::engine::draft::WrittenScript;
use crate::engine::drift::Drift;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::Effect;
use crate::tui::app::format::join_ids;
use crate::tui::app::log::LogState;
use crate::tui::app::model::Model;

/// The end of a task.
#[derive(Debug, Clone)]
pub enum RevisionMsg {
    /// A revision was created, or heads were merged.
    Written(Result<WrittenScript, Error>),
    Stamped(Result<Path, Error>),
    /// The stamp waits for the migration lock, which this session holds.
    WaitingForMigrator(String),
    /// The drift for the stamp dialog.
    Drift(Result<Drift, Error>),
}

/// Takes the progress of a task.
pub(super) fn on_progress(model: &mut Model, message: RevisionMsg) {
    if let RevisionMsg::WaitingForMigrator(holder) = message {
        let words = format!("waiting for another migrator: {holder}");
        model.log.note(model.now, LogState::Warning, "lock", &words);
        model.notify(words);
    }
}

/// Takes the end of a task.
pub(super) fn on_end(model: &mut Model, message: RevisionMsg) -> Vec<Effect> {
    match message {
        RevisionMsg::Written(answer) => on_written(model, answer),
        RevisionMsg::Stamped(answer) => on_stamped(model, answer),
        RevisionMsg::Drift(answer) => stamp::on_drift(model, answer),
        RevisionMsg::WaitingForMigrator(_) => Vec::new(),
    }
}

fn on_written(model: &mut Model, answer: Result<WrittenScript, Error>) -> Vec<Effect> {
    match answer {
        Ok(written) => {
            let name = written.path.file_name().unwrap_or(written.path.as_os_str()).to_string_lossy().into_owned();
            model.log.note(model.now, LogState::Done, "create", &written.path.display().to_string());
            model.notify(format!("created {name}"));
            model.select_when_loaded = Some(written.revision);
        }
        Err(error) => model.show_error(error),
    }
    vec![model.load_scripts()]
}

fn on_stamped(model: &mut Model, answer: Result<Path, Error>) -> Vec<Effect> {
    match answer {
        Ok(path) => {
            let change = format!("{} → {}", join_ids(&path.from), join_ids(&path.to));
            model.log.note(model.now, LogState::Done, "stamp", &change);
            model.notify(format!("stamped {change}"));
            model.changed_heads = true;
        }
        Err(error) if error.kind == ErrorKind::Interrupted => model.notify(error.message),
        Err(error) => model.show_error(error),
    }
    vec![model.read_status()]
}
