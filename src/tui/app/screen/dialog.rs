//! The commands that all dialogs share: accept, fields, buttons, choices.

use super::editor::{ask, go_to};
use super::moving::{self, Motion};
use super::{confirm, create, environment, filter, kept_dialog, leaving, merge, own_server, palette, stamp};
use crate::tui::app::Effect;
use crate::tui::app::command::{Command, Decision, no};
use crate::tui::app::dialog::Dialog;
use crate::tui::app::model::Model;

/// Decides them.
pub(crate) fn decide(model: &Model, command: Command) -> Decision {
    let dialog = model.dialogs.last();
    Ok(match command {
        Command::Accept => accept,
        Command::ChoiceNext => |model| moving::go(model, Motion::Lines(1)),
        Command::ChoicePrevious => |model| moving::go(model, Motion::Lines(-1)),
        Command::Toggle => match dialog {
            Some(Dialog::Merge(_)) => |model| {
                if let Some(Dialog::Merge(merge)) = model.dialogs.last_mut() {
                    merge.toggle();
                }
                Vec::new()
            },
            _ => return no("there is nothing to choose from"),
        },
        _ if !has_fields(dialog) => return no("there is one field only"),
        Command::FieldNext | Command::ButtonRight => |model| field(model, true),
        _ => |model| field(model, false),
    })
}

fn has_fields(dialog: Option<&Dialog>) -> bool {
    use Dialog as D;
    matches!(
        dialog,
        Some(
            D::Confirm(_)
                | D::Create(_)
                | D::Merge(_)
                | D::Stamp(_)
                | D::Leaving(_)
                | D::Offer(_)
                | D::Ask(_)
                | D::Kept(_)
        )
    )
}

fn field(model: &mut Model, forward: bool) -> Vec<Effect> {
    if let Some(dialog) = model.dialogs.last_mut() {
        dialog.field(forward);
    }
    Vec::new()
}

/// Enter: what the dialog on top is for.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    match model.dialogs.last() {
        Some(Dialog::Confirm(_)) => confirm::accept(model),
        Some(Dialog::Create(_)) => create::accept(model),
        Some(Dialog::Merge(_)) => merge::accept(model),
        Some(Dialog::Stamp(_)) => stamp::accept(model),
        Some(Dialog::Environment(_)) => environment::accept(model),
        Some(Dialog::Palette(_)) => palette::accept(model),
        Some(Dialog::Leaving(_)) => leaving::accept(model),
        Some(Dialog::Offer(_)) => own_server::accept(model),
        Some(Dialog::Ask(_)) => ask::accept(model),
        Some(Dialog::GoTo(_)) => go_to::accept(model),
        Some(Dialog::Kept(_)) => kept_dialog::accept(model),
        Some(Dialog::Error(_) | Dialog::Help(_)) => {
            model.dialogs.pop();
            Vec::new()
        }
        None => filter::close(model, true),
    }
}
