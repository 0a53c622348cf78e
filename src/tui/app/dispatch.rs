//! One function decides whether a command applies and what it does. Keys, footer, help and palette use it.

use super::command::{Command, CommandEntry, table};
use super::effect::Effect;
use super::model::Model;
use super::model::action::{Decision, act, refuse};
use super::model::screen::Layer;
use super::moving;
use super::screen::help::Help;
use super::screen::palette::Palette;
use super::screen::{self, tree};

/// Whether a command applies now and what it does, or the reason why it does not apply.
///
/// # Errors
/// The reason, as text for the user.
pub fn decide(model: &Model, command: Command) -> Decision {
    use Command as C;
    if command.info().is_none_or(|info| !info.contexts.contains(&model.key_context())) {
        return refuse("not here");
    }
    match command {
        C::Down | C::Up | C::Top | C::Bottom | C::PageDown | C::PageUp | C::ChoiceNext | C::ChoicePrevious => {
            moving::decide(command)
        }
        C::Help => act(|model| {
            let help = Help::new(entries(model));
            model.open_dialog(help)
        }),
        C::Palette => act(|model| {
            let palette = Palette::new(entries(model));
            model.open_dialog(palette)
        }),
        C::Back => decide_back(model),
        C::Accept | C::FieldNext | C::FieldPrevious | C::ButtonLeft | C::ButtonRight => {
            decide_in_dialog(model, command)
        }
        C::Toggle if !model.dialogs.is_empty() => decide_in_dialog(model, command),
        _ => screen::decide(model, command),
    }
}

/// Presses Enter in the dialog on top.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    match model.dialogs.pop() {
        Some(dialog) => dialog.accept(model),
        None => tree::filter::close(model, true),
    }
}

/// The commands of the current screen, with their keys and whether they apply.
fn entries(model: &Model) -> Vec<CommandEntry> {
    let context = model.key_context();
    let here = table().iter().filter(|info| info.contexts.contains(&context));
    here.map(|info| CommandEntry {
        info,
        keys: model.preferences.keymap.keys_at(info.id, context).map(ToString::to_string).collect(),
        first_key: model.preferences.keymap.shown_at(info.id, context),
        reason: decide(model, info.id).err(),
    })
    .collect()
}

/// Decides Esc: it closes the dialog or the screen, or goes back to the history.
fn decide_back(model: &Model) -> Decision {
    if !model.dialogs.is_empty() {
        return act(|model| {
            model.dialogs.pop();
            Vec::new()
        });
    }
    let covers_plan = model.screens.has(Layer::List) || model.screens.has(Layer::Editor);
    match model.screens.top() {
        Some(screen) if covers_plan => screen.back(model),
        None if model.panes.filter.typing => act(|model| tree::filter::close(model, false)),
        _ if model.can_abandon_job() => act(Model::cancel_job),
        Some(screen) => screen.back(model),
        None => tree::panes::decide_back(model),
    }
}

fn decide_in_dialog(model: &Model, command: Command) -> Decision {
    let dialog = model.dialogs.last();
    match command {
        Command::Accept => act(accept),
        Command::Toggle if dialog.is_some_and(|dialog| dialog.can_toggle()) => act(|model| {
            if let Some(dialog) = model.dialogs.last_mut() {
                dialog.toggle();
            }
            Vec::new()
        }),
        Command::Toggle => refuse("there is nothing to choose"),
        _ if dialog.is_none_or(|dialog| !dialog.has_fields()) => refuse("there is only one field"),
        _ => {
            let forward = matches!(command, Command::FieldNext | Command::ButtonRight);
            act(move |model| {
                if let Some(dialog) = model.dialogs.last_mut() {
                    dialog.change_field(forward);
                }
                Vec::new()
            })
        }
    }
}
