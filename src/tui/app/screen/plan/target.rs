//! `u`, `U`, `d`, `D` and `w`: find the target and prepare a plan.

use std::borrow::Cow;

use super::prepare;
use crate::core::graph::RevisionId;
use crate::core::plan::PlanDirection;
use crate::engine::prepare::PlanRequest;
use crate::tui::app::command::Command;
use crate::tui::app::history::Item;
use crate::tui::app::ledger::{self, MissingScript};
use crate::tui::app::model::Model;
use crate::tui::app::model::action::{Decision, Precondition, act};

type TargetResult = Result<String, Cow<'static, str>>;

/// Decides the five commands. They only open the plan.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    model.require_idle()?;
    model.require_tree()?;
    model.require_connected()?;
    let (direction, target) = match command {
        Command::Switch => (PlanDirection::Switch, switch_target(model)?),
        Command::Upgrade => (PlanDirection::Upgrade, upgrade_target(model)?),
        Command::UpgradeTo => (PlanDirection::Upgrade, selected_upgrade_target(model)?),
        Command::Downgrade => (PlanDirection::Downgrade, downgrade_target(model)?),
        _ => (PlanDirection::Downgrade, selected_downgrade_target(model)?),
    };
    let only_branch = command == Command::DowngradeTo && is_one_of_several_heads(model, &target);
    act(move |model| prepare(model, PlanRequest { direction, target, only_branch, mode: None }))
}

/// Whether the target is the selected revision, and the database has other heads too.
fn is_one_of_several_heads(model: &Model, target: &str) -> bool {
    let heads = model.heads().unwrap_or_default();
    heads.len() > 1 && heads.iter().any(|head| head.as_str() == target)
}

/// Checks that every head of the database has a script. Otherwise the pending revisions are not known.
fn require_no_missing(model: &Model) -> Precondition {
    match model.history.items().first() {
        Some(Item::Missing(id)) => {
            let way = match ledger::missing_script(model, id) {
                MissingScript::Found(_) => "press d to downgrade it or w to switch",
                _ => "restore its file, or stamp another revision",
            };
            Err(format!("the database is at {}, which has no script: {way}", id.short()).into())
        }
        _ => Ok(()),
    }
}

/// Checks that every head has a script or a copy in the ledger. Otherwise it has no downgrade.
fn require_no_lost(model: &Model) -> Precondition {
    let lost = model.history.items().iter().find_map(|item| match item {
        Item::Missing(id) if matches!(ledger::missing_script(model, id), MissingScript::Lost) => Some(id),
        _ => None,
    });
    let Some(id) = lost else { return Ok(()) };
    let words = "which has no script and no copy in the ledger: restore its file, or stamp another revision";
    Err(format!("the database is at {}, {words}", id.short()).into())
}

/// Checks that the database has a revision without a script, which can be downgraded.
fn switch_target(model: &Model) -> TargetResult {
    require_no_lost(model)?;
    if model.is_protected() {
        return Err("the environment is protected: downgrade with D and upgrade with u".into());
    }
    match model.history.missing_count() {
        0 => Err("there is nothing to switch".into()),
        _ => Ok(String::from("heads")),
    }
}

fn upgrade_target(model: &Model) -> TargetResult {
    require_no_missing(model)?;
    if model.history.pending().is_empty() {
        return Err("nothing is pending".into());
    }
    Ok(String::from(if model.history.head_count() > 1 { "heads" } else { "head" }))
}

fn selected_upgrade_target(model: &Model) -> TargetResult {
    require_no_missing(model)?;
    let marks = model.history.marks(model.history.selected());
    match model.history.selected_revision() {
        Some(id) if marks.pending => Ok(id.to_string()),
        Some(_) => Err("the selected revision is applied".into()),
        None => Err("no revision is selected".into()),
    }
}

fn downgrade_target(model: &Model) -> TargetResult {
    require_no_lost(model)?;
    match model.heads().unwrap_or_default() {
        [] => Err("nothing is applied".into()),
        [_] => Ok(String::from("-1")),
        heads => {
            let names: Vec<&str> = heads.iter().map(RevisionId::short).collect();
            let names = names.join(", ");
            Err(format!("the database has several heads ({names}): select the revision to downgrade to and press D")
                .into())
        }
    }
}

fn selected_downgrade_target(model: &Model) -> TargetResult {
    require_no_lost(model)?;
    let heads = model.heads().unwrap_or_default();
    let marks = model.history.marks(model.history.selected());
    match model.history.selected_item() {
        _ if heads.is_empty() => Err("nothing is applied".into()),
        Some(Item::Base) => Ok(String::from("base")),
        Some(Item::Revision(_)) if !marks.applied => Err("the selected revision is not applied".into()),
        Some(Item::Revision(id)) if heads == [id.clone()] => Err("the database is at the selected revision".into()),
        Some(Item::Revision(id)) => Ok(id.to_string()),
        Some(Item::Missing(_)) => Err("the database is at the selected revision".into()),
        _ => Err("no revision is selected".into()),
    }
}
