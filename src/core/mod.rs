//! The pure core: no IO, no async, no clock, no printing.

pub mod alembic;
pub mod conflict;
pub mod copies;
pub mod diff;
pub mod escape;
pub mod finding;
pub mod graph;
pub mod hazard;
pub mod os_error;
pub mod plan;
pub mod python;
pub mod schema;
pub mod script;
pub mod sql;
pub mod sqlstate;
pub mod statement;
pub mod text;
