//! Commands that are announced and not there yet: asked for, they say so.

use clap::error::{ContextKind, ContextValue, ErrorKind as Kind};

use crate::engine::Error;

/// The commands to come, and what to do meanwhile.
const LATER: [(&str, &str); 2] = [
    ("import", "write the scripts as SQL, with the same ids; the version table is shared"),
    ("rebase", "edit the line 'Revises:' of the first script of the branch"),
];

/// The error for a command that is to come; `None` for anything else.
#[must_use]
pub fn refusal(error: &clap::Error) -> Option<Error> {
    if error.kind() != Kind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let (name, meanwhile) = LATER.iter().find(|(name, _)| name == typed)?;
    Some(Error::new(format!("`{name}` is not in this version yet")).hint(*meanwhile))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::arguments::CommandLine;

    #[test]
    fn what_is_to_come_is_told_from_what_is_wrong() {
        let said = |word: &str| {
            let error = CommandLine::try_parse_from(["limbeck", word]).unwrap_err();
            refusal(&error).map(|error| error.message)
        };
        assert_eq!(said("rebase").as_deref(), Some("`rebase` is not in this version yet"));
        assert_eq!(said("rebasee"), None);
        let built = CommandLine::command();
        for (name, _) in LATER {
            assert!(built.find_subcommand(name).is_none(), "{name} is there: take it off the list");
        }
    }
}
