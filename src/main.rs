//! Arguments to the UI or a command, and on to an exit code.

use std::process::ExitCode;

use limbeck::cli::{self, Context, Global, Invocation, Picture, Ui};
use limbeck::engine::{Result, connection};
use limbeck::tui::print::Format;
use limbeck::tui::runtime::{self, Playback, TuiOptions};

fn main() -> ExitCode {
    // The embedded server's supervisor is this same program, started with arguments of its own.
    if let Some(code) = connection::supervise(std::env::args_os()) {
        return code;
    }
    runtime::install_hook();
    match cli::parse(std::env::args_os()) {
        Ok(Invocation::Command(command)) => cli::run(command).into(),
        Ok(Invocation::Ui(global, ui)) => open(&global, &ui).unwrap_or_else(|error| cli::report(&global, error).into()),
        Err(exit) => exit.into(),
    }
}

/// Opens the UI, or plays keys on it and prints the screen.
fn open(global: &Global, ui: &Ui) -> Result<ExitCode> {
    let context = Context::new(global.clone());
    let project = match cli::project_for_ui(&context, ui) {
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
    let picture = runtime::play(options, &playback)?;
    Ok(cli::show_picture(global, &picture).into())
}
