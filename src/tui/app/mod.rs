//! The UI as a pure state machine: `update(&mut Model, Msg, now) -> Vec<Effect>`.
//!
//! `model` is the state that all screens share, `screen` has the screens, `list` is the screen that most of them
//! configure, `job` runs background work, `dispatch` decides commands. Screens do not depend on each other.

pub mod chord;
pub mod command;
pub mod differences;
mod differing;
pub mod dispatch;
pub mod effect;
pub mod footer;
pub mod form;
pub mod format;
pub mod history;
pub mod input;
pub mod job;
pub mod keymap;
pub mod layout;
pub mod ledger;
pub mod list;
pub mod log;
pub mod model;
pub mod motion;
mod mouse;
mod moving;
mod msg;
mod new_revision;
pub mod opening;
pub mod preferences;
pub mod proof;
pub mod question;
mod run_command;
pub mod screen;
pub mod scroll;
mod start;
pub mod theme;
mod update;

pub use chord::parse_keys;
pub use effect::{Consent, Effect, Generation};
pub use model::Model;
pub use msg::Msg;
pub use start::Start;
pub use update::update;
