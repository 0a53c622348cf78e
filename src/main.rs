//! Arguments to the UI or a command, and on to an exit code.

use std::process::ExitCode;

use limbeck::cli::{self, Invocation};
use limbeck::engine::{Error, postgres};

fn main() -> ExitCode {
    // The embedded server's supervisor is this same program, started with arguments of its own.
    if let Some(code) = postgres::supervise(std::env::args_os()) {
        return code;
    }
    if let Err(error) = color_eyre::install() {
        return cli::report(&cli::Global::default(), Error::new(error.to_string())).into();
    }
    match cli::parse(std::env::args_os()) {
        Ok(Invocation::Command(command)) => cli::run(command).into(),
        Ok(Invocation::Ui(global, _ui)) => cli::report(&global, Error::new("the UI is not built yet")).into(),
        Err(exit) => exit.into(),
    }
}
