//! The consents that the user has given in this process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The consents of this process. Clones of a project share them, so that a consent holds if it cannot be stored.
#[derive(Debug, Clone, Default)]
pub struct Consents(Arc<Mutex<HashSet<String>>>);

impl Consents {
    /// Whether a consent was given. `consent` is its text.
    #[must_use]
    pub fn contains(&self, consent: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(consent)
    }

    /// Adds a consent.
    pub fn add(&self, consent: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(consent);
    }
}
