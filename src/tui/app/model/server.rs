//! The database server: the connection, its last known status, and the open question to the ledger.

use std::collections::HashMap;
use std::sync::Arc;

use crate::core::graph::RevisionId;
use crate::engine::project::ScriptTree;
use crate::engine::state::status::DatabaseStatus;
use crate::engine::{Error, ErrorKind};
use crate::tui::app::command::Command;
use crate::tui::app::form::Piece;
use crate::tui::app::preferences::Preferences;
use crate::tui::app::theme::Role;

/// The state of the connection.
#[derive(Debug, Clone, Default)]
pub enum Connection {
    #[default]
    Connecting,
    Connected,
    /// The server cannot be reached, or it refuses. Its last known status is kept.
    Unreachable(Error),
    /// The project has no database: no setting names one, or the programs of limbeck's own server are missing.
    NoDatabase(Error),
}

impl Connection {
    /// The reason why there is no connection.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Unreachable(error) | Self::NoDatabase(error) => Some(error),
            Self::Connecting | Self::Connected => None,
        }
    }

    /// What the user can do if there is no database, one line each. Empty if there is one.
    #[must_use]
    pub fn no_database_lines(&self, preferences: &Preferences) -> Vec<Piece> {
        let Self::NoDatabase(error) = self else { return Vec::new() };
        let key = preferences.keymap.shown(Command::OwnServer);
        let lines = if error.kind == ErrorKind::NoPrograms {
            let how = format!("install PostgreSQL, or press {key} to download it");
            [
                (String::from("PostgreSQL's programs for limbeck's own server are missing"), Role::Warning),
                (String::from("initdb and postgres were not found"), Role::Text),
                (how, Role::Text),
            ]
        } else {
            let how = format!("or press {key} to use limbeck's own server");
            [
                (String::from("no database is configured"), Role::Warning),
                (String::from("set DATABASE_URL, PGHOST …, or url in limbeck.toml"), Role::Text),
                (how, Role::Text),
            ]
        };
        lines.to_vec()
    }
}

/// What is known of the server.
#[derive(Debug, Clone, Default)]
pub struct ServerState {
    pub connection: Connection,
    /// The last known status.
    pub status: Option<DatabaseStatus>,
    /// The last known heads of each environment.
    pub seen: HashMap<Option<String>, Vec<RevisionId>>,
    /// The last question to the ledger.
    pub asked_ledger: Option<LedgerQuestion>,
}

impl ServerState {
    /// What is wrong with the rows of the version table.
    #[must_use]
    pub fn faulty_rows(&self) -> Option<&Error> {
        self.status.as_ref()?.faulty_rows.as_ref()
    }
}

/// What the ledger was asked about. The same question is not asked twice.
#[derive(Debug, Clone)]
pub struct LedgerQuestion {
    pub tree: Arc<ScriptTree>,
    pub heads: Vec<RevisionId>,
    pub newest: Option<i64>,
}
