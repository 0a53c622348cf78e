//! The test harness: one PostgreSQL server for the whole run, fresh databases on it, and projects in temporary folders
//! with an environment of their own.
#![allow(dead_code, reason = "not every test binary uses the whole harness")]

mod database;
mod pgbouncer;
mod programs;
mod project;
mod proxy;
mod python;
mod selftest;
mod server;
mod shop;
mod terminal;
mod wait;

#[allow(unused_imports, reason = "not every test binary uses the whole harness")]
pub use self::{
    database::{TestDatabase, psql_at},
    pgbouncer::PgBouncer,
    programs::{as_server_user, program, programs_for_limbeck, server_user},
    project::{Output, TestProject, repository},
    proxy::{Action, Proxy, ProxyMessage, Way},
    python::{python_with_alembic, run_alembic},
    server::{Server, ServerOptions, server},
    shop::{Driver, FIRST_LINE, PASSWORD, SCRIPTS, SEEDED, Shop, script_id},
    terminal::run_in_terminal,
    wait::{end_of, end_within, eventually, is_true_within},
};
