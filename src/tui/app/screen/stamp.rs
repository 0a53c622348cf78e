//! The dialog that stamps: the version table as it is and as it would be.

use super::{compare, compare_list, connected, writable};
use crate::core::graph::RevisionId;
use crate::tui::app::Effect;
use crate::tui::app::command::{Decision, no};
use crate::tui::app::dialog::{Buttons, Dialog};
use crate::tui::app::form::Form;
use crate::tui::app::history::Item;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::theme::Role;

/// From where to where.
#[derive(Debug, Clone)]
pub struct Stamp {
    target: String,
    from: Vec<RevisionId>,
    to: Vec<RevisionId>,
    /// The table is emptied first, as it names revisions that no script has.
    purge: bool,
    /// 0: Cancel, 1: Stamp.
    pub buttons: Buttons,
}

/// Decides `s`.
pub(crate) fn decide(model: &Model) -> Decision {
    writable(model)?;
    connected(model)?;
    let stamp = plan(model)?;
    if stamp.from == stamp.to {
        return no("the version table says so already");
    }
    Ok(|model| {
        if let Ok(stamp) = plan(model) {
            model.dialogs.push(Dialog::Stamp(stamp));
        }
        compare::look_beside(model)
    })
}

fn plan(model: &Model) -> Result<Stamp, String> {
    let target = match model.history.selected_item() {
        Some(Item::Revision(id)) => id.to_string(),
        Some(Item::Base) => String::from("base"),
        _ => return Err(String::from("no revision is selected")),
    };
    let tree = model.tree.as_ref().ok_or("the scripts are not read yet")?;
    let mut from = model.heads().unwrap_or_default().to_vec();
    from.sort();
    let purge = model.history.missing_count() > 0;
    let known = if purge { &[][..] } else { &from[..] };
    let path = tree.graph.stamp(std::slice::from_ref(&target), known).map_err(|error| error.message)?;
    let buttons = Buttons { focused: usize::from(!model.is_protected()) };
    Ok(Stamp { target, from, to: path.to, purge, buttons })
}

impl Stamp {
    /// From → to, and what it does not do.
    #[must_use]
    pub fn form(&self, model: &Model) -> Form {
        let mut form = Form::new("Stamp", 72);
        form.danger = model.is_protected();
        if let Some(status) = &model.server.status {
            let host = model.host().unwrap_or_default();
            let words = format!("{} at {}, environment {}", status.server.database, host, model.environment_name());
            form.fact("on", vec![(words, Role::Text)]);
        }
        form.fact("from", vec![(listed(model, &self.from), Role::Current)]);
        form.fact("to", vec![(listed(model, &self.to), Role::Head)]);
        form.fact("drift", vec![compare_list::beside(model)]);
        form.blank();
        form.text("Only the version table is written: no script runs, and no table of yours changes.", Role::Muted);
        if self.purge {
            form.text("The rows that no script has are removed.", Role::Warning);
        }
        form.blank();
        form.buttons = vec![String::from("Cancel"), String::from("Stamp")];
        form.focused_button = Some(self.buttons.focused);
        form
    }
}

fn listed(model: &Model, ids: &[RevisionId]) -> String {
    if ids.is_empty() {
        return String::from("<base>");
    }
    ids.iter().map(|id| super::create::named(model, id)).collect::<Vec<_>>().join("\n")
}

/// Enter: closes, or asks for the stamp.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Stamp(stamp)) = model.dialogs.pop() else { return Vec::new() };
    let (Some(tree), 1) = (model.tree.clone(), stamp.buttons.focused) else { return Vec::new() };
    model.job = Some(Job::Writing(String::from("stamping")));
    vec![Effect::Stamp(tree, vec![stamp.target], stamp.purge)]
}
