//! The commands on the selected revision or the selected entry: open, edit, copy, refresh, and showing what is wrong.

pub mod filter;
pub mod panes;

use std::borrow::Cow;
use std::path::PathBuf;

use crate::engine::Error;
use crate::engine::project::ScriptProblem;
use crate::engine::state::ledger_scripts::is_from_ledger;
use crate::tui::app::command::Command;
use crate::tui::app::effect::Effect;
use crate::tui::app::history::Item;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::screen::{Screen, ScriptLocation};
use crate::tui::app::model::{Connection, Model, Pane};

/// Decides the commands.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    match (command, model.screens.top()) {
        (Command::Open, Some(screen)) => screen.open(model),
        (Command::Open, None) => open(model),
        (Command::EditOutside, _) => edit_outside(model),
        (Command::Copy, _) => copy(model),
        (Command::Refresh, Some(screen)) => screen.refresh(model),
        (Command::Refresh, None) => refresh(model),
        _ => {
            let error = find_problem(model)?;
            act(|model| {
                model.show_error(error);
                Vec::new()
            })
        }
    }
}

fn open(model: &Model) -> Decision {
    let problem = match model.history.selected_item() {
        Some(Item::Problem(index)) if model.panes.focus == Pane::History => script_problem(model, *index),
        _ => None,
    };
    act(|model| {
        match problem {
            Some(error) => model.show_error(error),
            None => model.panes.focus = Pane::Script,
        }
        Vec::new()
    })
}

fn edit_outside(model: &Model) -> Decision {
    model.require_writable()?;
    match file_to_edit(model) {
        Some((path, line)) => act(move |_| vec![Effect::EditExternally(path, line)]),
        None => refuse("there is no file to edit here"),
    }
}

/// The file that `E` opens, and the line in it.
fn file_to_edit(model: &Model) -> Option<(PathBuf, Option<usize>)> {
    match model.script_at_cursor()? {
        ScriptLocation::Script(file, line) => (!is_from_ledger(&file)).then(|| (file.path.clone(), line)),
        ScriptLocation::File(path, line) => Some((path, line)),
    }
}

fn copy(model: &Model) -> Decision {
    let found = match (model.dialogs.last(), model.screens.top()) {
        (Some(dialog), _) => dialog.copyable(),
        (None, Some(screen)) => screen.copyable(model),
        (None, None) => copyable_in_pane(model),
    };
    match found {
        Some((text, what)) => act(move |_| vec![Effect::Copy(text, what)]),
        None => refuse("there is nothing to copy here"),
    }
}

/// The text that `y` copies in the pane with the focus, and what it is.
fn copyable_in_pane(model: &Model) -> Option<(String, String)> {
    match (model.panes.focus, model.history.selected_item()?) {
        (Pane::Script, Item::Revision(id) | Item::Missing(id)) if model.selected_script().is_some() => {
            let text = model.selected_script()?.text.to_string();
            Some((text, format!("the script of {}", id.short())))
        }
        (Pane::Log, _) => {
            let entry = model.log.entries().iter().rev().nth(model.log.back)?;
            Some((entry.text.clone(), String::from("the log's line")))
        }
        (_, Item::Revision(id) | Item::Missing(id)) => Some((id.to_string(), format!("the id {id}"))),
        (_, Item::Problem(index)) => Some((script_problem(model, *index)?.report(), String::from("the problem"))),
        (_, Item::Base) => Some((String::from("base"), String::from("'base'"))),
    }
}

fn refresh(model: &Model) -> Decision {
    model.require_idle()?;
    act(|model| {
        let scripts = model.load_scripts();
        let server = if matches!(model.server.connection, Connection::Connected) {
            model.read_status()
        } else {
            model.server.connection = Connection::Connecting;
            model.connect()
        };
        vec![scripts, server]
    })
}

/// The error that `!` shows: of the screen, of the connection, of the version table, or of the scripts.
fn find_problem(model: &Model) -> Result<Error, Cow<'static, str>> {
    let of_screen = model.screens.top().and_then(Screen::error);
    let of_server = || model.server.connection.error().or_else(|| model.server.faulty_rows()).cloned();
    if let Some(error) = of_screen.or_else(of_server).or_else(|| overlap_of_heads(model)) {
        return Ok(error);
    }
    let problems = model.tree.as_ref().map_or(0, |tree| tree.problems.len());
    if problems == 0 {
        return Err("there is no problem".into());
    }
    let mut all = Error::new(format!("the scripts have {problems} problems"));
    all.causes = (0..problems).filter_map(|index| script_problem(model, index)).map(|error| error.report()).collect();
    Ok(if problems == 1 { script_problem(model, 0).unwrap_or(all) } else { all })
}

/// The error if a head is an ancestor of another head.
fn overlap_of_heads(model: &Model) -> Option<Error> {
    model.tree.as_ref()?.graph.check_rows(model.heads()?).err().map(Error::from)
}

fn script_problem(model: &Model, index: usize) -> Option<Error> {
    model.tree.as_ref()?.problems.get(index).map(ScriptProblem::to_error)
}
