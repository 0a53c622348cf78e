//! The UI as a pure state machine: `update(&mut Model, Msg, now) -> Vec<Effect>`.

pub mod command;
pub mod dialog;
mod effect;
pub mod form;
pub mod history;
pub mod input;
pub mod job;
pub mod keymap;
pub mod layout;
pub mod log;
pub mod model;
mod mouse;
mod msg;
pub mod preferences;
pub mod record;
mod rows;
pub mod run;
pub mod screen;
pub mod scroll;
pub mod sheet;
pub mod theme;
mod update;

pub use effect::{Consent, Effect};
pub use keymap::parse_keys;
pub use model::Model;
pub use msg::{Generation, Highlighted, Msg, Start, TokenKind};
pub use update::update;
