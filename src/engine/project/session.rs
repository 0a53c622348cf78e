//! The role and the settings of limbeck's sessions on the target.

use tokio_postgres::error::SqlState;

use super::config::ApplyConfig;
use crate::engine::connection::identifier::{literal, quote};
use crate::engine::connection::{ServerInfo, Session, database_error, without_idle_timeouts};
use crate::engine::{Error, Result};

impl ApplyConfig {
    /// SQL that gives a migrating session the role and the settings with which limbeck runs its own statements. It first
    /// undoes what a script may have set.
    #[must_use]
    pub fn session_settings(&self, server: &ServerInfo) -> String {
        let role = self.role.as_deref().map_or_else(String::new, |role| format!("; SET ROLE {}", quote(role)));
        let limit = self.statement_timeout.as_deref().map_or_else(String::new, set_statement_timeout);
        let limit = if limit.is_empty() { limit } else { format!("; {limit}") };
        format!(
            "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL{role}{limit}; SET lock_timeout = {}; {}",
            literal(&self.lock_timeout),
            without_idle_timeouts(server.version_num / 10_000)
        )
    }
}

/// The role and the time limit of every session on the target, also of sessions that only read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionSettings {
    role: Option<String>,
    statement_timeout: Option<String>,
}

impl From<&ApplyConfig> for SessionSettings {
    fn from(config: &ApplyConfig) -> Self {
        Self { role: config.role.clone(), statement_timeout: config.statement_timeout.clone() }
    }
}

impl SessionSettings {
    /// Sets them on a new session.
    ///
    /// # Errors
    /// When the role does not exist, the login role may not switch to it, or the time limit is not valid.
    pub async fn apply(&self, session: &Session) -> Result<()> {
        let client = session.client();
        if let Some(role) = &self.role {
            let set = client.batch_execute(&format!("SET ROLE {}", quote(role))).await;
            set.map_err(|error| role_error(role, &session.server().user, &error))?;
        }
        if let Some(limit) = &self.statement_timeout {
            let set = client.batch_execute(&set_statement_timeout(limit)).await;
            set.map_err(|error| {
                database_error(&error).hint(
                    "correct statement_timeout under [apply] in limbeck.toml, e.g. \"10min\"; \"0\" means no limit",
                )
            })?;
        }
        Ok(())
    }
}

fn set_statement_timeout(limit: &str) -> String {
    format!("SET statement_timeout = {}", literal(limit))
}

/// The error when the session cannot switch to the role.
fn role_error(role: &str, login: &str, error: &tokio_postgres::Error) -> Error {
    let refused = database_error(error);
    let code = error.code();
    let hint = if code == Some(&SqlState::INVALID_PARAMETER_VALUE) {
        format!("create it with CREATE ROLE {}, or correct role under [apply] in limbeck.toml", quote(role))
    } else if code == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
        format!(
            "run GRANT {} TO {} as a superuser, or correct role under [apply] in limbeck.toml",
            quote(role),
            quote(login)
        )
    } else {
        return refused;
    };
    let message = format!("cannot switch to the role {} of [apply] role: {}", quote(role), refused.message);
    Error { message, ..refused }.hint(hint)
}
