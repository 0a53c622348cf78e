//! The dialog that chooses another environment.

use super::idle;
use super::moving::Motion;
use crate::core::graph::RevisionId;
use crate::tui::app::Effect;
use crate::tui::app::command::{Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::model::{Connection, Model};
use crate::tui::app::record;
use crate::tui::app::theme::Role;

/// The cursor over the environments; 0 is the `[database]` table.
#[derive(Debug, Clone)]
pub struct Environments {
    pub cursor: usize,
}

/// Decides `x`.
pub(crate) fn decide(model: &Model) -> Decision {
    if model.environments.is_empty() {
        return no("limbeck.toml names no [environments]");
    }
    idle(model)?;
    Ok(|model| {
        let at = model.environments.iter().position(|(name, _)| Some(name) == model.environment.as_ref());
        model.dialogs.push(Dialog::Environment(Environments { cursor: at.map_or(0, |at| at + 1) }));
        Vec::new()
    })
}

impl Environments {
    /// Moves over them; how many there are is known when one is chosen.
    pub fn go(&mut self, motion: Motion, page: usize) {
        self.cursor = motion.apply(self.cursor, usize::MAX, page);
    }

    /// The environments, the protected ones named as such.
    #[must_use]
    pub fn form(&self, model: &Model) -> Form {
        let mut form = Form::new("Environment", 56);
        let default = (String::from("default"), false);
        for (index, (name, protected)) in std::iter::once(&default).chain(&model.environments).enumerate() {
            let key = (index > 0).then(|| name.clone());
            let mut pieces = vec![(format!("{name:<20}"), Role::Text)];
            if *protected {
                pieces.push((String::from("protected  "), Role::Warning));
            }
            if model.environment == key {
                pieces.push((String::from("current"), Role::Current));
            } else if let Some(heads) = model.server.seen.get(&key) {
                let names: Vec<&str> = heads.iter().map(RevisionId::short).collect();
                pieces.push((format!("last seen at {}", names.join(", ")), Role::Muted));
            }
            let selected = index == self.cursor.min(model.environments.len());
            form.lines.push(FormLine::Entry { pieces, selected, index });
        }
        form
    }
}

/// Enter: leaves the one and connects to the other.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Environment(dialog)) = model.dialogs.pop() else { return Vec::new() };
    let chosen = dialog.cursor.min(model.environments.len());
    let name = chosen.checked_sub(1).and_then(|index| model.environments.get(index)).map(|(name, _)| name.clone());
    if name == model.environment && matches!(model.server.connection, Connection::Connected) {
        return Vec::new();
    }
    model.environment = name;
    model.plan = None;
    model.server.connection = Connection::Connecting;
    model.server.status = None;
    record::forget(model);
    super::super::update::restate(model);
    vec![model.connect()]
}
