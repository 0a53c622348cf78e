//! Parses the command line and runs the command.

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use super::context::Context;
use super::exit::Exit;
use super::options::{Global, Ui};
use super::output::json::ErrorDocument;
use super::verbs::Verb;
use crate::core::escape::escape_line;
use crate::engine::{Error, ErrorKind};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "limbeck",
    version,
    about = "Alembic's workflow for PostgreSQL: revisions in plain SQL, in a terminal UI and on the command line",
    after_help = "Without a command, limbeck opens the UI.\n\
                  Exit codes: 0 success, 1 failure, 2 usage error, 3 approval missing, 4 differs, 5 locked by another \
                  migrator, 130 interrupted.",
    subcommand_value_name = "COMMAND",
    disable_help_subcommand = false,
    max_term_width = 110
)]
struct CommandLine {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    ui: Ui,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Invocation {
    /// No command was given: open the UI.
    Ui(Context, Ui),
    /// A command to run with [`Command::run`].
    Command(Command),
}

/// A command with its options.
#[derive(Debug)]
pub struct Command {
    context: Context,
    verb: Verb,
}

impl Command {
    /// Runs the command. Errors are printed before this returns.
    #[must_use]
    pub fn run(self) -> Exit {
        self.verb.run(&self.context).unwrap_or_else(|failure| self.context.terminal.report_failure(&failure))
    }
}

/// Parses the arguments; the first is the name of the program. Prints help, the version and usage errors.
///
/// # Errors
/// The exit code, if the program should end now.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, Exit> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let parsed = CommandLine::try_parse_from(&arguments).and_then(|line| match (line.verb, line.ui.first_given()) {
        (None, _) => Ok(Invocation::Ui(context(line.global), line.ui)),
        (Some(verb), None) => {
            let global = Global { json: line.global.json || verb.wants_json(), ..line.global };
            Ok(Invocation::Command(Command { context: context(global), verb }))
        }
        (Some(_), Some(option)) => Err(CommandLine::command().error(
            clap::error::ErrorKind::ArgumentConflict,
            format!("{option} is an option of the UI and cannot be used with a command"),
        )),
    });
    parsed.map_err(|error| {
        let error = escaped_error(&arguments).unwrap_or(error);
        // The arguments could not be parsed, so `--json` has to be searched for.
        let json = arguments.iter().any(|argument| argument == "--json");
        let context = context(Global { json, ..Global::default() });
        report_usage(&error, &context)
    })
}

/// The error for the arguments with their control characters escaped; `None` if they contain none.
fn escaped_error(arguments: &[OsString]) -> Option<clap::Error> {
    let escape = |word: &OsString| OsString::from(escape_line(&word.to_string_lossy()).into_owned());
    let escaped: Vec<OsString> = arguments.iter().map(escape).collect();
    if escaped == arguments { None } else { CommandLine::try_parse_from(escaped).err() }
}

fn context(global: Global) -> Context {
    Context::new(global, CommandLine::command)
}

/// Prints clap's help or error; with `--json`, an error is printed as a document too.
fn report_usage(error: &clap::Error, context: &Context) -> Exit {
    // If the output cannot be written, the exit code still reports the result.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done;
    }
    if context.terminal.json {
        let _ = context.terminal.print_document(&ErrorDocument::from(&Error::of(ErrorKind::Usage, message(error))));
    }
    Exit::Usage
}

/// What clap's error says before its first empty line, as one line. Lists, e.g. of missing arguments, continue the
/// first line.
fn message(error: &clap::Error) -> String {
    let text = error.to_string();
    let mut message = String::new();
    for line in text.trim_start_matches("error: ").lines().map(str::trim).take_while(|line| !line.is_empty()) {
        let separator = match message.chars().last() {
            None => "",
            Some(':') => " ",
            Some(_) if line.starts_with('[') => " ",
            Some(_) => ", ",
        };
        message += separator;
        message += line;
    }
    message
}

#[cfg(test)]
mod tests {
    use super::super::options::{Picture, Size};
    use super::*;

    fn parse(line: &str) -> Result<CommandLine, clap::Error> {
        CommandLine::try_parse_from(std::iter::once("limbeck").chain(line.split(' ').filter(|word| !word.is_empty())))
    }

    #[test]
    fn the_definition_is_valid() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_short_description() {
        for command in CommandLine::command().get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.contains('\n'), "{}: {about}", command.get_name());
        }
    }

    #[test]
    fn relative_targets_are_values_and_not_options() {
        for (line, expected) in [
            ("downgrade -1", "-1"),
            ("downgrade -12 --dry-run", "-12"),
            ("upgrade +2", "+2"),
            ("-e staging upgrade billing@+1 --sql", "billing@+1"),
        ] {
            let target = match parse(line).unwrap().verb.unwrap() {
                Verb::Upgrade(arguments) => arguments.options.target,
                Verb::Downgrade(arguments) => arguments.options.target,
                _ => panic!("{line}"),
            };
            assert_eq!(target, expected, "{line}");
        }
    }

    #[test]
    fn ranges_are_values_and_not_options() {
        for (line, expected) in [
            ("history -r -3:current", "-3:current"),
            ("history -r-1:", "-1:"),
            ("history --rev-range=-2:", "-2:"),
            ("history --rev-range -2:head -i", "-2:head"),
            ("history -r a:b --verbose", "a:b"),
        ] {
            let Some(Verb::History(arguments)) = parse(line).unwrap().verb else { panic!("{line}") };
            assert_eq!(arguments.rev_range.as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn global_options_are_accepted_before_and_after_the_command() {
        for line in ["-c x.toml -e prod --json heads -v", "heads -v --json --env prod --config x.toml"] {
            let global = parse(line).unwrap().global;
            assert_eq!(global.config.as_deref(), Some(std::path::Path::new("x.toml")), "{line}");
            assert_eq!(global.env.as_deref(), Some("prod"), "{line}");
            assert!(global.json && global.verbose, "{line}");
        }
    }

    #[test]
    fn the_message_of_a_usage_error_is_one_complete_line() {
        let message = |line| message(&parse(line).unwrap_err());
        assert_eq!(message("upgrade"), "the following required arguments were not provided: <TARGET>");
        assert_eq!(message("nonsense"), "unrecognized subcommand 'nonsense'");
        let invalid = message("upgrade head --allow foo");
        assert!(
            invalid.starts_with("invalid value 'foo' for '--allow <CLASS>' [possible values: data-loss, "),
            "{invalid}"
        );
    }

    #[test]
    fn wrong_usage_is_an_error() {
        for line in ["upgrade", "upgrade --typo head", "downgrade -x", "heads extra", "updgrade head", "--size 12"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_unknown_command_gets_a_suggestion() {
        let text = parse("updgrade head").unwrap_err().to_string();
        assert!(text.contains("'upgrade'"), "{text}");
    }

    #[test]
    fn options_of_the_ui_are_parsed() {
        let ui = parse("--read-only --keys jj<enter> --size 80x24 --print svg").unwrap().ui;
        assert_eq!(ui.size, Some(Size { width: 80, height: 24 }));
        assert_eq!(ui.print, Some(Picture::Svg));
        assert_eq!(parse("--print").unwrap().ui.print, Some(Picture::Text));
        assert_eq!(parse("--print").unwrap().ui.first_given(), Some("--print"));
    }

    #[test]
    fn the_format_json_is_the_option_json() {
        for (line, expected) in [
            ("ci --format json", true),
            ("lint --format json", true),
            ("verify --format json", true),
            ("check --format json", true),
            ("conflicts --format json", true),
            ("ci --format sarif", false),
            ("lint", false),
        ] {
            let Ok(Invocation::Command(command)) =
                super::parse(std::iter::once("limbeck").chain(line.split(' ')).map(Into::into))
            else {
                panic!("{line}")
            };
            assert_eq!(command.context.terminal.json, expected, "{line}");
        }
    }
}
