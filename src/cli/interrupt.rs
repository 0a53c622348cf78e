//! `^C` while a plan runs: the first cancels on the server, the second leaves at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::terminal::Terminal;

/// Watches for SIGINT, SIGTERM and SIGHUP until the handle is aborted. Needs a runtime.
pub fn watch(terminal: Terminal, cancel: CancellationToken) -> JoinHandle<()> {
    let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    tokio::spawn(async move {
        let [Ok(interrupt), Ok(terminate), Ok(hangup)] = signals else {
            terminal.warn("signals cannot be watched; ^C leaves at once");
            return;
        };
        let mut signals = Signals { interrupt, terminate, hangup };
        signals.next().await;
        terminal.note("Cancelling; ^C once more leaves without waiting for the server");
        cancel.cancel();
        signals.next().await;
        std::process::exit(i32::from(Exit::Interrupted as u8));
    })
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
