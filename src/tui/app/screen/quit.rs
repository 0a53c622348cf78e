//! Cancelling, suspending and quitting.

use crate::tui::app::command::Command;
use crate::tui::app::effect::Effect;
use crate::tui::app::form::Form;
use crate::tui::app::job::Cancelled;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::dialog::{Buttons, Dialog};
use crate::tui::app::model::screen::Screen;
use crate::tui::app::theme::Role;

/// The question before quitting cancels a job.
#[derive(Debug, Default)]
pub struct QuitDialog {
    /// 0: Stay, 1: Cancel and quit.
    buttons: Buttons,
}

/// Decides the commands.
pub(crate) fn decide(_model: &Model, command: Command) -> Decision {
    match command {
        Command::Cancel => act(cancel),
        Command::Suspend => act(|_| vec![Effect::Suspend]),
        Command::Quit => act(quit),
        _ => refuse("not here"),
    }
}

/// `^c`: cancels the running job. If none runs, it does what the screen wants, or quits.
fn cancel(model: &mut Model) -> Vec<Effect> {
    if model.jobs.is_running() {
        return model.cancel_job();
    }
    let top = model.screens.top();
    let action = top.filter(|_| model.dialogs.is_empty()).and_then(|screen| screen.on_interrupt(model));
    if let Some(action) = action {
        return action(model);
    }
    if model.jobs.has_just_ended(model.now) {
        model.notify("the job had already ended; press again to quit");
        return Vec::new();
    }
    match model.screens.top().and_then(|screen| screen.before_quit()) {
        Some(action) => action(model),
        None => vec![Effect::Quit],
    }
}

fn quit(model: &mut Model) -> Vec<Effect> {
    if model.jobs.blocks_quitting() { model.open_dialog(QuitDialog::default()) } else { vec![Effect::Quit] }
}

/// Quits at once, or when the running job has been cancelled. Unsaved text is written to a separate file.
pub fn terminate(model: &mut Model) -> Vec<Effect> {
    let mut effects: Vec<Effect> = model.screens.iter().filter_map(Screen::rescue).collect();
    match model.jobs.quit() {
        Cancelled::NoJob | Cancelled::Abandoned | Cancelled::LeftRunning => effects.push(Effect::Quit),
        Cancelled::Requested => effects.push(Effect::Cancel),
        Cancelled::WillQuit(_) => {}
    }
    effects
}

impl Dialog for QuitDialog {
    fn form(&self, model: &Model) -> Form {
        let mut form = Form::new("Quit?", 60);
        let warning = model.jobs.running().map_or("", |job| job.spec.quit_warning);
        form.text(warning, Role::Text);
        form.blank();
        form.buttons = vec![String::from("Stay"), String::from("Cancel and quit")];
        form.focused_button = Some(self.buttons.focused);
        form
    }

    fn accept(self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        if self.buttons.focused == 0 { Vec::new() } else { terminate(model) }
    }

    fn has_fields(&self) -> bool {
        true
    }

    fn change_field(&mut self, _forward: bool) {
        self.buttons.switch();
    }

    fn focus_button(&mut self, button: usize) {
        self.buttons.focus(button);
    }

    fn closes_with_job(&self) -> bool {
        true
    }
}
