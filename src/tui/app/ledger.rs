//! The ledger's records of the scripts: when they are read, and what they change in the history.

use std::sync::Arc;

use super::effect::{Effect, Generation};
use super::log::LogState;
use super::model::server::LedgerQuestion;
use super::model::{Connection, Model};
use crate::core::graph::RevisionId;
use crate::engine::project::ScriptFile;
use crate::engine::state::script_status::ScriptStatus;
use crate::engine::{Error, ErrorKind};

/// The name of the read.
const READ: &str = "ledger";

/// What the ledger has of a revision without a script file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingScript<'a> {
    /// The ledger has not answered yet.
    Reading,
    Found(&'a Arc<ScriptFile>),
    /// The ledger does not have it, or there is no ledger.
    Lost,
}

/// Reads the ledger if scripts, heads or ledger have changed since the last time.
pub fn read(model: &mut Model) -> Option<Effect> {
    let tree = model.tree.as_ref()?;
    let status = model.server.status.as_ref().filter(|_| matches!(model.server.connection, Connection::Connected))?;
    let asked = model.server.asked_ledger.as_ref();
    let same = asked.is_some_and(|asked| {
        Arc::ptr_eq(&asked.tree, tree) && asked.heads == status.heads && asked.newest == status.newest
    });
    if same || status.newest.is_none() && asked.is_none() && model.history.missing_count() == 0 {
        return None;
    }
    let (tree, heads, newest) = (tree.clone(), status.heads.clone(), status.newest);
    model.server.asked_ledger = Some(LedgerQuestion { tree: tree.clone(), heads: heads.clone(), newest });
    Some(Effect::ReadLedger(model.jobs.start_read(READ), tree, heads, newest))
}

/// Takes the answer, if its generation is current.
pub fn on_answer(model: &mut Model, generation: Generation, answer: Result<ScriptStatus, Error>) -> Vec<Effect> {
    if model.jobs.end(generation, model.now).is_none() {
        return Vec::new();
    }
    let record = answer.unwrap_or_else(|error| {
        // A lost connection is shown elsewhere.
        if error.kind != ErrorKind::Connection {
            model.log.note(model.now, LogState::Warning, "ledger", &error.message);
        }
        ScriptStatus::default()
    });
    set(model, record);
    Vec::new()
}

/// Forgets the records of another environment's ledger.
pub fn forget(model: &mut Model) {
    model.server.asked_ledger = None;
    model.jobs.forget_read(READ);
    set(model, ScriptStatus::default());
}

/// What the ledger has of a revision without a script file.
#[must_use]
pub fn missing_script<'a>(model: &'a Model, id: &RevisionId) -> MissingScript<'a> {
    match model.history.ledger().from_ledger.get(id) {
        Some(file) => MissingScript::Found(file),
        None if model.server.asked_ledger.is_none() || model.jobs.is_reading(READ) => MissingScript::Reading,
        None => MissingScript::Lost,
    }
}

fn set(model: &mut Model, record: ScriptStatus) {
    if let Some(tree) = model.tree.clone()
        && *model.history.ledger() != record
    {
        let heads = model.server.status.as_ref().map(|status| status.heads.clone());
        model.history.set_ledger(&tree, heads.as_deref(), Arc::new(record));
    }
}
