//! The commands. Each file owns a command's arguments and its `run`; no file imports another.

mod backup;
mod branches;
mod check;
mod ci;
mod completions;
mod conflicts;
mod current;
mod doctor;
mod downgrade;
mod drift;
mod edit;
mod ensure_version;
mod heads;
mod history;
mod import;
mod init;
mod kept;
mod lint;
mod list_templates;
mod log;
mod man;
mod merge;
mod rebase;
mod restore;
mod revision;
mod show;
mod stamp;
mod switch;
mod upgrade;
mod verify;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};

/// Declares the enum of all commands and its `run`. An entry is `Name(module)`; the module has `Arguments`, whose doc
/// comment is the help of the command, and `run`.
macro_rules! verbs {
    ($($name:ident($module:ident),)*) => {
        /// A command with its arguments.
        #[derive(Debug, clap::Subcommand)]
        #[command(rename_all = "snake_case")]
        pub enum Verb {
            $($name($module::Arguments),)*
        }

        impl Verb {
            /// Runs the command.
            ///
            /// # Errors
            /// The command's own errors, not printed yet.
            pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
                match self {
                    $(Self::$name(arguments) => $module::run(context, arguments),)*
                }
            }
        }
    };
}

// In the order of the help.
verbs! {
    Init(init),
    ListTemplates(list_templates),
    Revision(revision),
    Upgrade(upgrade),
    Downgrade(downgrade),
    Switch(switch),
    Current(current),
    History(history),
    Heads(heads),
    Branches(branches),
    Show(show),
    Edit(edit),
    Stamp(stamp),
    Merge(merge),
    Conflicts(conflicts),
    Rebase(rebase),
    Check(check),
    Lint(lint),
    Verify(verify),
    Drift(drift),
    Ci(ci),
    Import(import),
    Backup(backup),
    Restore(restore),
    Log(log),
    Kept(kept),
    EnsureVersion(ensure_version),
    Doctor(doctor),
    Completions(completions),
    Man(man),
}

impl Verb {
    /// Whether an option of the command asks for one JSON document.
    #[must_use]
    pub fn wants_json(&self) -> bool {
        let format = match self {
            Self::Ci(arguments) => arguments.format,
            Self::Lint(arguments) => arguments.format,
            Self::Verify(arguments) => arguments.format,
            Self::Check(arguments) => arguments.format,
            Self::Conflicts(arguments) => arguments.format,
            _ => return false,
        };
        format.is_json()
    }
}
