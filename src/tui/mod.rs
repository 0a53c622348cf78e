//! The terminal UI: a pure state machine (`app`), its picture (`view`), and the loop around them (`runtime`).

pub mod app;
pub mod editor;
pub mod print;
pub mod runtime;
#[cfg(test)]
mod tests;
pub mod view;
