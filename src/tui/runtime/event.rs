//! Everything that can wake the loop.

use crossterm::event::Event as Input;

use super::signals::Signal;
use crate::engine::Error;
use crate::tui::app::Msg;

/// An event outside the model.
#[derive(Debug)]
pub(super) enum Event {
    Input(Input),
    /// The terminal cannot be read any more.
    InputLost,
    Signal(Signal),
    /// The message of an effect.
    Answer(Msg),
    /// An effect has ended.
    Ended(TaskKind),
    /// A file in a watched folder has changed.
    FilesChanged,
    EditorEnded(Result<(), Error>),
}

/// Whether the process must wait for an effect before it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskKind {
    /// It writes: the process waits for it.
    Writes,
    /// It only reads: the process does not wait.
    Reads,
}
