//! The settings of a migrating session.

use super::config::ApplyConfig;
use crate::engine::connection::identifier::{literal, quote};

impl ApplyConfig {
    /// SQL that gives a session the role and the settings with which limbeck runs its own statements. It first undoes what
    /// a script may have set.
    #[must_use]
    pub fn session_settings(&self) -> String {
        let role = self.role.as_deref().map_or_else(String::new, |role| format!("; SET ROLE {}", quote(role)));
        let lock_timeout = literal(&self.lock_timeout);
        format!("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL{role}; SET lock_timeout = {lock_timeout}")
    }
}
