//! The test harness: one PostgreSQL server for the whole run, fresh databases on it, and projects in temporary folders
//! with an environment of their own.
#![allow(dead_code, reason = "not every test binary uses the whole harness")]

mod alembic;
mod database;
mod pgbouncer;
mod programs;
mod project;
mod proxy;
mod selftest;
mod server;
mod terminal;
mod wait;

#[allow(unused_imports, reason = "not every test binary uses the whole harness")]
pub use self::{
    alembic::python_with_alembic,
    database::{TestDatabase, psql_at},
    pgbouncer::PgBouncer,
    programs::{as_server_user, program, programs_for_limbeck, server_user},
    project::{Output, TestProject, repository},
    proxy::{Action, Proxy, ProxyMessage, Way},
    server::{Server, ServerOptions, server},
    terminal::run_in_terminal,
    wait::{end_of, end_within, eventually, is_true_within},
};
