//! Runs a command, or shows why it does not apply.

use super::command::Command;
use super::effect::Effect;
use super::model::Model;
use super::{dispatch, footer};
use crate::engine::{Error, ErrorKind};

/// Runs a command, or shows the reason why it does not apply.
pub fn run_command(model: &mut Model, command: Command) -> Vec<Effect> {
    match dispatch::decide(model, command) {
        Ok(action) => action(model),
        Err(reason) => {
            let title = command.info().map_or("", |info| info.title.as_str());
            let text = format!("{title}: {reason}");
            if footer::fits(model, &text) {
                model.notify(text);
            } else {
                // The end of a reason says what to do, so it must not be cut.
                model.show_error(Error::of(ErrorKind::Usage, text));
            }
            Vec::new()
        }
    }
}
