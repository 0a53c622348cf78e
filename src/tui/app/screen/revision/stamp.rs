//! `s`: writes the selected revision into the version table.

use std::borrow::Cow;
use std::sync::Arc;

use crate::core::graph::RevisionId;
use crate::core::text::plural;
use crate::engine::Error;
use crate::engine::drift::Drift;
use crate::engine::project::ScriptTree;
use crate::tui::app::differing::{DifferingObject, group_by_object};
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::form::{Form, Piece};
use crate::tui::app::history::Item;
use crate::tui::app::job::{JobSpec, OnCancel};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act, refuse};
use crate::tui::app::model::dialog::{Buttons, Dialog};
use crate::tui::app::theme::Role;

/// The name of the reads.
const NAME: &str = "drift";

/// The dialog: the version table before and after.
#[derive(Debug)]
pub struct StampDialog {
    tree: Arc<ScriptTree>,
    target: String,
    from: Vec<RevisionId>,
    to: Vec<RevisionId>,
    /// The table is emptied first because it has revisions without a script.
    purge: bool,
    there: ComparisonThere,
    /// 0: Cancel, 1: Stamp. `None`: the user has not chosen one.
    chosen: Option<Buttons>,
    is_protected: bool,
}

/// The comparison of the database with the chosen revision.
#[derive(Debug)]
enum ComparisonThere {
    Running,
    /// What differs, one object each.
    Known(Vec<String>),
    Failed(Error),
}

/// The greatest number of differences that the dialog lists.
const SHOWN: usize = 3;

/// Decides `s`.
pub(crate) fn decide(model: &Model) -> Decision {
    model.require_writable()?;
    model.require_connected()?;
    let dialog = prepare(model)?;
    if dialog.from == dialog.to {
        return refuse("the version table already has this revision");
    }
    act(|model| {
        let (tree, to) = (dialog.tree.clone(), dialog.to.clone());
        model.open_dialog(dialog);
        model.differences.cancel_for_dialog();
        vec![model.start_read(NAME, Task::DriftForDialog(tree, Some(to)))]
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
    let (there, chosen, is_protected) = (ComparisonThere::Running, None, model.is_protected());
    Ok(StampDialog { tree, target, from, to: path.to, purge, there, chosen, is_protected })
}

/// Computes the drift from the current revision while the dialog is open, if it is not known.
fn read_drift(model: &mut Model, tree: Arc<ScriptTree>) -> Vec<Effect> {
    if !model.differences.start_for_dialog() {
        return Vec::new();
    }
    vec![model.start_read(NAME, Task::DriftForDialog(tree, None))]
}

/// Takes the comparison with the chosen revision, and then the one with the current revision.
pub(super) fn on_drift(model: &mut Model, answer: Result<Drift, Error>) -> Vec<Effect> {
    let objects = |drift: Drift| -> Vec<String> {
        let groups = group_by_object(&drift.difference, &drift.changes.operations);
        let describe = |object: DifferingObject| match object.differences.as_slice() {
            [] => object.name,
            differences => format!("{} ({})", object.name, differences.join(", ")),
        };
        groups.into_iter().map(describe).collect()
    };
    if let Some(dialog) = model.dialog_mut::<StampDialog>()
        && matches!(dialog.there, ComparisonThere::Running)
    {
        dialog.there = answer.map_or_else(ComparisonThere::Failed, |drift| ComparisonThere::Known(objects(drift)));
        let tree = dialog.tree.clone();
        return read_drift(model, tree);
    }
    model.differences.end_for_dialog(answer.map(|drift| objects(drift).len()));
    Vec::new()
}

impl StampDialog {
    /// The button with the focus. Stamp cannot be reached before the comparison has ended, and gets the focus if nothing
    /// differs.
    fn buttons(&self) -> Buttons {
        let differs = matches!(&self.there, ComparisonThere::Known(objects) if !objects.is_empty());
        match (&self.there, self.chosen) {
            (ComparisonThere::Running, _) => Buttons { focused: 0 },
            (_, Some(chosen)) => chosen,
            (_, None) => Buttons { focused: usize::from(!differs && !self.is_protected) },
        }
    }

    /// What would differ after the stamp.
    fn describe_there(&self, ascii: bool) -> Vec<Piece> {
        let objects = match &self.there {
            ComparisonThere::Running => return vec![(String::from("comparing with this revision …"), Role::Muted)],
            ComparisonThere::Failed(error) => return vec![(format!("not known: {}", error.message), Role::Warning)],
            ComparisonThere::Known(objects) if objects.is_empty() => {
                return vec![(
                    format!("{} the database equals this revision", if ascii { "*" } else { "✓" }),
                    Role::Good,
                )];
            }
            ComparisonThere::Known(objects) => objects,
        };
        let count = plural(objects.len() as u64, "object");
        let shown = objects.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let more = if objects.len() > SHOWN { ", …" } else { "" };
        vec![
            (format!("{} {count} would differ: ", if ascii { "x" } else { "✗" }), Role::Danger),
            (format!("{shown}{more}"), Role::Text),
        ]
    }
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
        form.fact("there", self.describe_there(model.preferences.ascii));
        form.fact("now", vec![model.differences.describe_drift()]);
        form.blank();
        form.text("Only the version table is written. No script runs, and no other table changes.", Role::Muted);
        if self.purge {
            form.text("The rows of revisions without a script are removed.", Role::Warning);
        }
        form.blank();
        form.buttons = vec![String::from("Cancel"), String::from("Stamp")];
        form.focused_button = Some(self.buttons().focused);
        form
    }

    fn accept(self: Box<Self>, model: &mut Model) -> Vec<Effect> {
        if self.buttons().focused == 0 {
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
        let mut buttons = self.buttons();
        buttons.switch();
        self.focus_button(buttons.focused);
    }

    fn focus_button(&mut self, button: usize) {
        if !matches!(self.there, ComparisonThere::Running) {
            self.chosen = Some(Buttons { focused: button });
        }
    }
}

fn describe(model: &Model, ids: &[RevisionId]) -> String {
    if ids.is_empty() {
        return String::from("<base>");
    }
    ids.iter().map(|id| model.describe_revision(id)).collect::<Vec<_>>().join("\n")
}
