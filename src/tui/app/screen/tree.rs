//! What one does with what is selected: open, edit, copy, refresh, and reading what is wrong.

use std::path::PathBuf;

use super::plan::{PlanScreen, Run};
use super::{idle, planning};
use crate::engine::Error;
use crate::engine::project::ScriptProblem;
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::history::Item;
use crate::tui::app::model::{Connection, Model, Pane};
use crate::tui::app::sheet;

/// Decides the commands on the selection.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    match command {
        Command::Open if model.sheet.is_some() => open_entry(model),
        Command::Open => Ok(open),
        Command::Edit => super::editor::open::decide(model),
        Command::EditOutside => edit_outside(model),
        Command::Copy => copyable(model).map(|_| copy as _),
        Command::Refresh => refresh(model),
        _ => problem(model).map(|_| {
            (|model: &mut Model| {
                if let Ok(error) = problem(model) {
                    model.show_error(error);
                }
                Vec::new()
            }) as _
        }),
    }
}

fn open(model: &mut Model) -> Vec<Effect> {
    match model.history.selected_item() {
        Some(Item::Problem(index)) if model.focus == Pane::History => {
            if let Some(error) = script_problem(model, *index) {
                model.show_error(error);
            }
        }
        _ => model.focus = Pane::Script,
    }
    Vec::new()
}

/// Enter on an entry of a list: its error in full, or its revision in the panes.
fn open_entry(model: &Model) -> Decision {
    if model.sheet.as_ref().is_some_and(|sheet| sheet.kind == sheet::Kind::Generate) {
        return super::generate::decide_go_on(model);
    }
    if sheet::revision(model).is_none() {
        return no("there is nothing to open here");
    }
    Ok(|model| {
        if let Some(error) = sheet::error(model) {
            model.show_error(error);
        } else if let Some(id) = sheet::revision(model) {
            model.sheet = None;
            model.history.select_id(&id);
            model.focus = Pane::Script;
        }
        Vec::new()
    })
}

fn edit_outside(model: &Model) -> Decision {
    if model.read_only {
        return no("limbeck was opened with --read-only");
    }
    idle(model)?;
    match file_to_edit(model) {
        Some(_) => {
            Ok(|model| file_to_edit(model).map(|(path, line)| Effect::EditExternally(path, line)).into_iter().collect())
        }
        None => no("there is no file to edit here"),
    }
}

/// The file that `E` opens, and the line in it.
fn file_to_edit(model: &Model) -> Option<(PathBuf, Option<usize>)> {
    match (model.dialogs.last(), &model.plan) {
        (Some(Dialog::Error(dialog)), _) => {
            let id = dialog.error.revision.as_deref()?;
            let tree = model.tree.as_ref()?;
            let file = tree.scripts.iter().find(|(revision, _)| revision.as_str() == id)?.1;
            Some((file.path.clone(), dialog.error.line))
        }
        (Some(_), _) => None,
        (None, _) if model.sheet.is_some() => {
            let line = sheet::error(model).and_then(|error| error.line);
            Some((model.script_of(&sheet::revision(model)?)?.path.clone(), line))
        }
        (None, Some(screen)) => screen.place_in_script(),
        (None, None) => match model.history.selected_item()? {
            Item::Revision(id) => Some((model.script_of(id)?.path.clone(), None)),
            Item::Problem(index) => match model.tree.as_ref()?.problems.get(*index)? {
                ScriptProblem::File { path, line, .. } => Some((path.clone(), *line)),
                ScriptProblem::Graph(_) => None,
            },
            _ => None,
        },
    }
}

fn copyable(model: &Model) -> Result<(String, String), std::borrow::Cow<'static, str>> {
    let found = match (model.dialogs.last(), &model.plan) {
        (Some(Dialog::Error(dialog)), _) => Some((dialog.error.report(), String::from("the error"))),
        (Some(_), _) => None,
        (None, _) if model.sheet.is_some() => sheet::text(model).map(|text| (text, String::from("the line"))),
        (None, Some(screen)) => screen.statement_text().map(|sql| (sql, String::from("the statement"))),
        (None, None) => copyable_in_pane(model),
    };
    found.ok_or_else(|| "there is nothing to copy here".into())
}

fn copyable_in_pane(model: &Model) -> Option<(String, String)> {
    match (model.focus, model.history.selected_item()?) {
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

fn copy(model: &mut Model) -> Vec<Effect> {
    copyable(model).map(|(text, what)| Effect::Copy(text, what)).into_iter().collect()
}

fn refresh(model: &Model) -> Decision {
    if model.sheet.is_some() {
        return sheet::again(model);
    }
    idle(model)?;
    if model.plan.as_ref().is_some_and(|screen| !screen.is_reviewing()) {
        return no("the plan has run");
    }
    Ok(|model| {
        if let Some(screen) = &model.plan {
            let request = screen.request.clone();
            return planning::prepare(model, request);
        }
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

fn problem(model: &Model) -> Result<Error, std::borrow::Cow<'static, str>> {
    if let Some(PlanScreen { run: Run::Failed(error, _), .. }) = &model.plan {
        return Ok((**error).clone());
    }
    if let Some(error) = model.server.connection.error() {
        return Ok(error.clone());
    }
    let problems = model.tree.as_ref().map_or(0, |tree| tree.problems.len());
    if problems == 0 {
        return Err("nothing is wrong".into());
    }
    let mut all = Error::new(format!("{problems} of the scripts' problems stand in the way"));
    all.causes = (0..problems).filter_map(|index| script_problem(model, index)).map(|error| error.report()).collect();
    Ok(if problems == 1 { script_problem(model, 0).unwrap_or(all) } else { all })
}

fn script_problem(model: &Model, index: usize) -> Option<Error> {
    model.tree.as_ref()?.problems.get(index).map(ScriptProblem::to_error)
}
