//! The environment variables and the home directory that connection parameters come from.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the process was started with: the environment and the home directory, so that tests can give their own.
#[derive(Clone, Default)]
pub struct Variables {
    pub environment: BTreeMap<String, String>,
    pub home: Option<PathBuf>,
}

impl Variables {
    /// A variable that is set, to an empty text too.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }
}

impl std::fmt::Debug for Variables {
    /// Names only: a value may be a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variables")
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .field("home", &self.home)
            .finish()
    }
}
