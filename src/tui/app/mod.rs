//! The UI as a pure state machine: `update(&mut Model, Msg, now) -> Vec<Effect>`.

mod effect;
mod msg;

pub use effect::Effect;
pub use msg::{Generation, Highlighted, Msg, Start, TokenKind};
