//! `^C` while the server works: the first cancels on the server, the second exits immediately.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::terminal::Terminal;
use crate::engine::{Error, ErrorKind};

/// Runs `work` with a token that SIGINT, SIGTERM or SIGHUP cancels. Needs a runtime.
pub async fn cancellable<T>(terminal: Terminal, work: impl AsyncFnOnce(&CancellationToken) -> T) -> T {
    let cancel = CancellationToken::new();
    let watch = watch(terminal, cancel.clone());
    let result = work(&cancel).await;
    watch.abort();
    result
}

/// Replaces the error of a cancelled run on a scratch database: the engine's message describes that database, which
/// no longer exists.
#[must_use]
pub fn cancelled_on_scratch(error: Error) -> Error {
    match error.kind {
        ErrorKind::Interrupted => Error::of(ErrorKind::Interrupted, "cancelled; the scratch database was dropped"),
        _ => error,
    }
}

fn watch(terminal: Terminal, cancel: CancellationToken) -> JoinHandle<()> {
    let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    tokio::spawn(async move {
        let [Ok(interrupt), Ok(terminate), Ok(hangup)] = signals else {
            terminal.print_warning("limbeck cannot handle signals here; ^C exits immediately");
            return;
        };
        let mut signals = TerminationSignals { interrupt, terminate, hangup };
        signals.next().await;
        terminal.print_note("Cancelling; press ^C again to exit without waiting for the server");
        cancel.cancel();
        signals.next().await;
        terminal.print_note(
            "limbeck has not waited for the server: the statement may still be running and may still take effect; check the state with `limbeck current`",
        );
        std::process::exit(i32::from(Exit::Interrupted as u8));
    })
}

struct TerminationSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl TerminationSignals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
