//! The command line: a verb a file; text and JSON; errors to exit codes.

mod approve;
mod arguments;
mod autogenerate;
mod backup;
mod begin;
mod branches;
mod check;
mod completions;
mod context;
mod current;
mod difference;
mod doctor;
mod drift;
mod edit;
mod ensure_version;
mod exit;
mod heads;
mod history;
mod init;
mod interrupt;
mod json;
mod kept;
mod later;
mod lint;
mod list_templates;
mod listing;
mod man;
mod merge;
mod migrate;
mod offline;
mod plan_text;
mod progress;
mod question;
mod rehearse;
mod revision;
mod show;
mod stamp;
mod terminal;
mod verify;

pub use arguments::{Color, Global, Picture, Size, Ui};
pub use begin::project_for_ui;
pub use context::{Context, variables, working_directory};
pub use exit::{Exit, Failure};

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use arguments::{CommandLine, Verb};
use terminal::Terminal;

use crate::core::graph::Direction;
use crate::engine::{Error, ErrorKind};

/// What was asked for.
#[derive(Debug)]
pub enum Invocation {
    /// No verb: the UI is to be opened.
    Ui(Global, Ui),
    /// A verb, which [`run`] carries out.
    Command(Command),
}

/// A verb with its options and those of every command.
#[derive(Debug)]
pub struct Command {
    global: Global,
    verb: Verb,
}

/// Reads the arguments, the program's name first. Help, the version and wrong usage are printed here.
///
/// # Errors
/// With the exit code, when there is nothing left to do.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, Exit> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let parsed = CommandLine::try_parse_from(&arguments).and_then(|line| match (line.verb, line.ui.first_given()) {
        (None, _) => Ok(Invocation::Ui(line.global, line.ui)),
        (Some(verb), None) => Ok(Invocation::Command(Command { global: line.global, verb })),
        (Some(_), Some(option)) => Err(CommandLine::command()
            .error(clap::error::ErrorKind::ArgumentConflict, format!("{option} is for the UI, and takes no command"))),
    });
    parsed.map_err(|error| match later::refusal(&error) {
        Some(later) => {
            let json = arguments.iter().any(|argument| argument == "--json");
            report(&Global { json, ..Global::default() }, later)
        }
        None => refuse_usage(&error, &arguments),
    })
}

/// Carries out a verb. Errors are reported before this returns.
#[must_use]
pub fn run(command: Command) -> Exit {
    let Command { global, verb } = command;
    let context = Context::new(global);
    let result = dispatch(&context, verb);
    result.unwrap_or_else(|failure| context.terminal.failure(&failure))
}

/// Reports an error as every command does; for what happens before and around the UI.
#[must_use]
pub fn report(global: &Global, error: Error) -> Exit {
    Terminal::new(global).failure(&Failure::from(error))
}

/// Prints a screen of the UI that was played without a terminal.
#[must_use]
pub fn show_picture(global: &Global, picture: &str) -> Exit {
    let terminal = Terminal::new(global);
    terminal.result(picture).map_or_else(|failure| terminal.failure(&failure), |()| Exit::Done)
}

fn dispatch(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Init(arguments) => init::run(context, &arguments),
        Verb::ListTemplates(arguments) => list_templates::run(context, &arguments),
        Verb::Revision(arguments) => revision::run(context, arguments),
        Verb::Upgrade(arguments) => migrate::run(context, Direction::Upgrade, &arguments),
        Verb::Downgrade(arguments) => migrate::run(context, Direction::Downgrade, &arguments),
        Verb::Current(arguments) => current::run(context, &arguments),
        Verb::History(arguments) => history::run(context, &arguments),
        Verb::Heads(arguments) => heads::run(context, &arguments),
        Verb::Branches(arguments) => branches::run(context, &arguments),
        Verb::Show(arguments) => show::run(context, &arguments),
        Verb::Edit(arguments) => edit::run(context, &arguments),
        Verb::Stamp(arguments) => stamp::run(context, &arguments),
        Verb::Merge(arguments) => merge::run(context, arguments),
        Verb::Check(arguments) => check::run(context, &arguments),
        Verb::Lint(arguments) => lint::run(context, &arguments),
        Verb::Verify(arguments) => verify::run(context, arguments),
        Verb::Kept(arguments) => kept::run(context, &arguments),
        Verb::Drift(arguments) => drift::run(context, &arguments),
        Verb::Backup(arguments) => backup::run(context, &arguments),
        Verb::Restore(arguments) => backup::restore(context, &arguments),
        Verb::EnsureVersion(arguments) => ensure_version::run(context, &arguments),
        Verb::Doctor(arguments) => doctor::run(context, &arguments),
        Verb::Completions(arguments) => completions::run(context, &arguments),
        Verb::Man(arguments) => man::run(context, &arguments),
    }
}

/// Prints what clap has to say; with `--json` wrong usage is a document, too.
fn refuse_usage(error: &clap::Error, arguments: &[OsString]) -> Exit {
    // Where nobody reads it, the exit code tells.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done;
    }
    if arguments.iter().any(|argument| argument == "--json") {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let terminal = Terminal::new(&Global { json: true, ..Global::default() });
        let _ = terminal.document(&json::ErrorDocument::from(&Error::of(ErrorKind::Usage, first)));
    }
    Exit::Usage
}
