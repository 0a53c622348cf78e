//! The loop around the model: input, effects, signals, timers, and the terminal.
//!
//! The loop never waits for the database: effects run as tasks and answer with messages. It sleeps until an event
//! happens. Without focus and without a job it has no timer.

mod connection;
mod effects;
mod event;
mod external_editor;
mod machine;
mod main_loop;
mod options;
mod panic;
mod play;
mod release;
mod signals;
mod task;
mod terminal;
mod timers;
mod watch;

pub use options::TuiOptions;
pub use panic::install_hook;
pub use play::{Playback, play};

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use crate::engine::{Error, ErrorKind, Result};

/// Runs the UI in the terminal.
///
/// The exit code is 0, 128 plus the number of the signal that ended it, or 101 after a panic.
///
/// # Errors
/// There is no terminal, or it cannot be set up.
pub fn run(options: TuiOptions) -> Result<ExitCode> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Error::of(ErrorKind::Usage, "the UI needs a terminal, and there is none")
            .hint("use a command such as `limbeck history`, or --keys and --print"));
    }
    panic::install_hook();
    let runtime = tokio_runtime()?;
    let code = runtime.block_on(main_loop::run(options));
    runtime.shutdown_timeout(Duration::from_secs(1));
    code.map(ExitCode::from).map_err(|error| Error::new("the terminal cannot be used").because(error))
}

fn tokio_runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::new("the async runtime cannot start").because(error))
}
