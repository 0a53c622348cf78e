//! `s`: writes the selected revision into the version table.

use std::borrow::Cow;
use std::sync::Arc;

use crate::core::graph::RevisionId;
use crate::engine::Error;
use crate::engine::drift::Drift;
use crate::engine::project::ScriptTree;
use crate::tui::app::differing::group_by_object;
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::form::Form;
use crate::tui::app::history::Item;
use crate::tui::app::job::{JobSpec, OnCancel};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::dialog::{Buttons, Dialog};
use crate::tui::app::theme::Role;

/// The dialog: the version table before and after.
#[derive(Debug)]
pub struct StampDialog {
    tree: Arc<ScriptTree>,
    target: String,
    from: Vec<RevisionId>,
    to: Vec<RevisionId>,
    /// The table is emptied first because it has revisions without a script.
    purge: bool,
    /// 0: Cancel, 1: Stamp.
    buttons: Buttons,
}

/// Decides `s`.
pub(crate) fn decide(model: &Model) -> Decision {
    model.require_writable()?;
    model.require_connected()?;
    let dialog = prepare(model)?;
    if dialog.from == dialog.to {
        return refuse("the version table already has this revision");
    }
    act(|model| {
        let tree = dialog.tree.clone();
        model.open_dialog(dialog);
        read_drift(model, tree)
    })
}

fn prepare(model: &Model) -> Result<StampDialog, Cow<'static, str>> {
    let target = match model.history.selected_item() {
        Some(Item::Revision(id)) => id.to_string(),
        Some(Item::Base) => String::from("base"),
        _ => return Err("no revision is selected".into()),
    };
    let tree = model.require_tree()?;
    let mut from = model.heads().unwrap_or_default().to_vec();
    from.sort();
    let purge = model.history.missing_count() > 0;
    let known = if purge { &[][..] } else { &from[..] };
    let path = tree.graph.stamp(std::slice::from_ref(&target), known).map_err(|error| error.message)?;
    let buttons = Buttons { focused: usize::from(!model.is_protected()) };
    Ok(StampDialog { tree, target, from, to: path.to, purge, buttons })
}

/// Computes the drift while the dialog is open, if it is not known.
fn read_drift(model: &mut Model, tree: Arc<ScriptTree>) -> Vec<Effect> {
    if !model.differences.start_for_dialog() {
        return Vec::new();
    }
    vec![model.start_read("drift", Task::DriftForDialog(tree))]
}

/// Takes the drift.
pub(super) fn on_drift(model: &mut Model, answer: Result<Drift, Error>) {
    let count = |drift: Drift| group_by_object(&drift.difference, &drift.changes.operations).len();
    model.differences.end_for_dialog(answer.map(count));
}

impl Dialog for StampDialog {
    fn form(&self, model: &Model) -> Form {
        let mut form = Form::new("Stamp", 72);
        form.danger = model.is_protected();
        if let Some(status) = &model.server.status {
            let host = model.host().unwrap_or_default();
            let database = format!("{} at {}, environment {}", status.server.database, host, model.environment_name());
            form.fact("on", vec![(database, Role::Text)]);
        }
        form.fact("from", vec![(describe(model, &self.from), Role::Current)]);
        form.fact("to", vec![(describe(model, &self.to), Role::Head)]);
        form.fact("drift", vec![model.differences.describe_drift()]);
        form.blank();
        form.text("Only the version table is written. No script runs, and no other table changes.", Role::Muted);
        if self.purge {
            form.text("The rows of revisions without a script are removed.", Role::Warning);
        }
        form.blank();
        form.buttons = vec![String::from("Cancel"), String::from("Stamp")];
        form.focused_button = Some(self.buttons.focused);
        form
    }

    fn accept(self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        if self.buttons.focused == 0 {
            return Vec::new();
        }
        let Self { tree, target, purge, .. } = *self;
        let task = Task::Stamp { tree, targets: vec![target], purge };
        let spec = JobSpec::writing("stamp", String::from("stamping"));
        model.start_job(JobSpec { on_cancel: OnCancel::Stop, ..spec }, task)
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

fn describe(model: &Model, ids: &[RevisionId]) -> String {
    if ids.is_empty() {
        return String::from("<base>");
    }
    ids.iter().map(|id| model.describe_revision(id)).collect::<Vec<_>>().join("\n")
}
