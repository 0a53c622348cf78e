//! Where nothing says where the database is: what can be done, and the offer of limbeck's own server.

use super::writable;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::{Buttons, Dialog};
use crate::tui::app::form::{Form, Piece};
use crate::tui::app::model::{Connection, Model};
use crate::tui::app::theme::Role;

/// What a yes allows.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Why it is offered.
    error: Error,
    /// 0: No, 1: Yes.
    pub buttons: Buttons,
}

/// Decides `o`.
pub(crate) fn decide(model: &Model) -> Decision {
    match &model.server.connection {
        Connection::Nowhere(_) => writable(model)?,
        Connection::Connecting => return no("the server has not answered yet"),
        _ => return no("the project says where its database is"),
    }
    Ok(|model| {
        if let Connection::Nowhere(error) = model.server.connection.clone() {
            open(model, error);
        }
        Vec::new()
    })
}

/// Takes why there is no connection. Who has just agreed to limbeck's own server is asked at once about the
/// programs that it still needs.
pub(crate) fn on_error(model: &mut Model, error: Error) {
    let needs_programs = error.kind == ErrorKind::NoPrograms;
    if needs_programs && model.consent.own_server && !model.consent.download && model.dialogs.is_empty() {
        open(model, error.clone());
    }
    model.server.connection = match error.kind {
        ErrorKind::NoDatabase | ErrorKind::NoPrograms => Connection::Nowhere(error),
        _ => Connection::Away(error),
    };
}

fn open(model: &mut Model, error: Error) {
    // A download is not what one says yes to by pressing Enter once more.
    let focused = usize::from(error.kind == ErrorKind::NoDatabase);
    model.dialogs.push(Dialog::Offer(Offer { error, buttons: Buttons { focused } }));
}

impl Offer {
    /// What was looked for, and what a yes does.
    #[must_use]
    pub fn form(&self, _model: &Model) -> Form {
        let downloads = self.error.kind == ErrorKind::NoPrograms;
        let mut form = Form::new(if downloads { "Download PostgreSQL?" } else { "Use limbeck's own server?" }, 76);
        form.text(self.error.message.clone(), Role::Warning);
        form.blank();
        if downloads {
            form.text("Yes downloads them from github.com, for limbeck alone, and starts the server.", Role::Text);
            if let Some(hint) = &self.error.hint {
                form.fact("or", vec![(hint.clone(), Role::Muted)]);
            }
        } else {
            let what = "Yes starts a private PostgreSQL for this project. Only limbeck reaches it, its data stay on \
                        this machine, and it stops with the last limbeck that uses it.";
            form.text(what, Role::Text);
            let always = "embedded = true under [database] in limbeck.toml says yes for good";
            form.fact("always", vec![(String::from(always), Role::Muted)]);
        }
        form.blank();
        form.buttons = vec![String::from("No"), String::from("Yes")];
        form.focused_button = Some(self.buttons.focused);
        form
    }
}

/// Enter: closes, or connects with what was agreed to.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Offer(offer)) = model.dialogs.pop() else { return Vec::new() };
    if offer.buttons.focused == 0 {
        model.consent.own_server = false;
        return Vec::new();
    }
    model.consent.own_server = true;
    if offer.error.kind == ErrorKind::NoPrograms {
        model.consent.download = true;
        model.say("PostgreSQL is being downloaded; this may take a while");
    } else {
        model.say("limbeck's own server is being started");
    }
    model.server.connection = Connection::Connecting;
    vec![model.connect()]
}

/// The ways out where there is no database, a line each; none where there is one.
#[must_use]
pub fn words(model: &Model) -> Vec<Piece> {
    let Connection::Nowhere(error) = &model.server.connection else { return Vec::new() };
    let key = model.preferences.keymap.shown(Command::OwnServer);
    let lines = if error.kind == ErrorKind::NoPrograms {
        let how = format!("install them, or press {key}: limbeck downloads them");
        [
            (String::from("limbeck's own server has no programs to run"), Role::Warning),
            (String::from("PostgreSQL (initdb, postgres) is not here"), Role::Text),
            (how, Role::Text),
        ]
    } else {
        let how = format!("or press {key} for limbeck's own server");
        [
            (String::from("nothing says where the database is"), Role::Warning),
            (String::from("set DATABASE_URL, PGHOST …, or url in limbeck.toml"), Role::Text),
            (how, Role::Text),
        ]
    };
    lines.to_vec()
}
