//! Going back, cancelling, suspending, quitting; and the two dialogs that are opened from anywhere.

use super::generate;
use super::help::Help;
use super::palette::Palette;
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::{Buttons, Dialog};
use crate::tui::app::form::Form;
use crate::tui::app::model::{Job, Model, Pane};
use crate::tui::app::sheet::Kind;
use crate::tui::app::theme::Role;

/// Asks before a job is cancelled by quitting.
#[derive(Debug, Clone, Default)]
pub struct Leaving {
    /// 0: stay, 1: cancel and quit.
    pub buttons: Buttons,
}

impl Leaving {
    /// What would be cancelled.
    #[must_use]
    pub fn form(&self, model: &Model) -> Form {
        let mut form = Form::new("Quit?", 60);
        let what = match &model.job {
            Some(Job::Applying) => "A plan is being applied. Cancelling it rolls back what is not committed.",
            Some(Job::Verifying(_)) => "Scripts are being verified. Cancelling that drops the scratch database.",
            Some(Job::Comparing(..)) => "The database is being compared. Cancelling that drops the scratch database.",
            Some(Job::BackingUp(_)) => "The database is being backed up. Cancelling that removes what was written.",
            Some(Job::Generating(_)) => "A script is being generated. Cancelling that drops the scratch database.",
            Some(Job::Proving) => "A script is being proved. Cancelling that drops its scratch database.",
            _ => "Something is still being written.",
        };
        form.text(what, Role::Text);
        form.blank();
        form.buttons = vec![String::from("Stay"), String::from("Cancel and quit")];
        form.focused_button = Some(self.buttons.focused);
        form
    }
}

/// Decides the commands that apply almost everywhere.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    Ok(match command {
        Command::Palette => |model| push(model, Dialog::Palette(Palette::new(model))),
        Command::Help => |model| push(model, Dialog::Help(Help::new(model))),
        Command::Back => return decide_back(model),
        Command::Cancel => cancel,
        Command::Suspend => |_| vec![Effect::Suspend],
        Command::Quit => quit,
        _ => return no("not here"),
    })
}

fn push(model: &mut Model, dialog: Dialog) -> Vec<Effect> {
    model.dialogs.push(dialog);
    Vec::new()
}

fn decide_back(model: &Model) -> Decision {
    if !model.dialogs.is_empty() {
        return Ok(|model| {
            model.dialogs.pop();
            Vec::new()
        });
    }
    if model.editor.is_some() {
        return Ok(super::editor::saving::back);
    }
    if model.sheet.is_some() {
        return Ok(leave_list);
    }
    if model.filter.typing {
        return Ok(|model| super::filter::close(model, false));
    }
    if matches!(model.job, Some(Job::Preparing(..))) {
        return Ok(let_go);
    }
    if model.plan.is_some() {
        if model.job == Some(Job::Applying) {
            return no("the plan is being applied; ^c cancels it");
        }
        return Ok(|model| {
            model.plan = None;
            Vec::new()
        });
    }
    if model.focus == Pane::History && model.filter.input.is_empty() {
        return no("this is the first level; q quits");
    }
    Ok(|model| {
        if model.focus == Pane::History {
            model.filter = super::filter::Filter::default();
        } else {
            model.focus = Pane::History;
        }
        Vec::new()
    })
}

/// Leaves the list; what it asks waits.
fn leave_list(model: &mut Model) -> Vec<Effect> {
    let was = model.sheet.take().map(|sheet| sheet.kind);
    if was == Some(Kind::Generate) && generate::is_asking(model) {
        let key = model.preferences.keymap.shown(Command::Autogenerate);
        model.say(format!("autogenerate waits for an answer: {key} goes back to it"));
    }
    Vec::new()
}

/// Drops a plan that is being made: its answer is not waited for.
fn let_go(model: &mut Model) -> Vec<Effect> {
    model.next_generation();
    model.job = None;
    model.say("planning was cancelled");
    vec![Effect::Cancel]
}

fn cancel(model: &mut Model) -> Vec<Effect> {
    match &model.job {
        None => cancel_nothing(model),
        Some(Job::Preparing(..)) => let_go(model),
        Some(Job::Writing(_)) => {
            model.quitting = true;
            Vec::new()
        }
        Some(_) if model.cancelling => {
            model.quitting = true;
            model.say("limbeck quits as soon as the server has answered");
            Vec::new()
        }
        Some(_) => {
            model.cancelling = true;
            vec![Effect::Cancel]
        }
    }
}

/// `^c` where nothing runs.
fn cancel_nothing(model: &mut Model) -> Vec<Effect> {
    let selects = model.editor.as_ref().map(|editor| editor.document.selection().is_some());
    match selects {
        Some(true) if model.dialogs.is_empty() => super::editor::commands::copy(model),
        None if shows_question(model) => generate::drop_question(model),
        _ if model.has_just_ended() => {
            model.say("it had ended already; once more quits");
            Vec::new()
        }
        Some(_) => super::editor::saving::quit(model),
        None => vec![Effect::Quit],
    }
}

fn shows_question(model: &Model) -> bool {
    let is_there = model.sheet.as_ref().is_some_and(|sheet| sheet.kind == Kind::Generate);
    is_there && model.dialogs.is_empty() && generate::is_asking(model)
}

fn quit(model: &mut Model) -> Vec<Effect> {
    match &model.job {
        None | Some(Job::Preparing(..)) => vec![Effect::Quit],
        Some(_) => push(model, Dialog::Leaving(Leaving::default())),
    }
}

/// Enter in the dialog: stays, or cancels and quits once the server has answered.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Leaving(leaving)) = model.dialogs.pop() else { return Vec::new() };
    if leaving.buttons.focused == 0 {
        return Vec::new();
    }
    terminate(model)
}

/// Ends: at once where nothing runs, else once what runs was cancelled.
pub fn terminate(model: &mut Model) -> Vec<Effect> {
    let mut effects: Vec<Effect> = super::editor::saving::rescue(model).into_iter().collect();
    effects.extend(terminate_job(model));
    effects
}

fn terminate_job(model: &mut Model) -> Vec<Effect> {
    match &model.job {
        None | Some(Job::Preparing(..)) => vec![Effect::Quit],
        Some(Job::Writing(_)) => {
            model.quitting = true;
            Vec::new()
        }
        Some(_) => {
            model.quitting = true;
            let asked = std::mem::replace(&mut model.cancelling, true);
            if asked { Vec::new() } else { vec![Effect::Cancel] }
        }
    }
}
