//! `x`: chooses another environment.

use crate::core::graph::RevisionId;
use crate::tui::app::effect::Effect;
use crate::tui::app::form::{Form, FormLine};
use crate::tui::app::ledger;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::dialog::Dialog;
use crate::tui::app::model::{Connection, Model};
use crate::tui::app::motion::Motion;
use crate::tui::app::theme::Role;

/// The dialog: the cursor over the environments. 0 is the `[database]` table.
#[derive(Debug)]
pub struct EnvironmentDialog {
    cursor: usize,
}

/// Decides `x`.
pub(crate) fn decide(model: &Model) -> Decision {
    if model.environments.is_empty() {
        return refuse("limbeck.toml has no [environments]");
    }
    model.require_idle()?;
    let current = model.environments.iter().position(|(name, _)| Some(name) == model.environment.as_ref());
    let cursor = current.map_or(0, |at| at + 1);
    act(move |model| model.open_dialog(EnvironmentDialog { cursor }))
}

impl Dialog for EnvironmentDialog {
    fn form(&self, model: &Model) -> Form {
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

    /// Connects to the environment under the cursor.
    fn accept(self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        let chosen = self.cursor.min(model.environments.len());
        let name = chosen.checked_sub(1).and_then(|index| model.environments.get(index)).map(|(name, _)| name.clone());
        if name == model.environment && matches!(model.server.connection, Connection::Connected) {
            return Vec::new();
        }
        model.environment = name;
        ledger::forget(model);
        vec![model.reconnect()]
    }

    fn move_cursor(&mut self, motion: Motion, page: usize) {
        self.cursor = motion.apply(self.cursor, usize::MAX, page);
    }

    fn limit_scroll(&mut self, model: &Model, _last: usize) {
        self.cursor = self.cursor.min(model.environments.len());
    }

    fn focus_entry(&mut self, entry: usize) {
        self.cursor = entry;
    }

    fn is_menu(&self) -> bool {
        true
    }

    fn verb(&self) -> &'static str {
        "connect"
    }
}
