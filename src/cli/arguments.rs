//! What can be typed: the verbs, the options that every verb takes, and those of the UI.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{
    backup, branches, completions, current, difference, doctor, edit, ensure_version, heads, history, init, kept, lint,
    list_templates, man, merge, migrate, revision, show, stamp, verify,
};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "limbeck",
    version,
    about = "Alembic's workflow for PostgreSQL: revisions in plain SQL, in a terminal UI and on the command line",
    after_help = "Without a command, limbeck opens the UI.\n\
                  Exit codes: 0 done, 1 failed, 2 wrong usage, 3 approval needed, 4 differs, 5 locked, 130 interrupted.",
    subcommand_value_name = "COMMAND",
    disable_help_subcommand = false,
    max_term_width = 110
)]
pub struct CommandLine {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    pub ui: Ui,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Options that every command takes, before or after its name.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that is typed or not")]
pub struct Global {
    /// Configuration file [default: found from the working directory upwards]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Environment of limbeck.toml to work on
    #[arg(short, long, global = true, value_name = "NAME")]
    pub env: Option<String>,
    /// Section of alembic.ini to read, in an Alembic project
    #[arg(short, long, global = true, value_name = "SECTION")]
    pub name: Option<String>,
    /// Database to work on, instead of the configured one
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Use limbeck's own server
    #[arg(long, global = true)]
    pub embedded: bool,
    /// Print one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to colour errors and notes; auto: on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: Color,
    /// Answer yes to downloads, to passing environments that should come first, and to dropping copies
    #[arg(long, global = true)]
    pub yes: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// Options of the UI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of the UI")]
pub struct Ui {
    /// Offer nothing that writes
    #[arg(long)]
    pub read_only: bool,
    /// Play keys without a terminal, e.g. `jj<enter>`
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true)]
    pub keys: Option<String>,
    /// Size of the screen that --keys plays on [default: 120x40]
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = parse_size)]
    pub size: Option<Size>,
    /// Print the screen once nothing runs any more, and end
    #[arg(long, value_name = "FORMAT", value_enum, num_args = 0..=1, default_missing_value = "text")]
    pub print: Option<Picture>,
}

/// A screen's size in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: u16,
    pub height: u16,
}

/// How a screen is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    Text,
    Ansi,
    Svg,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[command(rename_all = "snake_case")]
pub enum Verb {
    /// Make a new project
    Init(init::Arguments),
    /// List the templates of init
    ListTemplates(list_templates::Arguments),
    /// Write a new revision script
    Revision(revision::Arguments),
    /// Bring the database up to a revision
    Upgrade(migrate::Arguments),
    /// Bring the database back down to a revision
    Downgrade(migrate::Arguments),
    /// Show the revisions that the database is at
    Current(current::Arguments),
    /// List the revisions, newest first
    History(history::Arguments),
    /// List the revisions that no other revises
    Heads(heads::Arguments),
    /// List the revisions that several others revise
    Branches(branches::Arguments),
    /// Show revisions with all that their scripts say of them
    Show(show::Arguments),
    /// Open revision scripts in $VISUAL or $EDITOR
    Edit(edit::Arguments),
    /// Write the version table without running any script
    Stamp(stamp::Arguments),
    /// Write a revision that joins several heads
    Merge(merge::Arguments),
    /// Say what the models add to the database; exit code 4 when there is something
    Check(difference::Arguments),
    /// Find what scripts may cost: lost data, locks, failures
    Lint(lint::Arguments),
    /// Prove scripts up, down and up again on a scratch database
    Verify(verify::Arguments),
    /// Compare the database with what its history says it should be; exit code 4 when they differ
    Drift(difference::Arguments),
    /// Write the whole database to a file with `pg_dump`, or list the backups
    Backup(backup::Arguments),
    /// Bring a backup back with `pg_restore`
    Restore(backup::RestoreArguments),
    /// List, bring back or drop the copies of what approved steps destroyed
    Kept(kept::Arguments),
    /// Make the version table where there is none
    EnsureVersion(ensure_version::Arguments),
    /// Say what was found, what is wrong, and what to do about it
    Doctor(doctor::Arguments),
    /// Print completions for a shell
    Completions(completions::Arguments),
    /// Print the manual page, or write all pages to a folder
    Man(man::Arguments),
}

impl Ui {
    /// The first option given that only the UI understands, as typed.
    #[must_use]
    pub fn first_given(&self) -> Option<&'static str> {
        match self {
            Self { read_only: true, .. } => Some("--read-only"),
            Self { keys: Some(_), .. } => Some("--keys"),
            Self { size: Some(_), .. } => Some("--size"),
            Self { print: Some(_), .. } => Some("--print"),
            _ => None,
        }
    }
}

fn parse_size(text: &str) -> Result<Size, String> {
    let size = text.split_once(['x', 'X']).and_then(|(width, height)| {
        Some(Size { width: width.trim().parse().ok()?, height: height.trim().parse().ok()? })
    });
    size.ok_or_else(|| "expected WIDTHxHEIGHT in cells, e.g. 120x40".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<CommandLine, clap::Error> {
        CommandLine::try_parse_from(std::iter::once("limbeck").chain(line.split(' ').filter(|word| !word.is_empty())))
    }

    #[test]
    fn the_definition_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn relative_targets_are_taken_as_typed() {
        for (line, expected) in [
            ("downgrade -1", "-1"),
            ("downgrade -12 --dry-run", "-12"),
            ("upgrade +2", "+2"),
            ("-e staging upgrade billing@+1 --sql", "billing@+1"),
        ] {
            let verb = parse(line).unwrap().verb.unwrap();
            let (Verb::Upgrade(arguments) | Verb::Downgrade(arguments)) = verb else { panic!("{line}") };
            assert_eq!(arguments.target, expected, "{line}");
        }
    }

    #[test]
    fn ranges_are_taken_as_typed() {
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
    fn global_options_stand_before_and_after_the_verb() {
        for line in ["-c x.toml -e prod --json heads -v", "heads -v --json --env prod --config x.toml"] {
            let global = parse(line).unwrap().global;
            assert_eq!(global.config.as_deref(), Some(std::path::Path::new("x.toml")), "{line}");
            assert_eq!(global.env.as_deref(), Some("prod"), "{line}");
            assert!(global.json && global.verbose, "{line}");
        }
    }

    #[test]
    fn wrong_usage_is_refused() {
        for line in ["upgrade", "upgrade --typo head", "downgrade -x", "heads extra", "updgrade head", "--size 12"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_unknown_verb_gets_a_suggestion() {
        let text = parse("updgrade head").unwrap_err().to_string();
        assert!(text.contains("'upgrade'"), "{text}");
    }

    #[test]
    fn every_option_of_the_ui_is_known() {
        let ui = parse("--read-only --keys jj<enter> --size 80x24 --print svg").unwrap().ui;
        assert_eq!(ui.size, Some(Size { width: 80, height: 24 }));
        assert_eq!(ui.print, Some(Picture::Svg));
        assert_eq!(parse("--print").unwrap().ui.print, Some(Picture::Text));
        assert_eq!(parse("--print").unwrap().ui.first_given(), Some("--print"));
    }
}
