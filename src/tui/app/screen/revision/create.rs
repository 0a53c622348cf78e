//! `c`: creates an empty revision.

use crate::engine::draft::NewRevision;
use crate::tui::app::effect::{Effect, Task};
use crate::tui::app::job::JobSpec;
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, act};
use crate::tui::app::new_revision::{NewRevisionDialog, NewRevisionPurpose};

/// Decides `c`.
pub(crate) fn decide(model: &Model) -> Decision {
    model.require_writable()?;
    model.require_tree()?;
    act(|model| {
        let purpose = NewRevisionPurpose {
            title: "New revision",
            verb: "create",
            may_branch: true,
            note: |_, _, _| {},
            start: create,
        };
        let dialog = NewRevisionDialog::new(model, purpose);
        model.open_dialog(dialog)
    })
}

fn create(model: &mut Model, new: NewRevision) -> Vec<Effect> {
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    model.start_job(JobSpec::writing("create", String::from("creating the revision")), Task::Create(tree, new))
}
