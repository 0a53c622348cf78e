//! The pure heart: no IO, no async, no clock, no printing.

pub mod diff;
pub mod graph;
pub mod hazard;
pub mod kept;
pub mod plan;
pub mod schema;
pub mod script;
pub mod sql;
