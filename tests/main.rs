//! The integration tests, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot continue has failed")]

mod alembic;
mod apply;
mod autogenerate;
mod backup;
mod catalog;
mod ci;
mod cli;
mod conflicts;
mod connection;
mod embedded;
mod faults;
mod gate;
mod hazards;
mod hostile;
mod kept;
mod models;
mod postgres;
mod project;
mod pty;
mod random;
mod readme;
mod sample;
mod screenshots;
mod shadowing;
mod state;
mod support;
mod tidy;
mod verify;
