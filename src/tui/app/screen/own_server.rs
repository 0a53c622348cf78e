//! `o`: offers limbeck's own server if the project names no database.

use crate::engine::{Error, ErrorKind};
use crate::tui::app::effect::Effect;
use crate::tui::app::form::Form;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::dialog::{Buttons, Dialog};
use crate::tui::app::model::{Connection, Model};
use crate::tui::app::theme::Role;

/// The offer.
#[derive(Debug)]
pub struct Offer {
    /// The reason for the offer.
    error: Error,
    /// 0: No, 1: Yes.
    buttons: Buttons,
}

/// Decides `o`.
pub(crate) fn decide(model: &Model) -> Decision {
    match &model.server.connection {
        Connection::NoDatabase(error) => {
            model.require_writable()?;
            let offer = Offer::new(error.clone());
            act(|model| model.open_dialog(offer))
        }
        Connection::Connecting => refuse("the server has not answered yet"),
        _ => refuse("the project has a database"),
    }
}

/// Takes a connection error. If the user has just agreed to limbeck's own server and its programs are missing, the
/// download is offered at once.
pub(crate) fn on_error(model: &mut Model, error: Error) {
    let needs_programs = error.kind == ErrorKind::NoPrograms;
    if needs_programs && model.consent.own_server && !model.consent.download && model.dialogs.is_empty() {
        model.open_dialog(Offer::new(error.clone()));
    }
    model.server.connection = match error.kind {
        ErrorKind::NoDatabase | ErrorKind::NoPrograms => Connection::NoDatabase(error),
        _ => Connection::Unreachable(error),
    };
}

impl Offer {
    fn new(error: Error) -> Self {
        // A second Enter must not start a download.
        let focused = usize::from(error.kind == ErrorKind::NoDatabase);
        Self { error, buttons: Buttons { focused } }
    }

    fn downloads(&self) -> bool {
        self.error.kind == ErrorKind::NoPrograms
    }
}

impl Dialog for Offer {
    fn form(&self, _model: &Model) -> Form {
        let title = if self.downloads() { "Download PostgreSQL?" } else { "Use limbeck's own server?" };
        let mut form = Form::new(title, 76);
        form.text(self.error.message.clone(), Role::Warning);
        form.blank();
        if self.downloads() {
            form.text("Yes downloads PostgreSQL from github.com for limbeck only, and starts the server.", Role::Text);
            if let Some(hint) = &self.error.hint {
                form.fact("or", vec![(hint.clone(), Role::Muted)]);
            }
        } else {
            let what = "Yes starts a private PostgreSQL for this project. Only limbeck can connect to it. Its data \
                        stay on this machine. It stops when the last limbeck that uses it ends.";
            form.text(what, Role::Text);
            let always = "to start it without asking: embedded = true under [database] in limbeck.toml";
            form.fact("always", vec![(String::from(always), Role::Muted)]);
        }
        form.blank();
        form.buttons = vec![String::from("No"), String::from("Yes")];
        form.focused_button = Some(self.buttons.focused);
        form
    }

    fn accept(self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        if self.buttons.focused == 0 {
            model.consent.own_server = false;
            return Vec::new();
        }
        model.consent.own_server = true;
        if self.downloads() {
            model.consent.download = true;
            model.notify("PostgreSQL is being downloaded; this may take a while");
        } else {
            model.notify("starting limbeck's own server");
        }
        model.server.connection = Connection::Connecting;
        vec![model.connect()]
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
}
