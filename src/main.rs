//! Parses the arguments, runs the UI or a command, and returns the exit code.

use std::process::ExitCode;

use limbeck::cli::{self, Context, Invocation, Picture, Ui};
use limbeck::engine::{Result, connection};
use limbeck::tui::print::Format;
use limbeck::tui::runtime::{self, Playback, TuiOptions};

fn main() -> ExitCode {
    // The supervisor of the embedded server is this same program with arguments of its own.
    if let Some(code) = connection::supervise(std::env::args_os()) {
        return code;
    }
    runtime::install_hook();
    match cli::parse(std::env::args_os()) {
        Ok(Invocation::Command(command)) => command.run().into(),
        Ok(Invocation::Ui(context, ui)) => run_ui(&context, &ui).unwrap_or_else(|error| context.report(error).into()),
        Err(exit) => exit.into(),
    }
}

/// Runs the UI. With `--keys` or `--print`, presses the keys without a terminal and prints the screen.
fn run_ui(context: &Context, ui: &Ui) -> Result<ExitCode> {
    let project = match cli::project_for_ui(context, ui) {
        Ok(project) => project,
        Err(exit) => return Ok(exit.into()),
    };
    let options = TuiOptions {
        project,
        variables: cli::variables(),
        connect: context.connect_options(),
        read_only: ui.read_only,
    };
    if ui.keys.is_none() && ui.print.is_none() {
        return runtime::run(options);
    }
    let playback = Playback {
        keys: ui.keys.clone().unwrap_or_default(),
        size: ui.size.map_or((120, 40), |size| (size.width, size.height)),
        format: match ui.print {
            None | Some(Picture::Text) => Format::Text,
            Some(Picture::Ansi) => Format::Ansi,
            Some(Picture::Svg) => Format::Svg,
        },
    };
    let screen = runtime::play(options, &playback)?;
    Ok(context.print_screen(&screen).into())
}
