//! What every message changes, and what has to be asked for because of it. Never waits.

use std::sync::Arc;

use crossterm::event::{KeyEvent, KeyEventKind};
use jiff::civil::Time;

use super::dialog::Dialog;
use super::history::History;
use super::keymap::Place;
use super::log::State;
use super::model::{Connection, Highlight, Job, Model};
use super::screen::plan::PlanScreen;
use super::screen::{backup, compare, editor, filter, generating, kept, leaving, own_server, verify};
use super::{Effect, Generation, Msg, command, layout, mouse, record, run, sheet};
use crate::core::graph::Path;
use crate::core::plan::Plan;
use crate::engine::draft::WrittenScript;
use crate::engine::project::ScriptTree;
use crate::engine::state::status::DatabaseStatus;
use crate::engine::{Error, ErrorKind};

/// The most texts whose colours are kept.
const HIGHLIGHTS: usize = 64;

/// Takes a message: changes the model and says what has to be asked for. `now` is the wall clock.
pub fn update(model: &mut Model, message: Msg, now: Time) -> Vec<Effect> {
    model.now = now;
    let (runs, by_itself) = (model.job.is_some() && !model.cancelling, !matches!(message, Msg::Key(_)));
    let mut effects = match message {
        Msg::Key(key) => on_key(model, key),
        Msg::Mouse(event) => mouse::on_mouse(model, event),
        Msg::Paste(text) => on_paste(model, &text),
        Msg::Resize { width, height } => {
            (model.width, model.height) = (width, height);
            Vec::new()
        }
        Msg::Focus(true) | Msg::LookAgain => look_again(model),
        Msg::Focus(false) => Vec::new(),
        Msg::Tick => {
            model.fade();
            Vec::new()
        }
        Msg::Drawn => {
            if let Some(dialog) = model.dialogs.last_mut() {
                dialog.was_drawn();
            }
            Vec::new()
        }
        Msg::ScriptsChanged => vec![model.load_scripts()],
        Msg::Terminate => leaving::terminate(model),
        answer => on_answer(model, answer),
    };
    if runs && by_itself && model.job.is_none() {
        model.job_ended = Some(now);
    }
    effects.extend(settle(model));
    effects
}

fn on_answer(model: &mut Model, message: Msg) -> Vec<Effect> {
    match message {
        Msg::ScriptsLoaded(tree) => on_scripts(model, tree),
        Msg::Settings { environments, database } => on_settings(model, environments, database),
        Msg::Status(generation, answer) => on_status(model, generation, answer),
        Msg::Recorded(generation, answer) => record::on_record(model, generation, answer),
        Msg::Prepared(generation, answer) => on_prepared(model, generation, answer),
        Msg::Progress(progress) => run::on_progress(model, progress),
        Msg::Applied(answer) => run::on_applied(model, answer),
        Msg::Written(answer) => on_written(model, answer),
        Msg::Stamped(answer) => on_stamped(model, answer),
        message @ (Msg::VerifyTold(..) | Msg::Verified(..)) => verify::on_message(model, message),
        message @ (Msg::CompareTold(..) | Msg::Drifted(..) | Msg::Checked(..)) => compare::on_message(model, message),
        message @ (Msg::BackupsListed(..) | Msg::BackupTold(..) | Msg::BackedUp(..)) => {
            backup::on_message(model, message)
        }
        message @ (Msg::CopiesListed(..) | Msg::CopyBack(..) | Msg::CopyDropped(..)) => {
            kept::on_message(model, message)
        }
        message @ (Msg::GenerateTold(..) | Msg::Generated(..)) => generating::on_message(model, message),
        Msg::Models(seen) => {
            model.models = Some(seen);
            Vec::new()
        }
        Msg::EditorClosed(answer) => {
            if let Err(error) = answer {
                model.show_error(error);
            }
            vec![model.load_scripts()]
        }
        Msg::Highlighted(id, tokens) => {
            if let Some(highlight) = model.highlights.get_mut(&id) {
                highlight.tokens = Some(tokens);
            }
            Vec::new()
        }
        Msg::Copied(Ok(what)) => {
            model.say(format!("copied {what}"));
            Vec::new()
        }
        Msg::Copied(Err(error)) | Msg::Failed(error) => {
            model.show_error(error);
            Vec::new()
        }
        other => editor::on_message(model, other),
    }
}

fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release || model.wants_drawn() {
        return Vec::new();
    }
    // It was read before this key; left standing it would hide what the next keys do.
    model.notice = None;
    let place = model.place();
    if let Some(command) = model.preferences.keymap.command(place, key) {
        return command::run(model, command);
    }
    if matches!(place, Place::Editor | Place::Find) {
        return editor::typing::on_key(model, key);
    }
    if place == Place::Text {
        let taken = match model.dialogs.last_mut() {
            Some(dialog) => dialog.input().is_some_and(|input| input.key(key)),
            None => model.filter.input.key(key),
        };
        if taken {
            typed(model);
        }
    }
    Vec::new()
}

fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if matches!(model.place(), Place::Editor | Place::Find) {
        return editor::typing::on_paste(model, text);
    }
    if model.place() != Place::Text || model.wants_drawn() {
        return Vec::new();
    }
    match model.dialogs.last_mut() {
        Some(dialog) => {
            if let Some(input) = dialog.input() {
                input.insert(text);
            }
        }
        None => model.filter.input.insert(text),
    }
    typed(model);
    Vec::new()
}

fn typed(model: &mut Model) {
    match model.dialogs.last_mut() {
        Some(dialog) => dialog.typed(),
        None => filter::typed(model),
    }
}

/// Every few seconds: the heads, or the server if it was away.
fn look_again(model: &mut Model) -> Vec<Effect> {
    if model.moved_settings {
        return follow_settings(model);
    }
    if model.job.is_some() || model.server.waiting.is_some() {
        return Vec::new();
    }
    match &model.server.connection {
        Connection::Connected => vec![model.read_status()],
        Connection::Away(error) if error.kind == ErrorKind::Connection => vec![model.connect()],
        _ => Vec::new(),
    }
}

fn on_scripts(model: &mut Model, tree: Arc<ScriptTree>) -> Vec<Effect> {
    model.scripts_loading = false;
    let heads = model.server.status.as_ref().map(|status| status.heads.clone());
    model.history = History::build(&tree, heads.as_deref(), &model.history);
    model.tree = Some(tree);
    if let Some(id) = model.select_when_loaded.take_if(|id| model.history.position(id).is_some()) {
        model.history.select_id(&id);
    }
    let tree = model.tree.clone();
    if let Some(screen) = &mut model.plan {
        screen.look_again(heads.as_deref(), tree.as_deref());
    }
    let mut effects: Vec<Effect> = editor::open::look_again(model).into_iter().collect();
    // What was read again may say by now where the database is.
    if matches!(model.server.connection, Connection::Nowhere(_)) && model.server.waiting.is_none() {
        effects.push(model.connect());
    }
    effects
}

/// Takes new settings; a database that moved elsewhere is connected to, as if it had been chosen.
fn on_settings(model: &mut Model, environments: Vec<(String, bool)>, database: bool) -> Vec<Effect> {
    model.environments = environments;
    model.moved_settings |= database;
    follow_settings(model)
}

/// Goes where the settings point, once no job runs on the database before.
fn follow_settings(model: &mut Model) -> Vec<Effect> {
    if model.job.is_some() || !std::mem::take(&mut model.moved_settings) {
        return Vec::new();
    }
    model.plan = None;
    model.server.connection = Connection::Connecting;
    model.server.status = None;
    restate(model);
    model.say("the settings name another database");
    vec![model.connect()]
}

fn on_status(model: &mut Model, generation: Generation, answer: Result<DatabaseStatus, Error>) -> Vec<Effect> {
    if model.server.waiting != Some(generation) {
        return Vec::new();
    }
    model.server.waiting = None;
    match answer {
        Ok(status) => {
            let back = matches!(model.server.connection, Connection::Away(_) | Connection::Nowhere(_));
            model.server.connection = Connection::Connected;
            let moved = model.heads().is_some_and(|heads| heads != status.heads);
            let known = model.heads() == Some(status.heads.as_slice());
            model.server.seen.insert(model.environment.clone(), status.heads.clone());
            model.server.status = Some(status);
            let by_us = std::mem::take(&mut model.moved_by_us);
            if back {
                model.recorded = None;
                model.say("connected again");
            } else if moved && !by_us {
                model.say("the database's heads have moved");
            }
            if !known {
                restate(model);
            }
        }
        Err(error) => {
            let words = error.message.clone();
            if model.server.connection.error() != Some(&error) {
                model.log.note(model.now, State::Warning, "server", &words);
            }
            own_server::on_error(model, error);
        }
    }
    Vec::new()
}

/// Works out again what the heads mean for the tree and for the plan on the screen.
pub(crate) fn restate(model: &mut Model) {
    let heads = model.server.status.as_ref().map(|status| status.heads.clone());
    if let Some(tree) = model.tree.clone() {
        model.history = std::mem::take(&mut model.history).with_heads(&tree, heads.as_deref());
    }
    if let Some(screen) = &mut model.plan {
        screen.look_again(heads.as_deref(), model.tree.as_deref());
    }
}

fn on_prepared(model: &mut Model, generation: Generation, answer: Result<Arc<Plan>, Error>) -> Vec<Effect> {
    let request = match &model.job {
        Some(Job::Preparing(expected, request)) if *expected == generation => request.clone(),
        _ => return Vec::new(),
    };
    model.job = None;
    match answer {
        Ok(plan) if plan.is_empty() => model.say(format!("nothing to {}", plan.direction.word())),
        Ok(plan) => {
            let mut screen = PlanScreen::new(plan, request);
            if let Some(before) = &model.plan
                && before.full
            {
                screen.toggle_full();
            }
            screen.look_again(model.heads(), model.tree.as_deref());
            model.plan = Some(screen);
        }
        Err(error) => model.show_error(error),
    }
    Vec::new()
}

fn on_written(model: &mut Model, answer: Result<WrittenScript, Error>) -> Vec<Effect> {
    model.job = None;
    if model.quitting {
        return vec![Effect::Quit];
    }
    match answer {
        Ok(written) => {
            let name = written.path.file_name().unwrap_or(written.path.as_os_str()).to_string_lossy().into_owned();
            model.log.note(model.now, State::Done, "create", &written.path.display().to_string());
            model.say(format!("created {name}"));
            model.select_when_loaded = Some(written.revision);
        }
        Err(error) => model.show_error(error),
    }
    vec![model.load_scripts()]
}

fn on_stamped(model: &mut Model, answer: Result<Path, Error>) -> Vec<Effect> {
    model.job = None;
    if model.quitting {
        return vec![Effect::Quit];
    }
    match answer {
        Ok(path) => {
            let words = format!("{} → {}", run::ids(&path.from), run::ids(&path.to));
            model.log.note(model.now, State::Done, "stamp", &words);
            model.say(format!("stamped {words}"));
            model.moved_by_us = true;
        }
        Err(error) => model.show_error(error),
    }
    vec![model.read_status()]
}

/// Brings windows and cursors back inside, and asks for the colours of what came into sight.
fn settle(model: &mut Model) -> Vec<Effect> {
    let areas = layout::areas(model);
    let height = |area| usize::from(layout::inner(area).height);
    model.history.settle(height(areas.history));
    let pending = model.history.pending().len();
    model.pending_cursor = model.pending_cursor.min(pending.saturating_sub(1));
    model.pending_top =
        super::scroll::follow(model.pending_top, model.pending_cursor, height(areas.pending).max(1), pending);
    settle_script(model, layout::script_text(model, areas.script));
    settle_dialog(model);
    if let Some(screen) = &mut model.plan {
        screen.cursor = screen.cursor.min(screen.rows.len().saturating_sub(1));
        let body = usize::from(areas.plan_body.height);
        screen.top = super::scroll::follow(screen.top, screen.cursor, body, screen.rows.len());
    }
    compare::settle(model);
    sheet::settle(model);
    editor::settle(model);
    let mut effects: Vec<Effect> = record::ask(model).into_iter().collect();
    if areas.script.height > 0 {
        effects.extend(highlight(model));
    }
    effects
}

fn settle_script(model: &mut Model, area: ratatui::layout::Rect) {
    let Some(file) = model.selected_script().cloned() else {
        model.script.top = 0;
        return;
    };
    if model.script.shown.as_ref() != Some(&file.script.revision) {
        model.script.shown = Some(file.script.revision.clone());
        (model.script.top, model.script.left) = (0, 0);
    }
    let width = usize::from(area.width).saturating_sub(layout::GUTTER).max(1);
    let lines = if model.script.wrap {
        file.text.lines().map(|line| layout::wrapped_height(line, width)).sum()
    } else {
        file.text.lines().count()
    };
    model.script.top = model.script.top.min(lines.saturating_sub(usize::from(area.height)));
}

fn settle_dialog(model: &mut Model) {
    let Some(areas) = layout::dialog(model) else { return };
    let last = areas.lines.len().saturating_sub(usize::from(areas.body.height));
    match model.dialogs.last_mut() {
        Some(Dialog::Error(dialog)) => dialog.scroll = dialog.scroll.min(last),
        Some(Dialog::Help(help)) => help.scroll = help.scroll.min(last),
        Some(Dialog::Confirm(confirm)) => confirm.scroll = confirm.scroll.min(last),
        Some(Dialog::Environment(dialog)) => dialog.cursor = dialog.cursor.min(model.environments.len()),
        _ => {}
    }
}

fn highlight(model: &mut Model) -> Option<Effect> {
    let file = model.selected_script()?;
    let (id, text) = (file.script.revision.clone(), file.text.clone());
    if model.highlights.get(&id).is_some_and(|known| *known.text == *text) {
        return None;
    }
    if model.highlights.len() >= HIGHLIGHTS {
        model.highlights.clear();
    }
    model.highlights.insert(id.clone(), Highlight { text: text.clone(), tokens: None });
    Some(Effect::Highlight(id, text))
}
