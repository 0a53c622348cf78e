//! From `u`, `U`, `d` and `D` to a request for a plan.

use std::borrow::Cow;

use super::{connected, idle};
use crate::core::graph::{Direction, RevisionId};
use crate::engine::prepare::PlanRequest;
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::history::Item;
use crate::tui::app::model::{Job, Model};
use crate::tui::app::record::{self, MissingScript};

/// Decides the four; they only ever open the plan.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    idle(model)?;
    if model.tree.is_none() {
        return no("the scripts are not read yet");
    }
    connected(model)?;
    match command {
        Command::Upgrade => target_up(model).map(|_| ()),
        Command::UpgradeTo => target_up_to(model).map(|_| ()),
        Command::Downgrade => target_down(model).map(|_| ()),
        _ => target_down_to(model).map(|_| ()),
    }?;
    Ok(match command {
        Command::Upgrade => |model| request(model, Direction::Upgrade, target_up),
        Command::UpgradeTo => |model| request(model, Direction::Upgrade, target_up_to),
        Command::Downgrade => |model| request(model, Direction::Downgrade, target_down),
        _ => |model| request(model, Direction::Downgrade, target_down_to),
    })
}

type Target = Result<String, Cow<'static, str>>;

/// Where the database holds what no script has, nobody knows what is pending.
fn nothing_missing(model: &Model) -> Result<(), Cow<'static, str>> {
    match model.history.items().first() {
        Some(Item::Missing(id)) => {
            let way = match record::script_of_missing(model, id) {
                MissingScript::Found(_) => "d takes it back, or bring its file back",
                _ => "bring its file back, or stamp another revision",
            };
            Err(format!("the database is at {}, which no script has: {way}", id.short()).into())
        }
        _ => Ok(()),
    }
}

/// What neither a file nor the ledger has cannot be taken back.
fn nothing_lost(model: &Model) -> Result<(), Cow<'static, str>> {
    let lost = model.history.items().iter().find_map(|item| match item {
        Item::Missing(id) if matches!(record::script_of_missing(model, id), MissingScript::Lost) => Some(id),
        _ => None,
    });
    let Some(id) = lost else { return Ok(()) };
    let words = "which neither a script nor the ledger has: bring its file back, or stamp another revision";
    Err(format!("the database is at {}, {words}", id.short()).into())
}

fn target_up(model: &Model) -> Target {
    nothing_missing(model)?;
    if model.history.pending().is_empty() {
        return Err("nothing is pending".into());
    }
    Ok(String::from(if model.history.head_count() > 1 { "heads" } else { "head" }))
}

fn target_up_to(model: &Model) -> Target {
    nothing_missing(model)?;
    let marks = model.history.marks(model.history.selected());
    match model.history.selected_revision() {
        Some(id) if marks.pending => Ok(id.to_string()),
        Some(_) => Err("the selected revision is applied".into()),
        None => Err("no revision is selected".into()),
    }
}

fn target_down(model: &Model) -> Target {
    nothing_lost(model)?;
    match model.heads().unwrap_or_default() {
        [] => Err("nothing is applied".into()),
        [_] => Ok(String::from("-1")),
        heads => {
            let names: Vec<&str> = heads.iter().map(RevisionId::short).collect();
            let names = names.join(", ");
            Err(format!("the database has several heads ({names}): go to the revision to stay and press D").into())
        }
    }
}

fn target_down_to(model: &Model) -> Target {
    nothing_lost(model)?;
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

fn request(model: &mut Model, direction: Direction, target: fn(&Model) -> Target) -> Vec<Effect> {
    match target(model) {
        Ok(target) => prepare(model, PlanRequest { direction, target, mode: None }),
        Err(reason) => {
            model.say(reason);
            Vec::new()
        }
    }
}

/// Asks for a plan.
pub fn prepare(model: &mut Model, request: PlanRequest) -> Vec<Effect> {
    let Some(tree) = model.tree.clone() else { return Vec::new() };
    let generation = model.next_generation();
    model.job = Some(Job::Preparing(generation, request.clone()));
    vec![Effect::Prepare(generation, tree, request)]
}

/// `upgrade to head`, `downgrade -1`.
#[must_use]
pub fn in_words(direction: Direction, target: &str) -> String {
    let to = if target.starts_with(['+', '-']) { "" } else { "to " };
    format!("{} {to}{}", direction.word(), short_target(target))
}

/// A target as it is shown: long ids by their first eight characters.
#[must_use]
pub fn short_target(target: &str) -> &str {
    match target.char_indices().nth(8) {
        Some((end, _)) if target.len() >= 12 && target.chars().all(|c| c.is_ascii_hexdigit()) => &target[..end],
        _ => target,
    }
}
