//! Arguments to the UI or a command, and on to an exit code.

use std::process::ExitCode;

use limbeck::cli::{self, Invocation};

fn main() -> ExitCode {
    if let Err(error) = color_eyre::install() {
        return cli::report(&cli::Global::default(), limbeck::engine::Error::new(error.to_string())).into();
    }
    match cli::parse(std::env::args_os()) {
        Ok(Invocation::Command(command)) => cli::run(command).into(),
        Ok(Invocation::Ui(global, _ui)) => {
            cli::report(&global, limbeck::engine::Error::new("the UI is not built yet")).into()
        }
        Err(exit) => exit.into(),
    }
}
