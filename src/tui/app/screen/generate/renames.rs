//! Pairs of objects that may be renames. The user chooses for each pair: rename, or drop and add.

use crate::core::diff::rename::{Candidate, Subject};
use crate::core::schema::{Kind, ObjectId};
use crate::tui::app::form::Piece;
use crate::tui::app::theme::Role;

/// The pairs of a comparison. A pair is a rename only if the user says so.
#[derive(Debug, Clone, Default)]
pub(super) struct RenamePairs {
    pairs: Vec<(Candidate, bool)>,
}

impl RenamePairs {
    pub(super) fn new(candidates: Vec<Candidate>) -> Self {
        Self { pairs: candidates.into_iter().map(|candidate| (candidate, false)).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(super) fn get(&self, index: usize) -> Option<(&Candidate, bool)> {
        self.pairs.get(index).map(|(candidate, rename)| (candidate, *rename))
    }

    /// The number of pairs that are renames.
    pub(super) fn chosen(&self) -> usize {
        self.pairs.iter().filter(|(_, rename)| *rename).count()
    }

    /// The rename specifications of the chosen pairs.
    pub(super) fn specs(&self) -> Vec<String> {
        self.pairs.iter().filter(|(_, rename)| *rename).map(|(candidate, _)| candidate.spec.clone()).collect()
    }

    /// Toggles a pair. An object is renamed once: other pairs with either object become no renames. The table of a
    /// renamed column is renamed too.
    pub(super) fn toggle(&mut self, index: usize) {
        match self.get(index) {
            Some((_, true)) => self.unset(index),
            Some((_, false)) => self.rename(index),
            None => {}
        }
    }

    fn rename(&mut self, index: usize) {
        let Some(subject) = self.get(index).map(|(candidate, _)| candidate.subject.clone()) else { return };
        let conflicts: Vec<usize> = (0..self.len())
            .filter(|other| *other != index)
            .filter(|other| {
                self.get(*other).is_some_and(|(other, rename)| rename && are_in_conflict(&other.subject, &subject))
            })
            .collect();
        for conflict in conflicts {
            self.unset(conflict);
        }
        if let Some((_, rename)) = self.pairs.get_mut(index) {
            *rename = true;
        }
        let parents: Vec<usize> = (0..self.len()).filter(|other| self.is_parent(*other, &subject)).collect();
        let is_renamed = parents.iter().any(|parent| self.get(*parent).is_some_and(|(_, rename)| rename));
        if let Some(parent) = parents.first().filter(|_| !is_renamed) {
            self.rename(*parent);
        }
    }

    /// The pair is not a rename, and neither are the pairs of its columns or values.
    fn unset(&mut self, index: usize) {
        let Some((candidate, rename)) = self.pairs.get_mut(index) else { return };
        *rename = false;
        let subject = candidate.subject.clone();
        for (other, rename) in self.pairs.iter_mut().filter(|(_, rename)| *rename) {
            *rename = !is_part_of(&other.subject, &subject);
        }
    }

    fn is_parent(&self, index: usize, subject: &Subject) -> bool {
        self.get(index).is_some_and(|(candidate, _)| is_part_of(subject, &candidate.subject))
    }
}

/// Whether two pairs have an object in common.
fn are_in_conflict(one: &Subject, other: &Subject) -> bool {
    match (one, other) {
        (Subject::Object { old, new }, Subject::Object { old: other_old, new: other_new }) => {
            old == other_old || new == other_new
        }
        (Subject::Label { of, old, new }, Subject::Label { of: other, old: other_old, new: other_new }) => {
            of == other && (old == other_old || new == other_new)
        }
        _ => false,
    }
}

/// Whether one pair is part of another: a column of a table, or a value of an enum.
fn is_part_of(inner: &Subject, outer: &Subject) -> bool {
    let Subject::Object { old: outer_old, new: outer_new } = outer else { return false };
    let is_in = |inner: &ObjectId, outer: &ObjectId| {
        !inner.of.is_empty() && outer.of.is_empty() && (&inner.schema, &inner.of) == (&outer.schema, &outer.name)
    };
    match inner {
        Subject::Object { old, new } => is_in(old, outer_old) && is_in(new, outer_new),
        Subject::Label { of, .. } => of == outer_old,
    }
}

/// The kind, the old name, an arrow, and the new name.
pub(super) fn describe_pair(subject: &Subject) -> Vec<Piece> {
    let (whole, old, new) = match subject {
        Subject::Object { old, new } => {
            let moves = old.schema != new.schema && old.of.is_empty() && !old.schema.is_empty();
            let named = if moves { format!("{}.{}", new.schema, new.name) } else { new.name.clone() };
            (old.kind.words().to_owned(), qualified_name(old), named)
        }
        Subject::Label { of, old, new } => (format!("value of {of}"), old.clone(), new.clone()),
    };
    vec![(format!("{whole} "), Role::Muted), (old, Role::Title), (String::from(" → "), Role::Muted), (new, Role::Title)]
}

/// A name with its schema and its table.
fn qualified_name(id: &ObjectId) -> String {
    let parts = [&id.schema, &id.of, &id.name];
    let parts = parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str);
    parts.collect::<Vec<_>>().join(".")
}

/// The result of the choice.
pub(super) fn describe_result(subject: &Subject, rename: bool) -> Piece {
    let (old, new, holds) = match subject {
        Subject::Object { old, new } => (&old.name, &new.name, matches!(old.kind, Kind::Table | Kind::Column)),
        Subject::Label { old, new, .. } => (old, new, false),
    };
    match (rename, holds) {
        (true, true) => (format!("{old} is renamed to {new}; its data is kept"), Role::Good),
        (true, false) => (format!("{old} is renamed to {new}"), Role::Good),
        (false, true) => (format!("{old} is dropped with its data; {new} is added without data"), Role::Warning),
        (false, false) => (format!("{old} is dropped; {new} is added"), Role::Muted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(old: ObjectId, new: ObjectId) -> Candidate {
        let spec = format!("{}={}", old.name, new.name);
        Candidate { subject: Subject::Object { old, new }, reasons: Vec::new(), score: 80, spec }
    }

    fn table(name: &str) -> ObjectId {
        ObjectId::new(Kind::Table, "public", name)
    }

    fn column(table: &str, name: &str) -> ObjectId {
        ObjectId::on(Kind::Column, "public", table, name)
    }

    #[test]
    fn an_object_is_renamed_once() {
        let mut pairs = RenamePairs::new(vec![
            candidate(column("t", "a"), column("t", "x")),
            candidate(column("t", "a"), column("t", "y")),
            candidate(column("t", "b"), column("t", "y")),
        ]);
        assert_eq!(pairs.specs(), [""; 0]);
        pairs.toggle(0);
        pairs.toggle(2);
        assert_eq!(pairs.specs(), ["a=x", "b=y"]);
        pairs.toggle(1);
        assert_eq!(pairs.specs(), ["a=y"]);
        pairs.toggle(1);
        pairs.toggle(7);
        assert_eq!((pairs.chosen(), pairs.len()), (0, 3));
    }

    #[test]
    fn a_table_is_renamed_with_its_columns() {
        let of = ObjectId::new(Kind::Enum, "public", "mood");
        let label = Subject::Label { of: of.clone(), old: "sad".into(), new: "blue".into() };
        let mut pairs = RenamePairs::new(vec![
            candidate(table("t"), table("u")),
            candidate(table("t"), table("v")),
            candidate(column("t", "a"), column("u", "x")),
            candidate(of, ObjectId::new(Kind::Enum, "public", "feeling")),
            Candidate { subject: label, reasons: Vec::new(), score: 60, spec: "sad=blue".into() },
        ]);
        pairs.toggle(2);
        assert_eq!(pairs.specs(), ["t=u", "a=x"]);
        pairs.toggle(1);
        assert_eq!(pairs.specs(), ["t=v"], "the column's pair is of the other table");
        pairs.toggle(4);
        assert_eq!(pairs.specs(), ["t=v", "mood=feeling", "sad=blue"]);
        pairs.toggle(3);
        assert_eq!(pairs.specs(), ["t=v"]);
    }
}
