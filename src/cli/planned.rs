//! Commands that are planned but do not exist yet.

use clap::error::{ContextKind, ContextValue, ErrorKind as ClapErrorKind};

use crate::engine::Error;

/// The names of planned commands, and what the user can do until they exist.
pub const COMMANDS: [(&str, &str); 1] =
    [("ci", "run `limbeck lint`, `limbeck check` and `limbeck verify` one after the other")];

/// Returns the error for a planned command; `None` if clap failed for another reason.
#[must_use]
pub fn error_for(error: &clap::Error) -> Option<Error> {
    if error.kind() != ClapErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let (name, workaround) = COMMANDS.iter().find(|(name, _)| name == typed)?;
    Some(Error::new(format!("`{name}` is not available in this version yet")).hint(*workaround))
}
