//! The objects that two branches touch, and which of them both touch.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::graph::RevisionId;

/// One change of a revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectChange {
    /// The relation, type, routine or schema to which the object belongs; the object itself if it belongs to none.
    pub owner: String,
    /// The object, e.g. `users.plan`. Names in the schema public have no schema.
    pub object: String,
    /// What happens to it, e.g. `column added`.
    pub change: String,
}

/// What each branch changes, in the order of its revisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touches {
    pub left: Vec<(RevisionId, ObjectChange)>,
    pub right: Vec<(RevisionId, ObjectChange)>,
}

/// An object and the revisions that touch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedObject {
    pub object: String,
    pub by: Vec<RevisionId>,
    /// What each revision does to it. Empty for a table if only its columns, indexes or other parts change.
    pub changes: Vec<(RevisionId, String)>,
    /// Whether both branches touch it, or parts of it.
    pub is_shared: bool,
}

impl Touches {
    /// The owners of objects that both branches touch.
    #[must_use]
    pub fn shared_owners(&self) -> BTreeSet<&str> {
        let owners = |changes: &'_ [(RevisionId, ObjectChange)]| -> BTreeSet<String> {
            changes.iter().map(|(_, change)| change.owner.clone()).collect()
        };
        let theirs = owners(&self.right);
        self.left.iter().map(|(_, change)| change.owner.as_str()).filter(|owner| theirs.contains(*owner)).collect()
    }

    /// All touched objects, and the tables whose parts are touched, sorted by name.
    #[must_use]
    pub fn objects(&self) -> Vec<TouchedObject> {
        let mut found: BTreeMap<&str, TouchedObject> = BTreeMap::new();
        let mut sides: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
        for (is_left, changes) in [(true, &self.left), (false, &self.right)] {
            for (revision, change) in changes {
                for name in BTreeSet::from([change.owner.as_str(), change.object.as_str()]) {
                    let entry = found.entry(name).or_insert_with(|| TouchedObject::new(name));
                    if !entry.by.contains(revision) {
                        entry.by.push(revision.clone());
                    }
                    if name == change.object {
                        entry.changes.push((revision.clone(), change.change.clone()));
                    }
                    let side = sides.entry(name).or_default();
                    if is_left { side.0 = true } else { side.1 = true }
                }
            }
        }
        for (name, entry) in &mut found {
            entry.is_shared = sides.get(name) == Some(&(true, true));
        }
        found.into_values().collect()
    }
}

impl TouchedObject {
    fn new(object: &str) -> Self {
        Self { object: object.to_owned(), by: Vec::new(), changes: Vec::new(), is_shared: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(revision: &str, owner: &str, object: &str, change: &str) -> (RevisionId, ObjectChange) {
        let id = RevisionId::parse(revision).unwrap();
        (id, ObjectChange { owner: owner.into(), object: object.into(), change: change.into() })
    }

    #[test]
    fn a_table_is_shared_if_both_branches_touch_a_part_of_it() {
        let touches = Touches {
            left: vec![
                change("a1", "users", "users.plan", "column added"),
                change("a2", "jobs", "jobs", "table created"),
            ],
            right: vec![change("b1", "users", "users.quota", "column added")],
        };
        assert_eq!(touches.shared_owners().into_iter().collect::<Vec<_>>(), ["users"]);
        let shown: Vec<String> = touches
            .objects()
            .iter()
            .map(|touched| {
                let by: Vec<&str> = touched.by.iter().map(RevisionId::as_str).collect();
                format!("{} {} {}", touched.object, by.join(","), touched.is_shared)
            })
            .collect();
        assert_eq!(shown, ["jobs a2 false", "users a1,b1 true", "users.plan a1 false", "users.quota b1 false"]);
    }
}
