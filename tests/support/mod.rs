//! What the tests stand on: a real PostgreSQL server for the whole run, fresh databases on it, and projects in temporary
//! folders with an environment of their own.
#![allow(dead_code, reason = "a harness offers more than every test takes")]

mod alembic;
mod database;
mod programs;
mod project;
mod selftest;
mod server;
mod wait;

#[allow(unused_imports, reason = "a harness offers more than every test takes")]
pub use self::{
    alembic::python_with_alembic,
    database::{TestDatabase, psql_at},
    programs::{as_server_user, program, server_user},
    project::{Output, TestProject, repository},
    server::{Server, ServerOptions, server},
    wait::{end_of, eventually},
};
