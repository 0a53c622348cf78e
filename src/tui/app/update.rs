//! What each message changes, and which effects follow. It never waits.

use std::sync::Arc;

use crossterm::event::{KeyEvent, KeyEventKind};
use jiff::civil::Time;

use super::command::KeyContext;
use super::effect::{Effect, Generation};
use super::history::History;
use super::job::Ended;
use super::log::LogState;
use super::model::{Connection, Highlight, Model, ScreenRequest};
use super::msg::Msg;
use super::run_command::run_command;
use super::screen::{self, ScreenMsg, editor, own_server, quit, tree};
use super::{layout, ledger, mouse, scroll};
use crate::core::script::Language;
use crate::engine::project::ScriptTree;
use crate::engine::state::status::DatabaseStatus;
use crate::engine::{Error, ErrorKind};

/// The most texts whose tokens are kept.
const HIGHLIGHTS: usize = 64;

/// Takes a message: changes the model and returns the effects. `now` is the wall clock.
pub fn update(model: &mut Model, message: Msg, now: Time) -> Vec<Effect> {
    model.now = now;
    let mut effects = on_message(model, message);
    while !model.requests.is_empty() {
        for request in std::mem::take(&mut model.requests) {
            effects.extend(match request {
                ScreenRequest::Edit(opening) => editor::open::open(model, *opening),
                ScreenRequest::Run(command) => run_command(model, command),
            });
        }
    }
    effects.extend(screen::conflict::follow_scripts(model));
    effects.extend(update_windows(model));
    effects
}

fn on_message(model: &mut Model, message: Msg) -> Vec<Effect> {
    match message {
        Msg::Key(key) => on_key(model, key),
        Msg::Mouse(event) => mouse::on_mouse(model, event),
        Msg::Paste(text) => on_paste(model, &text),
        Msg::Resize { width, height } => {
            (model.width, model.height) = (width, height);
            Vec::new()
        }
        Msg::Focus(true) | Msg::Poll => poll(model),
        Msg::Focus(false) => Vec::new(),
        Msg::Tick => {
            model.expire_notice();
            Vec::new()
        }
        Msg::Drawn => {
            if let Some(dialog) = model.dialogs.last_mut() {
                dialog.on_drawn();
            }
            Vec::new()
        }
        Msg::ScriptsChanged => vec![model.load_scripts()],
        Msg::Terminate => quit::terminate(model),
        answer => on_answer(model, answer),
    }
}

fn on_answer(model: &mut Model, message: Msg) -> Vec<Effect> {
    match message {
        Msg::ScriptsLoaded(tree) => on_scripts(model, tree),
        Msg::Settings { environments, database } => on_settings(model, environments, database),
        Msg::Status(generation, answer) => on_status(model, generation, answer),
        Msg::Ledger(generation, answer) => ledger::on_answer(model, generation, answer),
        Msg::Progress(generation, message) if model.jobs.is_current(generation) => {
            screen::on_progress(model, message);
            Vec::new()
        }
        Msg::Ended(generation, message) => on_end(model, generation, message),
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
        Msg::OpenEditor(opening) => editor::open::open(model, *opening),
        Msg::Highlighted(id, tokens) => {
            if let Some(highlight) = model.highlights.get_mut(&id) {
                highlight.tokens = Some(tokens);
            }
            Vec::new()
        }
        Msg::Copied(Ok(what)) => {
            model.notify(format!("copied {what}"));
            Vec::new()
        }
        Msg::Copied(Err(error)) | Msg::Failed(error) => {
            model.show_error(error);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// A job or a read has ended. If limbeck was asked to quit, it quits now.
fn on_end(model: &mut Model, generation: Generation, message: ScreenMsg) -> Vec<Effect> {
    let Some(ended) = model.jobs.end(generation, model.now) else { return Vec::new() };
    if let Ended::Job { .. } = ended {
        model.dialogs.retain(|dialog| !dialog.closes_with_job());
    }
    let was_cancelled = ended == Ended::Job { was_cancelled: true };
    let effects = screen::on_end(model, message, was_cancelled);
    if model.jobs.is_quitting() && !model.jobs.is_running() {
        return vec![Effect::Quit];
    }
    effects
}

fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release || model.wants_drawn() {
        return Vec::new();
    }
    // The user has seen the notice. It would hide what the next keys do.
    model.notice = None;
    let context = model.key_context();
    if let Some(command) = model.preferences.keymap.command(context, key) {
        return run_command(model, command);
    }
    if matches!(context, KeyContext::Editor | KeyContext::Find) {
        return editor::typing::on_key(model, key);
    }
    if context == KeyContext::Text {
        let taken = match model.dialogs.last_mut() {
            Some(dialog) => dialog.input().is_some_and(|input| input.key(key)),
            None => model.panes.filter.input.key(key),
        };
        if taken {
            on_typed(model);
        }
    }
    Vec::new()
}

fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if matches!(model.key_context(), KeyContext::Editor | KeyContext::Find) {
        return editor::typing::on_paste(model, text);
    }
    if model.key_context() != KeyContext::Text || model.wants_drawn() {
        return Vec::new();
    }
    match model.dialogs.last_mut() {
        Some(dialog) => {
            if let Some(input) = dialog.input() {
                input.insert(text);
            }
        }
        None => model.panes.filter.input.insert(text),
    }
    on_typed(model);
    Vec::new()
}

fn on_typed(model: &mut Model) {
    match model.dialogs.last_mut() {
        Some(dialog) => dialog.on_typed(),
        None => tree::filter::on_typed(model),
    }
}

/// Reads the heads, or connects again if the server could not be reached.
fn poll(model: &mut Model) -> Vec<Effect> {
    if model.database_changed {
        return follow_settings(model);
    }
    if model.jobs.is_running() || model.waits_for_status() {
        return Vec::new();
    }
    match &model.server.connection {
        Connection::Connected => vec![model.read_status()],
        Connection::Unreachable(error) if error.kind == ErrorKind::Connection => vec![model.connect()],
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
    model.update_screens();
    let mut effects: Vec<Effect> = editor::open::check_file(model).into_iter().collect();
    // The settings that were read with the scripts may name a database now.
    if matches!(model.server.connection, Connection::NoDatabase(_)) && !model.waits_for_status() {
        effects.push(model.connect());
    }
    effects
}

/// Takes new settings. If they name another database, limbeck connects to it.
fn on_settings(model: &mut Model, environments: Vec<(String, bool)>, database: bool) -> Vec<Effect> {
    model.environments = environments;
    model.database_changed |= database;
    follow_settings(model)
}

/// Connects to the database of the settings when no job runs.
fn follow_settings(model: &mut Model) -> Vec<Effect> {
    if model.jobs.is_running() || !std::mem::take(&mut model.database_changed) {
        return Vec::new();
    }
    model.notify("the settings now select another database");
    vec![model.reconnect()]
}

fn on_status(model: &mut Model, generation: Generation, answer: Result<DatabaseStatus, Error>) -> Vec<Effect> {
    if model.jobs.end(generation, model.now).is_none() {
        return Vec::new();
    }
    match answer {
        Ok(status) => on_connected(model, status),
        Err(error) => {
            if model.server.connection.error() != Some(&error) {
                model.log.note(model.now, LogState::Warning, "server", &error.message);
            }
            own_server::on_error(model, error);
        }
    }
    Vec::new()
}

fn on_connected(model: &mut Model, status: DatabaseStatus) {
    let was_unreachable = matches!(model.server.connection, Connection::Unreachable(_) | Connection::NoDatabase(_));
    model.server.connection = Connection::Connected;
    let new_fault = status.faulty_rows.clone().filter(|fault| model.server.faulty_rows() != Some(fault));
    let is_same = model.heads() == Some(status.heads.as_slice());
    let has_moved = model.heads().is_some() && !is_same;
    model.server.seen.insert(model.environment.clone(), status.heads.clone());
    model.server.status = Some(status);
    let by_limbeck = std::mem::take(&mut model.changed_heads);
    if was_unreachable {
        model.server.asked_ledger = None;
        model.notify("connected again");
    } else if has_moved && !by_limbeck {
        model.notify("the database's heads have changed");
    }
    if !is_same {
        model.update_history();
    }
    if let Some(fault) = new_fault {
        model.log.note(model.now, LogState::Warning, "server", &fault.message);
        model.show_error(fault);
    }
}

/// Brings windows and cursors into range, and highlights the script that has become visible.
fn update_windows(model: &mut Model) -> Vec<Effect> {
    let areas = layout::areas(model);
    let height = |area| usize::from(layout::inner(area).height);
    model.history.scroll_to_selected(height(areas.history));
    let pending = model.history.pending().len();
    let panes = &mut model.panes;
    panes.pending_cursor = panes.pending_cursor.min(pending.saturating_sub(1));
    panes.pending_top = scroll::follow(panes.pending_top, panes.pending_cursor, height(areas.pending).max(1), pending);
    limit_script_scroll(model, layout::script_text(model, areas.script));
    limit_dialog_scroll(model);
    update_differences(model);
    update_screen_windows(model, &areas);
    let mut effects: Vec<Effect> = ledger::read(model).into_iter().collect();
    if areas.script.height > 0 {
        effects.extend(highlight(model));
    }
    effects
}

fn limit_script_scroll(model: &mut Model, area: ratatui::layout::Rect) {
    let Some(file) = model.selected_script().cloned() else {
        model.panes.script.top = 0;
        return;
    };
    let view = &mut model.panes.script;
    if view.shown.as_ref() != Some(&file.script.revision) {
        view.shown = Some(file.script.revision.clone());
        (view.top, view.left) = (0, 0);
    }
    let width = usize::from(area.width).saturating_sub(layout::GUTTER).max(1);
    let lines = if view.wrap {
        file.text.lines().map(|line| layout::wrapped_height(line, width)).sum()
    } else {
        file.text.lines().count()
    };
    view.top = view.top.min(lines.saturating_sub(usize::from(area.height)));
}

fn limit_dialog_scroll(model: &mut Model) {
    let Some(areas) = layout::dialog(model) else { return };
    let last = areas.lines.len().saturating_sub(usize::from(areas.body.height));
    if let Some(mut dialog) = model.dialogs.pop() {
        dialog.limit_scroll(model, last);
        model.dialogs.push(dialog);
    }
}

fn update_differences(model: &mut Model) {
    let models = model.models.as_ref().and_then(|seen| seen.as_ref().ok()).copied();
    let is_writing = model.jobs.running().is_some_and(|job| job.spec.writes);
    let heads = model.server.status.as_ref().map(|status| status.heads.as_slice());
    model.differences.update(heads, model.tree.as_ref(), models, is_writing);
}

fn update_screen_windows(model: &mut Model, areas: &layout::Areas) {
    let mut screens = std::mem::take(&mut model.screens);
    for screen in screens.iter_mut() {
        let is_editor = screen.layer() == super::model::screen::Layer::Editor;
        screen.update_window(model, if is_editor { areas.editor } else { areas.plan_body });
    }
    model.screens = screens;
}

fn highlight(model: &mut Model) -> Option<Effect> {
    let file = model.selected_script()?;
    let (id, text) = (file.script.revision.clone(), file.text.clone());
    let language = Language::of(&file.path);
    if model.highlights.get(&id).is_some_and(|known| *known.text == *text) {
        return None;
    }
    if model.highlights.len() >= HIGHLIGHTS {
        model.highlights.clear();
    }
    model.highlights.insert(id.clone(), Highlight { text: text.clone(), tokens: None });
    Some(Effect::Highlight(id, language, text))
}
