//! What a command would do, with the data that the decision has found.

use std::borrow::Cow;

use super::Model;
use crate::tui::app::effect::Effect;

/// What a command does. It carries the data that the decision has found.
pub type CommandAction = Box<dyn FnOnce(&mut Model) -> Vec<Effect>>;

/// What a command would do now, or the reason why it does not apply.
pub type Decision = Result<CommandAction, Cow<'static, str>>;

/// Whether a precondition holds, or the reason why not.
pub type Precondition = Result<(), Cow<'static, str>>;

/// The command applies, and this is what it does.
///
/// # Errors
/// Never.
#[allow(clippy::unnecessary_wraps)] // Every decision is a result.
pub fn act(action: impl FnOnce(&mut Model) -> Vec<Effect> + 'static) -> Decision {
    Ok(Box::new(action))
}

/// The command does not apply, for this reason.
///
/// # Errors
/// Always the reason.
pub fn refuse(reason: impl Into<Cow<'static, str>>) -> Decision {
    Err(reason.into())
}
