//! The screens and dialogs, one a file: each says which of its commands apply and what they do.

pub mod backup;
pub mod compare;
pub mod compare_list;
pub mod confirm;
pub mod create;
pub mod dialog;
pub mod editor;
pub mod environment;
pub mod error;
pub mod filter;
pub mod generate;
pub mod generate_list;
pub mod generating;
pub mod help;
pub mod kept;
pub mod kept_dialog;
pub mod leaving;
pub mod merge;
pub mod moving;
pub mod own_server;
pub mod palette;
pub mod panes;
mod phases;
pub mod plan;
pub mod plan_rows;
pub mod planning;
pub mod proof;
mod renames;
pub mod stamp;
pub mod tree;
pub mod verify;
pub mod verify_list;

use std::borrow::Cow;

use super::model::Model;

/// Why nothing new can be started now.
pub(crate) fn idle(model: &Model) -> Result<(), Cow<'static, str>> {
    match &model.job {
        None => Ok(()),
        Some(job) => Err(format!("{} has to end first", job.words()).into()),
    }
}

/// Why nothing can be written.
pub(crate) fn writable(model: &Model) -> Result<(), Cow<'static, str>> {
    if model.read_only {
        return Err("limbeck was opened with --read-only".into());
    }
    idle(model)
}

/// Why the database cannot be asked.
pub(crate) fn connected(model: &Model) -> Result<(), Cow<'static, str>> {
    use super::model::Connection;
    match &model.server.connection {
        Connection::Connected => Ok(()),
        Connection::Connecting => Err("the server has not answered yet".into()),
        Connection::Away(_) => Err("the server is away".into()),
        Connection::Nowhere(_) => Err("there is no database".into()),
    }
}
