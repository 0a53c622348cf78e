//! The signals that the UI handles.

use std::io;

use rustix::process::Signal as Unix;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
    /// SIGINT from another process. In raw mode `^c` arrives as a key.
    Interrupt,
    /// SIGTSTP.
    Stop,
    /// SIGCONT.
    Continue,
}

impl Signal {
    /// The exit code of a process that ended by this signal.
    pub(super) fn exit_code(self) -> u8 {
        let signal = match self {
            Self::Terminate => Unix::TERM,
            Self::HangUp => Unix::HUP,
            Self::Interrupt => Unix::INT,
            Self::Stop => Unix::TSTP,
            Self::Continue => Unix::CONT,
        };
        u8::try_from(128 + signal.as_raw()).unwrap_or(1)
    }
}

/// Catches the signals while it exists.
pub(super) struct Signals {
    terminate: Stream,
    hang_up: Stream,
    interrupt: Stream,
    stop: Stream,
    resume: Stream,
}

impl Signals {
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(Unix::TSTP.as_raw()))?,
            resume: signal(SignalKind::from_raw(Unix::CONT.as_raw()))?,
        })
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.hang_up.recv() => Signal::HangUp,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.stop.recv() => Signal::Stop,
            _ = self.resume.recv() => Signal::Continue,
        }
    }
}
