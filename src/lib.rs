//! limbeck: Alembic's workflow for PostgreSQL, as one binary whose face is a terminal UI.
#![forbid(unsafe_code)]

pub mod cli;
pub mod core;
pub mod engine;
pub mod tui;
