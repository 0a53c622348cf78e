//! Everything that can wake the loop.

use crossterm::event::Event as Input;

use super::signals::Signal;
use crate::engine::Error;
use crate::tui::app::Msg;

/// Something that happened outside the model.
#[derive(Debug)]
pub(super) enum Event {
    Input(Input),
    /// The terminal cannot be read any more.
    InputLost,
    Signal(Signal),
    /// What an effect has to say.
    Answer(Msg),
    /// An effect came to its end, whatever that was.
    Ended(TaskKind),
    /// Something moved in a watched folder.
    FilesMoved,
    EditorEnded(Result<(), Error>),
}

/// What an effect is to the loop when it has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskKind {
    /// It writes: the loop waits for it before the process ends.
    Writes,
    /// It only reads, and can be let go.
    Reads,
}
