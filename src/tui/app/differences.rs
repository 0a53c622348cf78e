//! How many objects differ between the database and its history, or the models. A count holds until the database, the
//! scripts or the models change.

use std::sync::Arc;

use super::form::Piece;
use super::theme::Role;
use crate::core::graph::RevisionId;
use crate::engine::Error;
use crate::engine::project::ScriptTree;

/// What the database is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    History,
    Models,
}

/// The known counts, and the facts that they hold for.
#[derive(Debug, Clone, Default)]
pub struct Differences {
    from_history: Option<usize>,
    from_models: Option<usize>,
    for_dialog: DriftForDialog,
    heads: Option<Vec<RevisionId>>,
    tree: Option<Arc<ScriptTree>>,
    models: Option<u64>,
    version: u64,
}

/// The drift that is computed while the stamp dialog is open.
#[derive(Debug, Clone, Default)]
enum DriftForDialog {
    #[default]
    Idle,
    /// For this version of the facts.
    Running(u64),
    Failed(Error),
}

impl Differences {
    /// The number of objects that differ, if it is known for the current facts.
    #[must_use]
    pub const fn count(&self, against: Against) -> Option<usize> {
        match against {
            Against::History => self.from_history,
            Against::Models => self.from_models,
        }
    }

    /// A number that changes with the database, the scripts and the models.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Stores a count that was computed for a version of the facts.
    pub const fn store(&mut self, against: Against, version: u64, count: usize) {
        if version != self.version {
            return;
        }
        match against {
            Against::History => self.from_history = Some(count),
            Against::Models => self.from_models = Some(count),
        }
    }

    /// Forgets counts that no longer hold. `is_writing`: a job runs that may change the database or the scripts.
    pub fn update(
        &mut self,
        heads: Option<&[RevisionId]>,
        tree: Option<&Arc<ScriptTree>>,
        models: Option<u64>,
        is_writing: bool,
    ) {
        if self.models != models {
            self.models = models;
            self.version += 1;
            self.from_models = None;
        }
        let same_tree = match (&self.tree, tree) {
            (Some(known), Some(now)) => Arc::ptr_eq(known, now),
            (None, None) => true,
            _ => false,
        };
        if same_tree && self.heads.as_deref() == heads && !is_writing {
            return;
        }
        *self = Self {
            heads: heads.map(<[_]>::to_vec),
            tree: tree.cloned(),
            models,
            version: self.version + 1,
            ..Self::default()
        };
    }

    /// Notes that the drift for the stamp dialog is being computed. Returns whether it has to be computed.
    pub fn start_for_dialog(&mut self) -> bool {
        if matches!(self.for_dialog, DriftForDialog::Running(_)) || self.from_history.is_some() {
            return false;
        }
        self.for_dialog = DriftForDialog::Running(self.version);
        true
    }

    /// A job replaces the computation for the stamp dialog.
    pub fn cancel_for_dialog(&mut self) {
        self.for_dialog = DriftForDialog::Idle;
    }

    /// Takes the drift for the stamp dialog: the number of objects.
    pub fn end_for_dialog(&mut self, answer: Result<usize, Error>) {
        let DriftForDialog::Running(version) = self.for_dialog else { return };
        self.for_dialog = match answer {
            Ok(count) => {
                self.store(Against::History, version, count);
                DriftForDialog::Idle
            }
            Err(error) => DriftForDialog::Failed(error),
        };
    }

    /// What the header shows: a glyph and words for each known count.
    #[must_use]
    pub fn badges(&self, ascii: bool) -> Vec<Piece> {
        let sides = [(Against::History, "no drift", "drift"), (Against::Models, "models agree", "models differ")];
        let badge = |(against, agree, differ)| match self.count(against)? {
            0 => Some((format!("{} {agree}", if ascii { "*" } else { "✓" }), Role::Good)),
            count => Some((format!("{} {differ}: {count}", differs_glyph(ascii)), Role::Warning)),
        };
        sides.into_iter().filter_map(badge).collect()
    }

    /// What the stamp dialog shows of the drift.
    #[must_use]
    pub fn describe_drift(&self) -> Piece {
        match (self.from_history, &self.for_dialog) {
            (Some(0), _) => (String::from("no drift"), Role::Good),
            (Some(1), _) => (String::from("1 object differs from the history"), Role::Warning),
            (Some(count), _) => (format!("{count} objects differ from the history"), Role::Warning),
            (None, DriftForDialog::Running(_)) => (String::from("computing …"), Role::Muted),
            (None, DriftForDialog::Failed(error)) => (format!("not known: {}", error.message), Role::Warning),
            (None, DriftForDialog::Idle) => (String::from("not known"), Role::Muted),
        }
    }
}

/// The glyph of an object that differs.
#[must_use]
pub const fn differs_glyph(ascii: bool) -> &'static str {
    if ascii { "!" } else { "≠" }
}
