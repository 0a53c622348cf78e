//! The ledger beside the scripts: when it is asked, and what its answer changes.

use std::sync::Arc;

use super::log::State;
use super::model::{Connection, Model};
use super::{Effect, Generation};
use crate::core::graph::RevisionId;
use crate::engine::project::{ScriptFile, ScriptTree};
use crate::engine::state::script_status::ScriptStatus;
use crate::engine::{Error, ErrorKind};

/// What the ledger was asked about.
#[derive(Debug, Clone)]
pub struct Question {
    tree: Arc<ScriptTree>,
    heads: Vec<RevisionId>,
    newest: Option<i64>,
    /// Whose answer is waited for.
    waiting: Option<Generation>,
}

/// What the ledger has of a revision that no file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingScript<'a> {
    /// It has not answered yet.
    Asked,
    Found(&'a Arc<ScriptFile>),
    /// It does not have it, or there is none.
    Lost,
}

impl Question {
    /// Whether its answer is waited for.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.waiting.is_some()
    }
}

/// Asks anew when scripts, heads or ledger have moved, and there is anything to ask about.
pub fn ask(model: &mut Model) -> Option<Effect> {
    let tree = model.tree.as_ref()?;
    let status = model.server.status.as_ref().filter(|_| matches!(model.server.connection, Connection::Connected))?;
    let same = model.recorded.as_ref().is_some_and(|asked| {
        Arc::ptr_eq(&asked.tree, tree) && asked.heads == status.heads && asked.newest == status.newest
    });
    if same || status.newest.is_none() && model.recorded.is_none() && model.history.missing_count() == 0 {
        return None;
    }
    let (tree, heads, newest) = (tree.clone(), status.heads.clone(), status.newest);
    let generation = model.next_generation();
    let asked = Question { tree: tree.clone(), heads: heads.clone(), newest, waiting: Some(generation) };
    model.recorded = Some(asked);
    Some(Effect::ReadRecord(generation, tree, heads, newest))
}

/// Takes the answer, if it is the one that is waited for.
pub fn on_record(model: &mut Model, generation: Generation, answer: Result<ScriptStatus, Error>) -> Vec<Effect> {
    match &mut model.recorded {
        Some(asked) if asked.waiting == Some(generation) => asked.waiting = None,
        _ => return Vec::new(),
    }
    let record = answer.unwrap_or_else(|error| {
        // That the server is away shows by itself.
        if error.kind != ErrorKind::Connection {
            model.log.note(model.now, State::Warning, "ledger", &error.message);
        }
        ScriptStatus::default()
    });
    set(model, record);
    Vec::new()
}

/// Forgets what another environment's ledger said.
pub fn forget(model: &mut Model) {
    model.recorded = None;
    set(model, ScriptStatus::default());
}

/// What the ledger has of a revision that no file has.
#[must_use]
pub fn script_of_missing<'a>(model: &'a Model, id: &RevisionId) -> MissingScript<'a> {
    match model.history.record().from_ledger.get(id) {
        Some(file) => MissingScript::Found(file),
        None if model.recorded.as_ref().is_none_or(Question::is_open) => MissingScript::Asked,
        None => MissingScript::Lost,
    }
}

fn set(model: &mut Model, record: ScriptStatus) {
    if let Some(tree) = model.tree.clone()
        && *model.history.record() != record
    {
        let heads = model.server.status.as_ref().map(|status| status.heads.clone());
        model.history.set_record(&tree, heads.as_deref(), Arc::new(record));
    }
}
