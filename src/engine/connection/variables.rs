//! The environment variables and the home directory that connection parameters come from.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The environment of the process and the home directory. Tests pass their own values.
#[derive(Clone, Default)]
pub struct Variables {
    pub environment: BTreeMap<String, String>,
    pub home: Option<PathBuf>,
}

impl Variables {
    /// Returns the value of a variable that is set, also when the value is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }
}

impl std::fmt::Debug for Variables {
    /// Prints names only, because a value may be a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variables")
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .field("home", &self.home)
            .finish()
    }
}
